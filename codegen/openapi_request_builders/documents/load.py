"""Read OpenAPI 2.0 documents and what they refer to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from openapi_request_builders.config.read import Config
from openapi_request_builders.directives.apply import transform
from openapi_request_builders.documents.schema import check, children
from openapi_request_builders.parse import ParseError, parse
from openapi_request_builders.problems import Collector, Notes, Problems, pointer, problem, unreadable

Read = Callable[[Path], str]


@dataclass(frozen=True)
class Documents:
    """The documents by path: those that were asked for, and those that they refer to.

    :param unreadable: What is wrong with documents that are referred to, and cannot be read.
    """

    inputs: tuple[Path, ...]
    trees: Mapping[Path, Any]
    unreadable: Mapping[Path, Problems]


def load(config: Config, read: Read, notes: Notes) -> Documents:
    """Read the documents, change them as the directives say, and read what they refer to.

    :param notes: Takes what is passed over.
    :raises Problems: One cannot be read, is not OpenAPI 2.0, or breaks its schema.
    """
    del notes  # nothing is passed over yet
    problems = Collector()
    inputs = config.inputs
    trees: dict[Path, Any] = {}
    for path in inputs:
        with problems.each():
            trees[path] = _parse(path, config.places.get(path, "command line"), read)
    problems.stop()
    trees.update(transform(trees, config.directives))
    for path in inputs:
        with problems.each():
            _check_document(path, trees[path])
    problems.stop()
    broken: dict[Path, Problems] = {}
    wanted = [found for path in inputs for found in _files(path, trees[path])]
    while wanted:
        path, place = wanted.pop(0)
        if path not in trees and path not in broken:
            try:
                trees[path] = _parse(path, place, read)
            except Problems as error:
                broken[path] = error
            else:
                wanted.extend(_files(path, trees[path]))
    return Documents(inputs, trees, broken)


def _parse(path: Path, place: str, read: Read) -> Any:
    try:
        return parse(read(path), is_yaml=path.suffix.lower() in (".yaml", ".yml"))
    except ParseError as error:
        where = path if error.line is None else f"{path}:{error.line}"
        raise problem(where, str(error), error.remedy) from None
    except (OSError, ValueError) as error:
        raise unreadable(place, path, error) from None


def _check_document(path: Path, tree: Any) -> None:
    if not isinstance(tree, dict) or tree.get("swagger") != "2.0":
        if tree is None:
            raise problem(path, "it is empty", "name another document")
        if isinstance(tree, dict) and tree.get("swagger") == 2:
            raise problem(f"{path}#/swagger", "the version is a number", 'put it in quotes: "2.0"')
        found = tree.get("openapi", tree.get("swagger")) if isinstance(tree, dict) else None
        raise problem(
            f"{path}#/swagger",
            f"it is not an OpenAPI 2.0 document{f', but of version {found}' if found else ''}",
            'give a document that says "swagger": "2.0"; converters exist for the others',
        )
    check(f"{path}#", tree)


def _files(path: Path, tree: Any, at: tuple[object, ...] = ()) -> Iterator[tuple[Path, str]]:
    """Yield the other files that a tree refers to, and from where."""
    if isinstance(tree, dict):
        reference = tree.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#") and "://" not in reference:
            yield referred(path, reference), f"{path}#{pointer(*at, '$ref')}"
    for key, value in children(tree, at):
        yield from _files(path, value, (*at, key))


def referred(path: Path, reference: str) -> Path:
    """Return the file that a reference in a file leads to."""
    file = unquote(reference.partition("#")[0])
    return Path(normpath(path.parent / file)) if file else path
