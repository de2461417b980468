"""What this project exists for: a new api-version comes out, and the package follows.

The steps are those of CONTRIBUTING.md, "A new api-version", played on a copy of the project with an invented
version: an operation and a parameter are new, an operation and a parameter are gone, a value is allowed.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from openapi_request_builders.command import main

ROOT = Path(__file__).parents[2]
REST = Path("azure/messaging/webpubsubservice/rest")
NEW = "2031-06-01"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the steps touch and what the checks read, and play the steps."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("azure", "swagger", "tests/contract"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("autorest.md", "pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / name, folder / name)

    # Step 1: the document.
    document = json.loads((folder / "swagger/2024-12-01.json").read_text(encoding="utf-8"))
    invent(document)
    (folder / f"swagger/{NEW}.json").write_text(json.dumps(document), encoding="utf-8")
    # Step 2: its line in autorest.md.
    configuration = (folder / "autorest.md").read_text(encoding="utf-8")
    last = "  - swagger/2024-12-01.json\n"
    assert last in configuration
    (folder / "autorest.md").write_text(
        configuration.replace(last, f"{last}  - swagger/{NEW}.json\n"), encoding="utf-8"
    )
    # Step 3: the command.
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main([]) == 0
        assert main(["--check"]) == 0
    return folder


def invent(document: dict[str, Any]) -> None:
    """Turn a document into that of the next version."""
    document["info"]["version"] = NEW
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
    environment = {**os.environ, "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, text=True, check=True
    )
    file, version = done.stdout.split()
    assert Path(file).is_relative_to(project)
    assert version == NEW


def test_the_new_operation(rest: ModuleType) -> None:
    assert rest.build_announce_request("hub", json=1).url == f"/api/hubs/hub/:announce?api-version={NEW}"
    said = refused(rest, "announce", "hub", json=1, api_version="2024-12-01")
    assert "api_version='2024-12-01' does not know POST /api/hubs/{hub}/:announce" in said
    assert f"exists since {NEW}" in said
    assert f"since {NEW}" in rest.build_announce_request.__doc__


def test_the_new_parameter(rest: ModuleType) -> None:
    assert rest.build_send_to_all_request("hub", json=1, urgent=True).url.endswith("&urgent=true")
    said = refused(rest, "send_to_all", "hub", json=1, urgent=True, api_version="2024-12-01")
    assert said == f"urgent=True is not known to api-version 2024-12-01: urgent exists since {NEW}"
    assert f"Before all others. Exists since {NEW}." in rest.build_send_to_all_request.__doc__


def test_the_parameter_that_is_gone(rest: ModuleType) -> None:
    said = refused(rest, "send_to_all", "hub", json=1, excluded=["a"])
    assert said == f"excluded=['a'] is not known to api-version {NEW}: excluded exists until 2024-12-01"
    url = rest.build_send_to_all_request("hub", json=1, excluded=["a"], api_version="2021-10-01").url
    assert url == "/api/hubs/hub/:send?api-version=2021-10-01&excluded=a"
    doc = " ".join(rest.build_send_to_all_request.__doc__.split())
    assert "Identifiers of connections to leave out. Exists until 2024-12-01." in doc
    assert rest.build_send_to_group_request("hub", "g", json=1, excluded=["a"]).url.endswith(
        f"api-version={NEW}"
    )


def test_the_operation_that_is_gone(rest: ModuleType) -> None:
    assert rest.build_user_exists_request("hub", "u").url == "/api/hubs/hub/users/u?api-version=2024-12-01"
    said = refused(rest, "user_exists", "hub", "u", api_version=NEW)
    assert "exists until 2024-12-01" in said


def test_the_constraint_that_changed(rest: ModuleType) -> None:
    assert rest.build_send_to_all_request("hub", json=1, message_ttl_seconds=600).url.endswith("=600")
    said = refused(rest, "send_to_all", "hub", json=1, message_ttl_seconds=600, api_version="2024-12-01")
    assert said == f"message_ttl_seconds=600 must be at most 300, in api-version 2024-12-01; {NEW} takes it"


def test_the_contract_asks_for_the_rows_of_the_new_version(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/contract", "-k", "each_version or every_builder"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(f"At index 8 diff|contains one more item: '{NEW}'", done.stdout)
    assert "build_announce_request" in done.stdout
    assert "2 failed" in done.stdout
