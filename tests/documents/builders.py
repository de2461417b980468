"""Which generated function builds which operation, and by which argument it takes what."""

import ast
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from azure.core.rest import HttpRequest

PARTS = ("path", "query", "header", "cookie", "form")


@dataclass(frozen=True)
class Builder:
    """A generated function.

    :param arguments: The names of its arguments, by part of the request and name on the wire.
    """

    call: Callable[..., HttpRequest]
    method: str
    url: str
    positional: tuple[str, ...]
    keywords: frozenset[str]
    arguments: Mapping[tuple[str, str], str]

    @property
    def key(self) -> tuple[str, str]:
        """Method and path, to find the operation by."""
        return self.method, unquote(self.url.partition("?")[0])


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
    method, url = (ast.literal_eval(each) for each in request.args)
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
        method,
        url,
        tuple(each.arg for each in function.args.args),
        frozenset(each.arg for each in function.args.kwonlyargs),
        arguments,
    )
