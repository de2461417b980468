"""Which service is meant: options, environment and .env, in this order."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from azure.messaging.webpubsubservice.emulator import Emulator
from tests.command.conftest import MODULE, Outcome, Run
from tests.limits import PATIENCE

if TYPE_CHECKING:
    from typing_extensions import Self

VARIABLE = "WEBPUBSUB_CONNECTION_STRING"


@pytest.fixture(scope="module")
def other() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def which(run: Run, emulator: Emulator, other: Emulator) -> Callable[..., str]:
    """Return a function that runs the command and returns which of the two services it reached."""

    def which(*arguments: str) -> str:
        other.clear_records()
        emulator.clear_records()
        outcome = run(*arguments, "send", "chat", "hi")
        assert outcome.status == 0, outcome.stderr
        return {(1, 0): "emulator", (0, 1): "other"}[len(emulator.requests), len(other.requests)]

    return which


def test_options_precede_the_environment_and_that_the_file(
    which: Callable[..., str], other: Emulator, monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    assert which() == "emulator"
    Path(".env").write_text(f"{VARIABLE}='{other.connection_string}'\n", encoding="utf-8")
    assert which() == "emulator"
    assert which("--connection-string", other.connection_string) == "other"
    monkeypatch.delenv(VARIABLE)
    assert which() == "other"
    assert which("--connection-string", emulator.connection_string) == "emulator"


def test_a_file_of_settings_may_be_named(
    which: Callable[..., str], other: Emulator, monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    monkeypatch.delenv(VARIABLE)
    Path(".env").write_text(f"{VARIABLE}={emulator.connection_string}\n", encoding="utf-8")
    Path("production.env").write_text(f"{VARIABLE}={other.connection_string}\nPATH=/x\n", encoding="utf-8")
    assert which("--env-file", "production.env") == "other"


def test_options_stand_before_or_after_the_command(run: Run, other: Emulator) -> None:
    option = ("--connection-string", other.connection_string, "--json")
    other.clear_records()
    assert run(*option, "exists", "chat", "--user", "a").json() == {"exists": False}
    assert run("exists", "chat", "--user", "a", *option).json() == {"exists": False}
    assert len(other.requests) == 2


def test_a_reverse_proxy_is_where_requests_go(run: Run, other: Emulator, emulator: Emulator) -> None:
    other.clear_records()
    run("send", "chat", "hi", "--reverse-proxy-endpoint", other.endpoint)
    assert (len(other.requests), len(emulator.requests)) == (1, 0)


def test_without_a_service_you_learn_how_to_name_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    outcome = run("send", "chat", "hi")
    assert outcome.status == 2
    assert f"set {VARIABLE} to a connection string" in outcome.stderr
    assert "webpubsub emulator" in outcome.stderr
    monkeypatch.setenv("WEB_PUBSUB_CONNECTION_STRING", "x")
    assert "did you mean WEBPUBSUB_CONNECTION_STRING?" in run("send", "chat", "hi").stderr


def test_two_services_at_once_are_a_mistake(run: Run, emulator: Emulator) -> None:
    both = ("--connection-string", emulator.connection_string, "--endpoint", emulator.endpoint)
    assert "leave --endpoint out" in run("send", "chat", "hi", *both).stderr
    assert "is no URL" in run("send", "chat", "hi", "--endpoint", "x").stderr or run(
        "send", "chat", "hi", "--endpoint", "x"
    ).stderr.startswith("error: endpoint")


class LocalCredential:
    """What stands for a signed-in user: the emulator looks at audience and lifetime only."""

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        expires = int(time.time()) + 3600
        claims = {"aud": "https://webpubsub.azure.com", "exp": expires}
        return AccessToken(jwt.encode(claims, "a key that the emulator does not look at"), expires)


class SignedOut(LocalCredential):
    """Nobody is signed in."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        raise ClientAuthenticationError("no credential gave a token\nAttempted: this and that")


def test_an_endpoint_alone_means_microsoft_entra(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pytest.importorskip("azure.identity"), "DefaultAzureCredential", LocalCredential)
    assert run("send", "chat", "hi", "--endpoint", emulator.endpoint).status == 0
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("WEBPUBSUB_ENDPOINT", emulator.endpoint)
    assert "access_token=" in run("token", "chat").stdout  # which the service makes
    assert run("status").status == 0


def test_nobody_signed_in_is_4(run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytest.importorskip("azure.identity"), "DefaultAzureCredential", SignedOut)
    for command in (("send", "chat", "hi"), ("status",)):
        outcome = run(*command, "--endpoint", emulator.endpoint)
        assert outcome.status == 4
        assert (
            "There is no Microsoft Entra token: no credential gave a token" in outcome.stdout + outcome.stderr
        )
        assert "az login" in outcome.stdout + outcome.stderr


def test_without_azure_identity_you_learn_what_to_install(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    outcome = run("send", "chat", "hi", "--endpoint", emulator.endpoint)
    assert outcome.status == 2
    assert "pip install azure-identity" in outcome.stderr


@pytest.mark.parametrize("missing", ["click", "rich", "dotenv"])
def test_without_the_extra_you_learn_what_to_install(missing: str) -> None:
    import subprocess  # noqa: PLC0415 - this test's alone

    code = (
        "import sys, importlib.util as util; find = util.find_spec\n"
        f"util.find_spec = lambda name, *more: None if name == {missing!r} else find(name, *more)\n"
        "from azure.messaging.webpubsubservice._command import main; sys.exit(main(['send']))"
    )
    command = [*MODULE[:3], "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    library = {"dotenv": "python-dotenv"}.get(missing, missing)
    assert done.stderr == (
        f"error: webpubsub needs {library}. Install the extra: "
        "python -m pip install 'azure-messaging-webpubsubservice[command]'\n"
    )


def test_nothing_but_the_command_imports_it() -> None:
    import subprocess  # noqa: PLC0415 - this test's alone

    package = "azure.messaging.webpubsubservice"
    modules = ", ".join([package, *(f"{package}.{name}" for name in ("aio", "rest", "events", "emulator"))])
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    loaded = set(done.stdout.split())
    assert not {"click", "rich", "dotenv", f"{package}._command", f"{package}.diagnostics"} & loaded


def test_the_installed_command_and_the_module_are_the_same(process: Callable[..., Outcome]) -> None:
    script = Path(sys.executable).with_name("webpubsub")
    if not script.exists():
        pytest.skip("the package is not installed with its scripts")
    import subprocess  # noqa: PLC0415 - this test's alone

    done = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout == process("--help").stdout
