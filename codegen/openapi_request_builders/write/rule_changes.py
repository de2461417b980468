"""The changes of rules between two outputs: ``limit of build_list_request: maximum 100, was 50``.

Rules are read from the source of constants, such as ``LIMIT = Integer("limit", maximum=50)``.
"""

import ast
from collections.abc import Iterator, Mapping

Rules = Mapping[str, str]
"""The rules of a parameter: names, such as ``maximum``, and values, as they are written."""

_IN_SIGNATURE = "default"
"""What signatures show, so that it is not repeated here."""
_POSITIONAL: Mapping[str, str] = {
    "Array": "collection format",
    "Body": "content types",
    "FormBody": "content types",
    "Formatted": "format",
    "Part": "content type",
    "Styled": "style",
}
"""What the positional arguments of the run time's classes are."""
_INNER: Mapping[str, str] = {"Array": "items ", "Object": "member ", "Part": "", "Styled": ""}
"""What the rules inside others are for. All others are alternatives."""
_OF_OTHER_VERSIONS = ("before ", "after ")


def rules(constant: ast.expr) -> Rules:
    """Return the rules in the source of a constant."""
    return dict(_rules(constant, ""))


def _rules(value: ast.expr, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, ast.Call):
        kind = ast.unparse(value.func)
        yield f"{path}type", kind
        # All but bodies have a name in front, which errors show.
        arguments = value.args if kind in ("Body", "FormBody") else value.args[1:]
        inner = [each for each in arguments if isinstance(each, ast.Call | ast.Dict)]
        constants = [ast.unparse(each) for each in arguments if each not in inner]
        yield f"{path}{_POSITIONAL.get(kind, 'values')}", ", ".join(constants)
        for number, nested in enumerate(inner, 1):
            yield from _rules(nested, f"{path}{_INNER.get(kind, f'alternative {number} ')}")
        for keyword in value.keywords:
            yield from _rules(keyword.value, f"{path}{str(keyword.arg).replace('_', ' ')} ")
    elif isinstance(value, ast.Dict):
        for key, each in zip(value.keys, value.values, strict=True):
            yield from _rules(
                each, f"{path}{ast.literal_eval(key) if isinstance(key, ast.Constant) else key} "
            )
    else:
        yield path.strip(), ast.unparse(value)


def used_constants(builder: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a builder, each with the constant that has its rules. A body is ``body``."""
    for each in ast.walk(builder):
        if isinstance(each, ast.Tuple) and each.elts and isinstance(each.elts[0], ast.Name):
            if len(each.elts) == 2 and isinstance(each.elts[1], ast.Name):
                yield each.elts[1].id, each.elts[0].id
            elif len(each.elts) == 4:
                yield "body", each.elts[0].id


def difference(old: Rules, new: Rules) -> str:
    """Describe the rules that changed; empty if none did.

    A new api-version adds the rules of the others to a parameter. These did not change, so they are left out.
    """
    absent = [each.get("type") == "Absent" for each in (old, new)]
    if absent == [False, True]:
        return "gone from the default api-version"
    if absent == [True, False]:
        return "now in the default api-version"
    both = dict.fromkeys([*new, *old])
    names = [name for name in both if name != _IN_SIGNATURE and old.get(name) != new.get(name)]
    return ", ".join(
        _words(name, old.get(name), new.get(name))
        for name in names
        if not name.startswith(_OF_OTHER_VERSIONS) or (name in old and name in new)
    )


def _words(name: str, old: str | None, new: str | None) -> str:
    return f"no {name}, was {old}" if new is None else f"{name} {new}, was {old or 'none'}"
