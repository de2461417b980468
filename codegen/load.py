"""Read OpenAPI 2.0 documents and what they refer to, and check them against the schema of the standard."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from os.path import normpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from jsonschema import Draft4Validator, ValidationError  # type: ignore[import-untyped]

from codegen.config import Setting
from codegen.directives import transform
from codegen.problems import Collector, problem, unreadable

Read = Callable[[Path], str]

REMEDIES: Mapping[str, str] = {
    "additionalProperties": "remove it, or begin its name with x-",
    "minProperties": "give it a member",
    "enum": "use one of the values that are allowed",
    "pattern": "write it in the form that is asked for",
    "required": "add it",
    "type": "write it as the type that is asked for",
    "uniqueItems": "remove the duplicate",
}


# Members that hold anything, and are not read.
UNREAD = ("x-ms-examples", "example", "examples")
EXTENSIONS: Mapping[str, type] = {
    "x-ms-api-version": bool,
    "x-ms-client-name": str,
    "x-ms-discriminator-value": str,
    "x-ms-enum": dict,
    "x-ms-header-collection-prefix": str,
    "x-ms-long-running-operation": bool,
    "x-ms-pageable": dict,
    "x-ms-skip-url-encoding": bool,
}


@dataclass(frozen=True)
class Documents:
    """The documents by path: those that were asked for, and those that they refer to."""

    inputs: tuple[Path, ...]
    trees: Mapping[Path, Any]


def load(inputs: Sequence[Path], directives: Sequence[Setting], read: Read) -> Documents:
    """Read the documents, change them as the directives say, and read what they refer to.

    :raises Problems: One cannot be read, is not OpenAPI 2.0, or breaks its schema.
    """
    problems = Collector()
    inputs = [Path(normpath(path)) for path in dict.fromkeys(inputs)]
    trees: dict[Path, Any] = {}
    for path in inputs:
        with problems.each():
            trees[path] = _parse(path, "command line", read)
    problems.stop()
    trees.update(transform(trees, directives))
    for path in inputs:
        with problems.each():
            _check_document(path, trees[path])
    problems.stop()
    wanted = [found for path in inputs for found in _files(path, trees[path])]
    while wanted:
        path, place = wanted.pop(0)
        if path not in trees:
            trees[path] = None
            with problems.each():
                trees[path] = _parse(path, place, read)
                wanted.extend(_files(path, trees[path]))
    problems.stop()
    return Documents(tuple(inputs), trees)


def pointer(*parts: object) -> str:
    """Write a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _parse(path: Path, place: str, read: Read) -> Any:
    try:
        text = read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(place, path, error) from None
    try:
        if path.suffix in (".yaml", ".yml"):
            return yaml.load(text, _Loader)  # noqa: S506 (a safe one)
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise problem(
            f"{path}:{error.lineno}", f"it is not JSON: {error.msg}", "correct the syntax"
        ) from None
    except yaml.YAMLError as error:
        raise problem(path, f"it is not YAML: {error}", "correct the syntax") from None
    except ValueError as error:
        raise problem(path, str(error), "keep one of them") from None


class _Loader(yaml.SafeLoader):
    """YAML as JSON has it: a date is the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the member {twice!r} twice")
    return members


def check(place: str, tree: Any, kind: str = "") -> None:
    """Check a document, or a part of one of the kind that the schema defines.

    :raises Problems: It breaks the schema.
    """
    causes: dict[str, ValidationError] = {}  # the first one of a place: the others repeat it in other words
    for error in _validator(kind).iter_errors(tree):
        cause = _cause(error)
        causes.setdefault(f"{place}{pointer(*cause.absolute_path)}", cause)
    problems = Collector()
    for where, cause in causes.items():
        remedy = REMEDIES.get(str(cause.validator), "see the OpenAPI 2.0 specification")
        problems.add(where, _short(cause.message), remedy)
    for at, key, value in _extensions(tree):
        if not isinstance(value, EXTENSIONS[key]):
            message = f"{value!r} is not of type {EXTENSIONS[key].__name__}"
            problems.add(f"{place}{pointer(*at, key)}", message, REMEDIES["type"])
    problems.stop()


def _check_document(path: Path, tree: Any) -> None:
    if not isinstance(tree, dict) or tree.get("swagger") != "2.0":
        found = tree.get("openapi", tree.get("swagger")) if isinstance(tree, dict) else None
        raise problem(
            f"{path}#/swagger",
            f"it is not an OpenAPI 2.0 document{f', but of version {found}' if found else ''}",
            'give a document that says "swagger": "2.0"; converters exist for the others',
        )
    check(f"{path}#", tree)


def _extensions(tree: Any, at: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], str, Any]]:
    """Yield the extensions that are read here, which the schema says nothing about."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if key in EXTENSIONS:
            yield at, str(key), value
        elif isinstance(value, dict | list) and key not in UNREAD:
            yield from _extensions(value, (*at, key))


def _cause(error: ValidationError) -> ValidationError:
    """Find what an author would call the mistake: the deepest one in the alternative that fits best."""
    while error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for each in error.context:
            branches.setdefault(each.schema_path[0], []).append(each)
        best = min(branches.values(), key=lambda errors: (_misfit(errors), len(errors)))
        error = max(best, key=lambda each: len(each.absolute_path))
    return error


def _misfit(errors: list[ValidationError]) -> int:
    """Say how far an alternative is from what was meant: another kind of parameter or object is far."""
    return sum(
        10
        if each.validator == "enum" and each.path and each.path[-1] in ("in", "type")
        else 5
        if each.validator == "required" and "$ref" in each.message
        else 1
        for each in errors
    )


def _short(message: str) -> str:
    return message if len(message) <= 300 else f"{message[:200]} ... {message[-90:]}"


@lru_cache(maxsize=4)
def _validator(kind: str) -> Any:
    """Load the schema that openapi-spec-validator ships; to import the package takes longer than all else."""
    spec = find_spec("openapi_spec_validator")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "resources" / "schemas" / "v2.0" / "schema.json"
    schema = _as_autorest_reads(json.loads(file.read_text(encoding="utf-8")))
    return Draft4Validator(
        {**schema["definitions"][kind], "definitions": schema["definitions"]} if kind else schema
    )


def _as_autorest_reads(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow what AutoRest's documents do beyond it: members beside ``$ref``, files in bodies and lists."""
    definitions = schema["definitions"]
    body = definitions["bodyParameter"]["properties"]
    body["schema"] = {"anyOf": [body["schema"], {"$ref": "#/definitions/fileSchema"}]}
    del definitions["jsonReference"]["additionalProperties"]
    schema["properties"]["x-ms-paths"] = {"$ref": "#/definitions/paths"}
    definitions["primitivesItems"]["properties"]["type"]["enum"].append("file")
    _ask_for_references_first(schema)
    return schema


def _ask_for_references_first(schema: Any) -> None:
    """Have a reference recognized before what else could stand there is tried, which takes longer."""
    for value in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(value, dict | list):
            _ask_for_references_first(value)
    reference = {"$ref": "#/definitions/jsonReference"}
    if isinstance(schema, dict) and reference in schema.get("oneOf", ()):
        schema["anyOf"] = [reference, *(each for each in schema.pop("oneOf") if each != reference)]


def _files(path: Path, tree: Any, at: tuple[object, ...] = ()) -> Iterator[tuple[Path, str]]:
    """Yield the other files that a tree refers to, and from where."""
    if isinstance(tree, dict):
        reference = tree.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            file = unquote(reference.partition("#")[0])
            yield Path(normpath(path.parent / file)), f"{path}#{pointer(*at, '$ref')}"
        for key, value in tree.items():
            if key not in UNREAD:
                yield from _files(path, value, (*at, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _files(path, value, (*at, index))
