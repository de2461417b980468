"""The changes in a new output that affect its users: builders, their arguments, defaults and rules.

Both outputs are parsed as Python source. Neither is run.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openapi_request_builders.write.rule_changes import Rules, difference, rules, used_constants

LINES = 10
"""The most lines of changes."""
NAMES = 6
"""The most names for each kind of change."""


@dataclass
class _Surface:
    """The public interface of a package.

    :ivar builders: For each builder, the arguments by name, as they are written in the signature.
    :ivar former: The current names of builders by their former names.
    :ivar rules: The rules by constant.
    :ivar used: For each builder, the constants with the rules of its arguments.
    :ivar versions: The api-versions, and the default one.
    """

    builders: dict[str, dict[str, str]] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)
    rules: dict[str, Rules] = field(default_factory=dict)
    used: dict[str, dict[str, str]] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Describe the changes, in at most :data:`LINES` lines.

    :param old: The files of the old output, by name; empty if there is none.
    """
    if not old:
        return []
    before, after = _surface(old), _surface(new)
    lines = list(_changes(before, after))
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], f"and {len(lines) - LINES + 1} more lines of changes: see the diff"]
    return lines


def _changes(before: _Surface, after: _Surface) -> Iterator[str]:
    was, now = before.versions.get("DEFAULT_API_VERSION"), after.versions.get("DEFAULT_API_VERSION")
    if was != now:
        yield f"default api-version: {now}, was {was}"
    known = before.versions.get("API_VERSIONS", ())
    new_versions = [each for each in after.versions.get("API_VERSIONS", ()) if each not in known]
    yield from _listed("new api-versions", new_versions)
    gone = before.builders.keys() - after.builders.keys()
    added = after.builders.keys() - before.builders.keys()
    renamed = {old: after.former[old] for old in gone if after.former.get(old) in added}
    yield from _listed("added", added - set(renamed.values()))
    yield from _listed("removed", gone - renamed.keys())
    yield from _listed("renamed", (f"{old} to {new}" for old, new in renamed.items()))
    pairs = [(name, name) for name in after.builders if name in before.builders] + sorted(renamed.items())
    yield from _argument_changes(before, after, pairs)
    yield from _rule_changes(before, after, pairs)


def _argument_changes(before: _Surface, after: _Surface, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the arguments of existing builders that were added, removed or changed."""
    came, went, changed = [], [], []
    for old, new in pairs:
        one, other = before.builders[old], after.builders[new]
        came += [f"{argument} of {new}" for argument in other if argument not in one]
        went += [f"{argument} of {new}" for argument in one if argument not in other]
        changed += [
            f"{argument} of {new} (was {one[argument]}, is {other[argument]})"
            for argument in other
            if argument in one and one[argument] != other[argument]
        ]
    yield from _listed("new arguments", came)
    yield from _listed("arguments that are gone", went)
    yield from _listed("changed arguments", changed)


def _rule_changes(before: _Surface, after: _Surface, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each change of a rule, with the arguments and builders that it concerns."""
    users: dict[tuple[str, str], list[str]] = {}
    for old, new in pairs:
        for argument, constant in after.used[new].items():
            was, now = before.rules.get(before.used[old].get(argument, "")), after.rules.get(constant)
            if was is not None and now is not None and (change := difference(was, now)):
                users.setdefault((argument, change), []).append(new)
    for number, ((argument, change), builders) in enumerate(sorted(users.items())):
        if number == NAMES:
            yield f"changed rules: {len(users) - NAMES} more"
            return
        yield f"changed rules: {argument} of {_some(builders)}: {change}"


def _listed(what: str, names: Iterable[str]) -> Iterator[str]:
    if found := sorted(names):
        yield f"{what}: {_some(found)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"{', '.join(names[:NAMES])}{more}"


def _surface(files: Mapping[str, str]) -> _Surface:
    surface = _Surface()
    for name, text in files.items():
        if not name.endswith(".py") or "/" in name:
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):  # a file that was edited, or was not generated
            continue
        module = "" if name.startswith("_") else f"{name.removesuffix('.py')}."
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("build_"):
                surface.builders[f"{module}{node.name}"] = dict(_arguments(node))
                surface.used[f"{module}{node.name}"] = dict(used_constants(node))
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                _take(surface, name, module, node.targets[0].id, node.value)
    return surface


def _take(surface: _Surface, file: str, module: str, name: str, value: ast.expr) -> None:
    if name == "_FORMER_NAMES":
        former = ast.literal_eval(value)
        surface.former.update({f"{module}{old}": f"{module}{new}" for old, new in former.items()})
    elif name in ("API_VERSIONS", "DEFAULT_API_VERSION") and isinstance(value, ast.Constant | ast.Tuple):
        surface.versions[name] = ast.literal_eval(value)
    elif file == "_parameters.py":
        surface.rules[name] = rules(value)


def _arguments(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a function."""
    spec = function.args
    for argument in (*spec.posonlyargs, *spec.args):
        yield argument.arg, _written(argument, None)
    for argument, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        yield argument.arg, _written(argument, default)


def _written(argument: ast.arg, default: ast.expr | None) -> str:
    annotation = "" if argument.annotation is None else ast.unparse(argument.annotation)
    return annotation if default is None else f"{annotation} = {ast.unparse(default)}"
