"""References to other files, and the operations in those files."""

from collections.abc import Callable
from os.path import normpath, relpath
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from openapi_request_builders.problems import Problems
from openapi_request_builders.words import METHODS

Parse = Callable[[Path], Any]


def referred(path: Path, reference: str) -> Path:
    """Return the file that a reference in another file leads to."""
    file = unquote(reference.partition("#")[0])
    return Path(normpath(path.parent / file)) if file else path


def with_operations(path: Path, tree: dict[str, Any], parse: Parse) -> dict[str, Any]:
    """Return a document with the paths and operations that are in other files.

    Configurations are written for documents in one file: their directives look for operations in ``paths``.
    """
    paths = tree.get("paths")
    if not isinstance(paths, dict):
        return tree
    found = {}
    for name, reference in paths.items():
        item = _inlined(path, reference, parse)
        if isinstance(item, dict):
            item = {
                key: _inlined(path, each, parse) if key in METHODS else each for key, each in item.items()
            }
        found[name] = item
    return {**tree, "paths": found}


def _inlined(path: Path, value: Any, parse: Parse) -> Any:
    """Return the target of a reference to another file. A dead reference is kept, to be reported later."""
    reference = value.get("$ref") if isinstance(value, dict) else None
    if not isinstance(reference, str) or reference.startswith("#") or "://" in reference:
        return value
    file = referred(path, reference)
    try:
        target = parse(file)
        for part in reference.partition("#")[2].split("/")[1:]:
            target = target[unquote(part).replace("~1", "/").replace("~0", "~")]
    except (Problems, KeyError, TypeError):
        return value
    if not isinstance(target, dict):
        return value
    beside = {key: each for key, each in value.items() if key != "$ref"}
    return {**_moved(target, file, path), **beside}


def _moved(value: Any, source: Path, to: Path) -> Any:
    """Return a value of one file in the form for another: its references lead to the same targets."""
    if isinstance(value, list):
        return [_moved(each, source, to) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _moved_member(key, each, source, to) for key, each in value.items()}


def _moved_member(key: str, value: Any, source: Path, to: Path) -> Any:
    if key == "$ref" and isinstance(value, str):
        return _reference(value, source, to)
    if key == "mapping" and isinstance(
        value, dict
    ):  # this is a discriminator's mapping, which names schemas or refers to them
        return {
            name: _reference(each, source, to)
            if isinstance(each, str) and ("/" in each or "." in each)
            else each
            for name, each in value.items()
        }
    return _moved(value, source, to)


def _reference(reference: str, source: Path, to: Path) -> str:
    if "://" in reference:
        return reference
    file, fragment = referred(source, reference), reference.partition("#")[2]
    relative = "" if file == to else quote(Path(relpath(file, to.parent)).as_posix())
    return f"{relative}#{fragment}"
