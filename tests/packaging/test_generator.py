"""The generator's own distribution: what it holds, and that it works where there is no checkout."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.limits import PATIENCE
from tests.packaging.distributions import ROOT, Distributions

PACKAGE = "openapi_request_builders/"
DOCUMENT = {
    "swagger": "2.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things": {
            "get": {
                "operationId": "List",
                "parameters": [{"name": "top", "in": "query", "type": "integer"}],
                "responses": {"200": {"description": "The things."}},
            }
        }
    },
}


def test_the_wheel_holds_the_package_and_the_run_time(generator_distributions: Distributions) -> None:
    files = generator_distributions.wheel_files()
    unexpected = [name for name in files if not name.startswith((PACKAGE, "openapi_request_builders-"))]
    assert unexpected == []
    assert f"{PACKAGE}templates/builders.py.j2" in files
    assert f"{PACKAGE}py.typed" in files
    assert [name for name in files if name.startswith(f"{PACKAGE}run_time/_serialization")]
    assert [name for name in files if name.endswith("licenses/LICENSE")]


def test_what_is_required_has_a_lower_bound_and_no_upper_one(generator_distributions: Distributions) -> None:
    requirements = generator_distributions.metadata().get_all("Requires-Dist", [])
    assert requirements
    assert [line for line in requirements if not re.fullmatch(r"[\w.-]+>=[\d.]+", line)] == []


@pytest.mark.skipif("DISTRIBUTIONS" in os.environ, reason="the build made the wheel from the sdist")
def test_a_wheel_from_the_sdist_is_the_same(generator_distributions: Distributions, tmp_path: Path) -> None:
    again = generator_distributions.wheel_from_sdist(tmp_path)
    with zipfile.ZipFile(again) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert without_record(files) == without_record(generator_distributions.wheel_files())


def without_record(files: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out the list of files, whose order is not the same."""
    return {name: data for name, data in files.items() if not name.endswith("/RECORD")}


def test_the_command_works_where_there_is_no_checkout(
    generator_distributions: Distributions, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    with zipfile.ZipFile(generator_distributions.wheel) as archive:
        archive.extractall(installed)
    (tmp_path / "things.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    arguments = ("--input-file=things.json", "--namespace=my.things", "--output-folder=.")

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import openapi_request_builders; print(openapi_request_builders.__file__)"
    assert str(installed) in run("-c", where)
    assert run("-m", "openapi_request_builders", *arguments).startswith("my/things/rest: ")
    assert run("-m", "openapi_request_builders", *arguments, "--check") == ""
    call = "from my.things.rest import build_list_request; print(build_list_request(top=5).url)"
    assert run("-c", call) == "/things?top=5\n"


def test_the_license_is_that_of_the_project() -> None:
    assert (ROOT / "codegen" / "LICENSE").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")
