"""Find every regular expression in the sources, by reading them: a new one is found by itself.

A pattern is an argument of a function of ``re``, or the argument ``pattern=`` of a generated parameter. It is
evaluated where it stands, in its module. One that is made of local variables cannot be: it has a line in
``ELSEWHERE``.
"""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SOURCES = {
    "azure.messaging": ROOT / "azure" / "messaging",
    "openapi_request_builders": ROOT / "codegen" / "openapi_request_builders",
}
FUNCTIONS = {
    "compile": None,
    "match": "match",
    "fullmatch": "fullmatch",
    "search": "search",
    "sub": "sub",
    "subn": "sub",
    "split": "sub",
    "findall": "sub",
    "finditer": "sub",
}
METHODS = ("match", "fullmatch", "search", "sub")

# A pattern that is not a constant of its module: how to find its values there, or why it needs no test. The
# key is the module's last two names, and the expression.
ELSEWHERE: Mapping[str, str] = {
    "webpubsubservice._logging: pattern": "= [pattern for pattern, _ in _SENSITIVE_TEXT]",
    # Of generated parameters: found at each pattern= in the generated modules.
    "_serialization._kinds: pattern": "the caller's",
    # Of directives, by who generates.
    "directives.choices: match[1]": "the caller's",
    "directives.choices: str(text)": "the caller's",
    "javascript.library: pattern + ('(?#g)' if 'g' in flags else '')": "the caller's",
    "javascript.library: what": "the caller's",
    # Of documents: the generator refuses those that do not take linear time.
    "model.patterns: translated": "checked when the document is read",
    "model.operations: pattern": "checked when the document is read",
    "model.defaults: rules['pattern']": "checked when the document is read",
    "model.segments: translated": "tried on the empty text only",
}


@dataclass(frozen=True)
class Pattern:
    """A regular expression, and how it is used.

    :ivar place: File and line.
    :ivar method: ``match``, ``fullmatch``, ``search``, or ``sub`` for all that go through the whole text.
    """

    place: str
    method: str
    compiled: re.Pattern[str]


class UnresolvedError(Exception):
    """A pattern that is made of local variables and has no line in ``ELSEWHERE``."""


def patterns() -> Iterator[Pattern]:
    """Yield every pattern.

    :raises UnresolvedError: One cannot be evaluated.
    """
    for path, name in _modules():
        yield from _in_module(path, name)


def elsewhere() -> Iterator[str]:
    """Yield the keys of ``ELSEWHERE`` that the sources have."""
    for path, name in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            expression = _pattern_of(node)[0] if isinstance(node, ast.Call) else None
            if expression is not None and _key(name, expression) in ELSEWHERE:
                yield _key(name, expression)


def _modules() -> Iterator[tuple[Path, str]]:
    for package, folder in SOURCES.items():
        for path in sorted(folder.rglob("*.py")):
            if path.name != "__main__.py":
                names = [package, *path.relative_to(folder).with_suffix("").parts]
                yield path, ".".join(name for name in names if name != "__init__")


def _key(name: str, expression: ast.expr) -> str:
    return f"{'.'.join(name.split('.')[-2:])}: {ast.unparse(expression)}"


def _in_module(path: Path, name: str) -> Iterator[Pattern]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found = [(call, *_pattern_of(call)) for call in calls]
    if not any(expression for _, expression, _ in found):
        return
    namespace = dict(vars(importlib.import_module(name)))
    for call, expression, function in found:
        if expression is None:
            continue
        place = f"{path.relative_to(ROOT)}:{call.lineno}"
        flags = _flags(call, function, namespace)
        for value in _values(name, expression, namespace, place):
            text = value.pattern if isinstance(value, re.Pattern) else value
            if isinstance(text, str):
                compiled = value if isinstance(value, re.Pattern) else re.compile(text, flags)
                for method in _methods(tree, call, function):
                    yield Pattern(place, method, compiled)


def _pattern_of(call: ast.Call) -> tuple[ast.expr | None, str]:
    function = call.func
    if (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in FUNCTIONS
        and call.args
    ):
        return call.args[0], function.attr
    for keyword in call.keywords:
        if keyword.arg == "pattern" and isinstance(keyword.value, ast.Constant):
            return keyword.value, "search"
    return None, ""


def _flags(call: ast.Call, function: str, namespace: dict[str, Any]) -> int:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    if function in {"compile", "match", "fullmatch", "search", "findall", "finditer"}:
        given += call.args[1 if function == "compile" else 2 :]
    try:
        return int(_evaluate(given[0], namespace)) if given else 0
    except NameError:
        return 0


def _values(name: str, expression: ast.expr, namespace: dict[str, Any], place: str) -> list[Any]:
    key = _key(name, expression)
    if key in ELSEWHERE:
        found = ELSEWHERE[key].removeprefix("= ")
        if found == ELSEWHERE[key]:
            return []
        return list(_evaluate(ast.parse(found, mode="eval").body, namespace))
    try:
        return [_evaluate(expression, namespace)]
    except (NameError, AttributeError):
        raise UnresolvedError(
            f"{place}: the pattern {ast.unparse(expression)!r} is made of local variables. Make it a "
            f"constant of the module, or add to ELSEWHERE in tests/patterns/collect.py: {key!r}"
        ) from None


def _evaluate(expression: ast.expr, namespace: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(expression), "<pattern>", "eval"), namespace)


def _methods(tree: ast.Module, call: ast.Call, function: str) -> list[str]:
    """Return how a pattern is used; of a compiled one, by which methods its module calls."""
    known = FUNCTIONS[function]
    if known is not None:
        return [known]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.value is call and node.attr in FUNCTIONS:
            return [FUNCTIONS[node.attr] or "search"]
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is call
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    used = {
        FUNCTIONS[node.attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and node.attr in FUNCTIONS
    }
    return sorted(method for method in used if method) or list(METHODS)
