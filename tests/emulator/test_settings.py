"""Settings of the command, from a shell, the environment and a file that is read again when it changes."""

import json
import logging
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from azure.messaging.webpubsubservice.emulator import (
    DEVELOPMENT_KEY,
    AsyncEmulator,
    Emulator,
    EventHandler,
    Fault,
    NoEventHandlers,
)
from azure.messaging.webpubsubservice.emulator._command.log import JsonFormatter
from azure.messaging.webpubsubservice.emulator._command.options import (
    OPTIONS,
    OptionError,
    from_environment,
    from_file,
    merge,
)
from azure.messaging.webpubsubservice.emulator._command.readers import read_event_handler
from azure.messaging.webpubsubservice.emulator._command.run import LIVE, Configuration, reload
from azure.messaging.webpubsubservice.emulator._service.traffic_log import FACTS
from tests.emulator.clients import Caller
from tests.emulator.test_command import MODULE, run, running
from tests.limits import PATIENCE

#: A value of each option, as a text, and what it means.
VALUES: dict[str, tuple[str, Any]] = {
    "host": ("localhost", "localhost"),
    "port": ("0", 0),
    "access-key": ("key", "key"),
    "secondary-access-key": ("key2", "key2"),
    "development-key": ("true", True),
    "https": ("yes", True),
    "certificate": ("c.pem", Path("c.pem")),
    "private-key": ("k.pem", Path("k.pem")),
    "hub": ("chat", ["chat"]),
    "event-handler": ("chat=http://host", [("chat", EventHandler("http://host"))]),
    "fault": ("status=429,times=3", [Fault(status=429, times=3)]),
    "seed": ("7", 7),
    "allow-unvalidated-entra-tokens": ("1", True),
    "allow-anonymous": ("on", True),
    "playground": ("FALSE", False),
    "control": ("off", "off"),
    "recovery-window": ("1.5", 1.5),
    "keep-alive-interval": ("2", 2.0),
    "log-level": ("DEBUG", "debug"),
    "log-format": ("json", "json"),
}


def test_every_option_is_here() -> None:
    assert list(VALUES) == [option.name for option in OPTIONS]


@pytest.mark.parametrize("name", VALUES)
def test_every_option_is_an_environment_variable(name: str) -> None:
    text, value = VALUES[name]
    variable = "WEBPUBSUB_EMULATOR_" + name.upper().replace("-", "_")
    assert from_environment({variable: text}) == {name.replace("-", "_"): value}
    assert from_environment({variable: ""}) == {}, "what is unset is the default"


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("separator", ["-", "_"])
def test_every_option_is_a_name_in_a_file(name: str, separator: str) -> None:
    text, value = VALUES[name]
    assert from_file({name.replace("-", separator): text}, "f.toml") == {name.replace("-", "_"): value}


def test_a_file_has_values_of_their_own_kinds() -> None:
    table = {
        "port": 8081,
        "https": True,
        "recovery-window": 5,
        "hub": ["a", "b"],
        "fault": [{"status": 429, "retry-after": 1.5}, "delay=2"],
        "event-handler": [
            {"hub": "chat", "url": "http://host", "user-event-pattern": "a,b", "system-event": ["connect"]},
            "*=http://other",
        ],
    }
    found = from_file(table, "f.toml")
    assert found["port"] == 8081
    assert found["fault"] == [Fault(status=429, retry_after=1.5), Fault(delay=2.0)]
    handler = found["event_handler"][0][1]
    assert (handler.user_events, handler.system_events) == ("a,b", ["connect"])


def test_the_command_line_comes_before_the_environment_and_that_before_the_file() -> None:
    assert merge({"port": 1, "seed": 1, "host": "f"}, {"port": 2, "seed": 2}, {"port": 3}) | {} == {
        **merge(),
        "port": 3,
        "seed": 2,
        "host": "f",
    }


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"prot": 1}, "f.toml: prot is not an option. Did you mean port?"),
        ({"port": 65536}, "f.toml: port: '65536' is not a port: 0 to 65535"),
        ({"port": True}, "f.toml: port: true is not text or a number"),
        ({"recovery-window": -1}, "f.toml: recovery-window: '-1' is not a number of seconds from 0"),
        ({"seed": 1.5}, "f.toml: seed: '1.5' is not an integer"),
        ({"https": 1}, "f.toml: https: 1 is not true or false"),
        ({"https": "perhaps"}, "f.toml: https: 'perhaps' is not true or false"),
        ({"hub": {"a": 1}}, 'f.toml: hub: {"a": 1} is not text or a number'),
        ({"log-level": "loud"}, "f.toml: log-level: 'loud' is not one of debug, info, warning, error"),
        ({"fault": [{"stat": 1}]}, "f.toml: fault: a fault has no 'stat'. Did you mean status?"),
        (
            {"fault": [{"status": 1}]},
            "f.toml: fault: status must be an integer from 400 to 599, got 1",
        ),
        (
            {"fault": [{"refuse-recovery": 1}]},
            "f.toml: fault: refuse-recovery must be true or false, got 1",
        ),
        ({"fault": [{"delay": True}]}, "f.toml: fault: delay must be a number of seconds from 0, got true"),
        ({"event-handler": [{"hub": "chat", "uri": "x"}]}, "no 'uri'. Did you mean url?"),
        ({"event-handler": [{"hub": "chat"}]}, "an event handler needs hub and url"),
        ({"event-handler": ["chat"]}, "is not of the form HUB=URL"),
    ],
)
def test_what_is_wrong_in_a_file(table: dict[str, Any], problem: str) -> None:
    with pytest.raises(OptionError) as error:
        from_file(table, "f.toml")
    assert problem in str(error.value)


def test_what_is_wrong_in_the_environment() -> None:
    with pytest.raises(
        OptionError, match=r"WEBPUBSUB_EMULATOR_PROT is not an option\. Did you mean WEBPUB.*_PORT\?"
    ):
        from_environment({"WEBPUBSUB_EMULATOR_PROT": "1"})
    with pytest.raises(OptionError, match="WEBPUBSUB_EMULATOR_SEED: "):
        from_environment({"WEBPUBSUB_EMULATOR_SEED": "x"})


# --- event handlers, in the words of `az webpubsub hub create`


@pytest.mark.parametrize(
    ("text", "users", "system"),
    [
        ("chat=http://h", ["any"], ["connect", "connected", "disconnected"]),
        ("chat=http://h;user-event-pattern=*", ["any"], []),
        ("chat=http://h;system-event=connect", [], ["connect"]),
        ("chat=http://h;system-event=connect;system-event=connected", [], ["connect", "connected"]),
        (
            "chat=http://h;user-event-pattern=any,b;system-event=connect,connected",
            ["any"],
            ["connect", "connected"],
        ),
        ("chat=http://h; User-Event-Pattern = any ; System-Event = connect", ["any"], ["connect"]),
    ],
)
def test_an_event_handler_gets_the_events_that_it_names(
    text: str, users: list[str], system: list[str]
) -> None:
    hub, handler = read_event_handler(text)
    assert (hub, handler.url) == ("chat", "http://h")
    assert [name for name in ("any", "other") if handler.handles_user_event(name)][:1] == users
    every = ("connect", "connected", "disconnected")
    assert [name for name in every if handler.handles_system_event(name)] == system


@pytest.mark.parametrize(
    "text",
    [
        "chat=http://h;event=x",
        "chat=http://h;system-event=",
        "chat=http://h;;",
        "chat=http://h;system-event=joins",
    ],
)
def test_a_setting_that_no_event_handler_has(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not one of user-event-pattern=|must be one of"):
        read_event_handler(text)


# --- as a process


def test_the_command_reads_all_three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "emulator.toml"
    file.write_text('development-key = true\nplayground = true\nhub = ["file"]\n', "utf-8")
    monkeypatch.setenv("WEBPUBSUB_EMULATOR_CONFIG", str(file))
    monkeypatch.setenv("WEBPUBSUB_EMULATOR_HUB", "one\nother")
    with running("--no-playground") as (_, printed):
        assert f"AccessKey={DEVELOPMENT_KEY};" in printed["Connection string"]
        assert "Playground" not in printed
        assert [label for label in printed if label.startswith("Client of")] == [
            "Client of one",
            "Client of other",
        ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("port = 'x'", "port: 'x' is not a port"), ("port = ", "Invalid value"), (None, "No such file")],
)
def test_a_file_that_is_wrong_stops_the_command(tmp_path: Path, text: str | None, problem: str) -> None:
    file = tmp_path / "emulator.toml"
    if text is not None:
        file.write_text(text, "utf-8")
    done = run("--config", str(file))
    assert done.returncode == 2
    assert str(file) in done.stderr
    assert problem in done.stderr


def test_https_says_how_to_trust_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with running("--https", "--hub", "chat") as (_, printed):
        authority = printed["Certificate authority"]
        assert Path(authority).is_relative_to(tmp_path)
        assert printed["Endpoint"].startswith("https://")
        assert printed["Client of chat"].startswith("wss://")
        assert printed["Trust it in Node.js"] == f'NODE_EXTRA_CA_CERTS="{authority}"'
        assert f'SSL_CERT_FILE="{authority}"' in printed["Trust it in Python"]
        assert "certutil" in printed["Trust it in browsers"] or "security" in printed["Trust it in browsers"]


def test_the_log_as_json(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("azure.test")
    with caplog.at_level(logging.INFO):
        logger.info("%d things", 3, extra={FACTS: {"kind": "request", "status": 202}})
        try:
            raise RuntimeError("broken")
        except RuntimeError:
            logger.exception("it failed")
    one, other = (json.loads(JsonFormatter().format(record)) for record in caplog.records)
    assert one.pop("time").endswith("+00:00")
    assert one == {
        "level": "INFO",
        "logger": "azure.test",
        "message": "3 things",
        "kind": "request",
        "status": 202,
    }
    assert "RuntimeError: broken" in other["exception"]


def test_every_line_of_the_log_is_json() -> None:
    command = [*MODULE, "--port", "0", "--log-format", "json", "--log-level", "debug"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("Ready."):
            pass
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
    assert all("level" in json.loads(line) for line in errors.splitlines())


# --- a file that changes


async def test_a_file_is_read_again(tmp_path: Path, caplog: pytest.LogCaptureFixture, caller: Caller) -> None:
    emulator = caller.emulator
    assert isinstance(emulator, AsyncEmulator)
    caplog.set_level(logging.INFO)
    file = tmp_path / "emulator.toml"
    configuration = Configuration({}, {}, file)
    file.write_text("port = 0\n", "utf-8")
    options = configuration.read()
    file.write_text(
        'allow-anonymous = true\nport = 1\nlog-level = "info"\n[[fault]]\nstatus = 503\n', "utf-8"
    )
    options = reload(emulator, options, configuration)
    assert (await caller.call("HEAD", "/api/health")).status == 503
    async with caller.session.ws_connect(f"{emulator.endpoint}/client/hubs/chat"):
        pass
    assert "These settings take effect after a restart: port" in caplog.text
    assert "Settings read again: allow-anonymous, fault, port" in caplog.text
    assert options["port"] == 0
    file.write_text("allow-anonymous = false\nseed = nonsense\n", "utf-8")
    assert reload(emulator, options, configuration) is options
    assert "The settings stay as they were: " in caplog.text
    async with caller.session.ws_connect(f"{emulator.endpoint}/client/hubs/chat"):
        pass
    file.write_text("", "utf-8")
    reload(emulator, options, configuration)
    assert (await caller.call("HEAD", "/api/health")).status == 200


def test_every_setting_that_changes_live_is_an_option() -> None:
    assert {option.key for option in OPTIONS} >= LIVE


def test_the_command_watches_its_file(tmp_path: Path) -> None:
    file = tmp_path / "emulator.toml"
    file.write_text("seed = 1\n", "utf-8")
    command = [*MODULE, "--port", "0", "--config", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            while not process.stdout.readline().startswith("Ready."):
                pass
            replacement = tmp_path / "new.toml"  # as editors do
            for text in ("seed = nonsense", "allow-anonymous = true"):
                expected = (
                    "The settings stay as they were" if "nonsense" in text else "Settings read again: allow"
                )
                replacement.write_text(text, "utf-8")
                replacement.replace(file)
                while expected not in (line := process.stderr.readline()):
                    # A watcher starts a moment after "Ready.", and must not miss the first change.
                    assert line, "the process ended"
        finally:
            process.kill()


async def test_a_running_emulator_takes_other_options(caller: Caller) -> None:
    emulator = caller.emulator
    with pytest.raises(
        TypeError, match="'port' cannot change while the emulator runs; these can: event_handlers, "
    ):
        emulator.reconfigure(port=1)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="recovery_window must be"):
        emulator.reconfigure(recovery_window=-1, allow_anonymous=True)
    async with caller.session.get(f"{emulator.endpoint}/client/hubs/chat") as answer:
        assert answer.status == 401, "all of them or none"
    with pytest.raises(ValueError, match="a hub of event_handlers"):
        emulator.reconfigure(event_handlers={"a b": "http://host"})
    emulator.reconfigure(event_handlers={"chat": "http://host"})


def test_a_receiver_of_its_own_is_not_replaced() -> None:
    with Emulator(events=NoEventHandlers()) as emulator:
        with pytest.raises(ValueError, match=r"an emulator that was made with events=\.\.\."):
            emulator.reconfigure(event_handlers={"chat": "http://host"})
        emulator.reconfigure(allow_anonymous=True)
