"""Read OpenAPI documents and the files that they refer to."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openapi_request_builders.config.config import Config
from openapi_request_builders.directives.directives import Directives, read_directives
from openapi_request_builders.directives.hook import load_hook
from openapi_request_builders.documents.references import referred, with_operations
from openapi_request_builders.documents.schema import check, children
from openapi_request_builders.parse import ParseError, parse, spelling, without_comments
from openapi_request_builders.problems import Collector, Notes, Problems, pointer, problem, unreadable

Read = Callable[[Path], str]

_REMEDY = 'use a document with "swagger": "2.0", or with "openapi": "3.0.0" to "3.2.0"'
# The version of a document, on a line at the start.
_VERSION = re.compile(r"""^["']?(?:openapi|swagger)["']?[ \t]*:[ \t]*["']?(\d[^"'\s,#]*)""", re.MULTILINE)
_OPENAPI3 = re.compile(r"3\.[0-2](\.\d.*)?").fullmatch


@dataclass(frozen=True)
class Documents:
    """The documents by path: the inputs, and those that they refer to.

    :param notes: Collects notes, at every stage that reads the documents.
    :param trees: The documents that were read so far.
    :param unreadable: The errors of documents that could not be read.
    """

    inputs: tuple[Path, ...]
    read: Read = field(repr=False, compare=False)
    notes: Notes = field(repr=False, compare=False)
    directives: Directives = field(repr=False, compare=False)
    trees: dict[Path, Any] = field(default_factory=dict)
    unreadable: dict[Path, Problems] = field(default_factory=dict)

    def tree(self, path: Path, place: str) -> Any:
        """Return a document. The first time, read it and apply the directives.

        :param place: The place that refers to it.
        :raises Problems: It cannot be read.
        """
        if path in self.unreadable:
            raise self.unreadable[path]
        if path not in self.trees:
            try:
                tree = _parse(path, place, self.read, self.notes)
                if path in self.inputs and self.directives.directives and is_openapi3(tree):
                    tree = with_operations(
                        path, tree, lambda file: _parse(file, place, self.read, self.notes)
                    )
                self.trees[path] = self.directives.apply(path, tree, self.notes)
            except Problems as error:
                self.unreadable[path] = error
                raise
        return self.trees[path]


def load(config: Config, read: Read, notes: Notes) -> Documents:
    """Read the documents, apply the directives, and read the files that the documents refer to.

    OpenAPI 3 documents are often spread over thousands of files, most of which are examples. So a file that
    such a document refers to is read only when a reference is followed.

    :param notes: Collects notes.
    :raises Problems: A document cannot be read, has an unknown version, or breaks its schema.
    """
    problems = Collector()
    directives = read_directives(config.directives, load_hook(config.hook), notes)
    documents = Documents(config.inputs, read, notes, directives)
    for path in documents.inputs:
        with problems.each():
            documents.tree(path, config.places.get(path, "command line"))
    problems.stop()
    for path in documents.inputs:
        with problems.each():
            _check_document(path, documents.trees[path], notes)
    problems.stop()
    wanted = [
        found
        for path in documents.inputs
        if not is_openapi3(documents.trees[path])
        for found in _files(path, documents.trees[path])
    ]
    while wanted:
        path, place = wanted.pop(0)
        if path not in documents.trees and path not in documents.unreadable:
            with suppress(Problems):
                wanted.extend(_files(path, documents.tree(path, place)))
    return documents


def is_openapi3(tree: Any) -> bool:
    """Whether a document is OpenAPI 3.0, 3.1 or 3.2."""
    return isinstance(tree, dict) and bool(_OPENAPI3(str(tree.get("openapi", ""))))


def _parse(path: Path, place: str, read: Read, notes: Notes) -> Any:
    is_yaml = path.suffix.lower() in (".yaml", ".yml")
    try:
        text = read(path)
        # Parsing a long document takes seconds; refusing it should not.
        if (version := _VERSION.search(text)) and not is_readable(version[1]):
            raise problem(path, f"OpenAPI {version[1]} is not supported", _REMEDY)
        return _parse_text(path, text, notes, is_yaml=is_yaml)
    except ParseError as error:
        where = path if error.line is None else f"{path}:{error.line}"
        raise problem(where, str(error), error.remedy) from None
    except (OSError, ValueError) as error:
        raise unreadable(place, path, error) from None


def _parse_text(path: Path, text: str, notes: Notes, *, is_yaml: bool) -> Any:
    """Return the value of a text. Comments and trailing commas in JSON are ignored, with a note."""
    try:
        return parse(text, is_yaml=is_yaml)
    except ParseError as error:
        plain = text if is_yaml else without_comments(text)
        if plain == text:
            raise
        value = parse(plain, is_yaml=False)
        notes.add(f"{path}:{error.line}", "JSON has no comments and no trailing commas", error.remedy)
        return value


def _check_document(path: Path, tree: Any, notes: Notes) -> None:
    if tree is None:
        raise problem(path, "it is empty", "name another document")
    word = (
        next((key for key in ("openapi", "swagger") if tree.get(key)), None)
        if isinstance(tree, dict)
        else None
    )
    if word is None:
        raise problem(path, "it is not an OpenAPI document", _REMEDY)
    if isinstance(tree[word], int | float):
        tree[word] = spelling(tree[word])
        remedy = f'put it in quotes: "{tree[word]}"'
        notes.add(f"{path}#/{word}", "the version is a number", remedy)
    if not is_readable(str(tree[word])):
        raise problem(path, f"OpenAPI {tree[word]} is not supported", _REMEDY)
    if not is_openapi3(tree):
        check(f"{path}#", tree, "document", notes)


def is_readable(version: str) -> bool:
    """Whether documents of a version are supported."""
    return version == "2.0" or bool(_OPENAPI3(version))


def _files(path: Path, tree: Any, at: tuple[object, ...] = ()) -> Iterator[tuple[Path, str]]:
    """Yield the other files that a tree refers to, each with the place of the reference."""
    if isinstance(tree, dict):
        reference = tree.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#") and "://" not in reference:
            yield referred(path, reference), f"{path}#{pointer(*at, '$ref')}"
    for key, value in children(tree, at):
        yield from _files(path, value, (*at, key))
