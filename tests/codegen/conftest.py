"""Ten-line documents, and the pipeline run on them."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from openapi_request_builders.command import main

Generate = Callable[..., ModuleType]


def document(paths: Any, version: str = "2024-01-01", **rest: Any) -> dict[str, Any]:
    """Write a document around paths."""
    return {"swagger": "2.0", "info": {"title": "Ten lines", "version": version}, "paths": paths, **rest}


def document3(paths: Any, openapi: str = "3.0.3", **rest: Any) -> dict[str, Any]:
    """Write an OpenAPI 3 document around paths."""
    info = {"title": "Ten lines", "version": "2024-01-01"}
    return {"openapi": openapi, "info": info, "paths": paths, **rest}


def operation(*parameters: Any, name: str = "Things_Do", **rest: Any) -> dict[str, Any]:
    """Write an operation around parameters."""
    answers = {"200": {"description": "Fine."}}
    return {"operationId": name, "parameters": list(parameters), "responses": answers, **rest}


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run the command in a folder of its own; return what it says about problems and notes."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **files: Any) -> str:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            Path(name.replace("__", ".")).write_text(text, encoding="utf-8")
        code = main(list(arguments))
        said = capsys.readouterr()
        assert bool(code) == said.err.endswith("nothing was written.\n")
        return said.err

    return run


@pytest.fixture
def generate(run: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Generate]:
    """Generate a package from documents, and import it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def generate(*documents: Any, options: tuple[str, ...] = (), notes: bool = False) -> ModuleType:
        files = {f"spec{number}__json": document for number, document in enumerate(documents)}
        inputs = [part for name in files for part in ("--input-file", name.replace("__", "."))]
        said = run(*inputs, "--namespace", "made.up", "--output-folder", ".", *options, **files)
        assert bool(said) is notes
        return made()

    yield generate
    forget()


def made() -> ModuleType:
    """Import the package that was generated last."""
    forget()
    importlib.invalidate_caches()
    return importlib.import_module("made.up.rest")


def forget() -> None:
    """Forget the package that was imported last."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "made"]:
        del sys.modules[name]
