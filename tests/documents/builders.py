"""Which generated function builds which operation, and by which argument it takes what."""

import ast
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from azure.core.rest import HttpRequest

PARTS = ("path", "query", "header", "cookie", "form")


@dataclass(frozen=True)
class Builder:
    """A generated function, and method and path of its operation, by which that is found.

    :param arguments: The names of its arguments, by part of the request and name on the wire.
    """

    call: Callable[..., HttpRequest]
    method: str
    path: str
    positional: tuple[str, ...]
    keywords: frozenset[str]
    arguments: Mapping[tuple[str, str], str]


def builders(folder: Path, package: str) -> Iterator[Builder]:
    """Yield the functions of a generated package."""
    for file in sorted(folder.glob("*.py")):
        functions = [
            node
            for node in ast.parse(file.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("build_")
        ]
        module = importlib.import_module(f"{package}.{file.stem}") if functions else None
        for function in functions:
            yield _builder(function, getattr(module, function.name))


def _builder(function: ast.FunctionDef, call: Callable[..., HttpRequest]) -> Builder:
    returned = function.body[-1]
    assert isinstance(returned, ast.Return)
    request = returned.value
    assert isinstance(request, ast.Call)
    text = " ".join((ast.get_docstring(function) or "").split())
    said = re.search(r"``([A-Z]+) (/.*?)`` \(``", text)
    assert said, f"{function.name} does not say what it is for"
    arguments = {}
    for keyword in request.keywords:
        if keyword.arg in PARTS and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                assert key is not None
                assert isinstance(value, ast.Tuple)
                assert isinstance(value.elts[1], ast.Name)
                arguments[keyword.arg, ast.literal_eval(key)] = value.elts[1].id
    return Builder(
        call,
        said[1],
        said[2],
        tuple(each.arg for each in function.args.args),
        frozenset(each.arg for each in function.args.kwonlyargs),
        arguments,
    )
