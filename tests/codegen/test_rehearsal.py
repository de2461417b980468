"""What this project exists for: a new api-version comes out, and the package follows.

The steps are those of CONTRIBUTING.md, "A new api-version", played on copies of the project with an invented
version. In one, an operation and a parameter are new, an operation and a parameter are gone, and a value is
allowed. In the other one, only the date is new, and the steps must be all that there is to do.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from openapi_request_builders.command import main
from tests.contract.facts import DEFAULT, NEWEST, VERSIONS
from tests.limits import PATIENCE

ROOT = Path(__file__).parents[2]
REST = Path("azure/messaging/webpubsubservice/rest")
NEW = "2031-06-01"
#: What a version that has only a new date must not break, after the steps.
TOLD_BY_A_DATE = (
    "tests/contract/test_documents.py",
    "tests/emulator/test_coverage.py",
    "tests/emulator/test_specification.py",
    "tests/samples/test_operations.py",
    "tests/unit/test_client.py::test_the_client_shows_its_endpoint_and_nothing_else",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with a version that changes something, after its first steps and the emulator's list."""
    folder = copy_of_the_project(tmp_path_factory)
    follow(folder, invent)
    tell_the_emulator(folder)
    return folder


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with a version that has only a new date, after the steps for such a version."""
    folder = copy_of_the_project(tmp_path_factory)
    follow(folder, lambda _: None)
    # Step 4: the contract.
    edit(folder / "tests/contract/facts.py", rf'    "{NEWEST}": (\d+),\n', rf'\g<0>    "{NEW}": \g<1>,\n')
    tell_the_emulator(folder)
    # Step 6: the README.
    edit(folder / "README.md", f"api-version={DEFAULT}", f"api-version={NEW}")
    return folder


def copy_of_the_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    unneeded = shutil.ignore_patterns("__pycache__", "_build", ".*")
    for name in ("azure", "docs", "samples", "swagger", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=unneeded)
    for name in ("README.md", "autorest.md", "pyproject.toml", "samples/file.json"):
        shutil.copy(ROOT / name, folder)
    return folder


def follow(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Do the first three steps."""
    # Step 1: the document.
    document = json.loads((folder / f"swagger/{NEWEST}.json").read_text(encoding="utf-8"))
    document["info"]["version"] = NEW
    change(document)
    (folder / f"swagger/{NEW}.json").write_text(json.dumps(document), encoding="utf-8")
    # Step 2: its line in autorest.md.
    edit(folder / "autorest.md", rf"(  - swagger/){NEWEST}(.json\n)", rf"\g<0>\g<1>{NEW}\g<2>")
    # Step 3: the command.
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main([]) == 0
        assert main(["--check"]) == 0


def tell_the_emulator(folder: Path) -> None:
    """Do step 5: the emulator's list."""
    facts = folder / "azure/messaging/webpubsubservice/emulator/_specification.py"
    edit(facts, rf'    "{NEWEST}",\n', rf'\g<0>    "{NEW}",\n')


def edit(file: Path, old: str, new: str) -> None:
    """Change the one line of a file that a step is about."""
    text, count = re.subn(old, new, file.read_text(encoding="utf-8"))
    assert count == 1
    file.write_text(text, encoding="utf-8")


def python(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with the package of a copy."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def invent(document: dict[str, Any]) -> None:
    """Turn a document into that of the next version."""
    paths = document["paths"]
    send = paths["/api/hubs/{hub}/:send"]["post"]
    paths["/api/hubs/{hub}/:announce"] = {
        "post": {
            **json.loads(json.dumps(send)),
            "operationId": "WebPubSub_Announce",
            "summary": "Announce it.",
        }
    }
    urgent = {"name": "urgent", "in": "query", "type": "boolean", "description": "Before all others."}
    send["parameters"].append(urgent)
    send["parameters"] = [each for each in send["parameters"] if each.get("$ref") != "#/parameters/Excluded"]
    del paths["/api/hubs/{hub}/users/{userId}"]["head"]
    document["parameters"]["MessageTtlSeconds"]["maximum"] = 600


@pytest.fixture
def rest(project: Path) -> Iterator[ModuleType]:
    """Import the package that was generated, beside the project's own."""
    path = project / REST / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        "rehearsed", path, submodule_search_locations=[str(path.parent)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rehearsed"] = module
    spec.loader.exec_module(module)
    yield module
    for name in [name for name in sys.modules if name.partition(".")[0] == "rehearsed"]:
        del sys.modules[name]


def refused(rest: ModuleType, name: str, *arguments: Any, **named: Any) -> str:
    with pytest.raises(ValueError, match=r"api.version") as caught:
        getattr(rest, f"build_{name}_request")(*arguments, **named)
    return str(caught.value)


def test_the_new_version_is_the_default(rest: ModuleType) -> None:
    assert rest.build_send_to_all_request("hub", json=1).url == f"/api/hubs/hub/:send?api-version={NEW}"


def test_the_client_uses_it_too(project: Path) -> None:
    code = """
from azure.core.credentials import AzureKeyCredential
from azure.messaging.webpubsubservice import WebPubSubServiceClient, __file__
print(__file__, WebPubSubServiceClient("https://x.example", AzureKeyCredential("a" * 44)).api_version)
"""
    done = python(project, "-c", code)
    assert done.returncode == 0, done.stderr
    file, version = done.stdout.split()
    assert Path(file).is_relative_to(project)
    assert version == NEW


def test_the_new_operation(rest: ModuleType) -> None:
    assert rest.build_announce_request("hub", json=1).url == f"/api/hubs/hub/:announce?api-version={NEW}"
    said = refused(rest, "announce", "hub", json=1, api_version=NEWEST)
    assert f"api_version='{NEWEST}' does not know POST /api/hubs/{{hub}}/:announce" in said
    assert f"exists since {NEW}" in said
    assert f"since {NEW}" in rest.build_announce_request.__doc__


def test_the_new_parameter(rest: ModuleType) -> None:
    assert rest.build_send_to_all_request("hub", json=1, urgent=True).url.endswith("&urgent=true")
    said = refused(rest, "send_to_all", "hub", json=1, urgent=True, api_version=NEWEST)
    assert said == f"urgent=True is not known to api-version {NEWEST}: urgent exists since {NEW}"
    assert f"Before all others. Exists since {NEW}." in rest.build_send_to_all_request.__doc__


def test_the_parameter_that_is_gone(rest: ModuleType) -> None:
    said = refused(rest, "send_to_all", "hub", json=1, excluded=["a"])
    assert said == f"excluded=['a'] is not known to api-version {NEW}: excluded exists until {NEWEST}"
    url = rest.build_send_to_all_request("hub", json=1, excluded=["a"], api_version="2021-10-01").url
    assert url == "/api/hubs/hub/:send?api-version=2021-10-01&excluded=a"
    doc = " ".join(rest.build_send_to_all_request.__doc__.split())
    assert f"Identifiers of connections to leave out. Exists until {NEWEST}." in doc
    assert rest.build_send_to_group_request("hub", "g", json=1, excluded=["a"]).url.endswith(
        f"api-version={NEW}"
    )


def test_the_operation_that_is_gone(rest: ModuleType) -> None:
    assert rest.build_user_exists_request("hub", "u").url == f"/api/hubs/hub/users/u?api-version={NEWEST}"
    said = refused(rest, "user_exists", "hub", "u", api_version=NEW)
    assert f"exists until {NEWEST}" in said


def test_the_constraint_that_changed(rest: ModuleType) -> None:
    assert rest.build_send_to_all_request("hub", json=1, message_ttl_seconds=600).url.endswith("=600")
    said = refused(rest, "send_to_all", "hub", json=1, message_ttl_seconds=600, api_version=NEWEST)
    assert said == f"message_ttl_seconds=600 must be at most 300, in api-version {NEWEST}; {NEW} takes it"


def test_the_contract_asks_for_the_rows_of_the_new_version(project: Path) -> None:
    done = python(project, "-m", "pytest", "-q", "tests/contract", "-k", "each_version or every_builder")
    assert re.search(f"At index {len(VERSIONS)} diff|contains one more item: '{NEW}'", done.stdout)
    assert "build_announce_request" in done.stdout
    assert "2 failed" in done.stdout


def test_the_emulator_asks_for_what_the_new_version_has(project: Path) -> None:
    done = python(project, "-m", "pytest", "-q", "tests/emulator/test_specification.py")
    assert "/api/hubs/{hub}/:announce" in done.stdout
    assert f"test_operations_of_a_version[{NEW}]" in done.stdout
    assert "bounds_of_the_documents[messageTtlSeconds]" in done.stdout
    assert "2 failed" in done.stdout


def test_a_new_date_needs_no_more_than_the_steps(dated: Path) -> None:
    done = python(dated, "-m", "pytest", "-q", *TOLD_BY_A_DATE)
    assert done.returncode == 0, done.stdout


def test_the_readme_runs_with_a_new_date(dated: Path) -> None:
    done = python(dated, "-m", "tests.samples.run_page", "README.md")
    assert done.returncode == 0, done.stdout + done.stderr
