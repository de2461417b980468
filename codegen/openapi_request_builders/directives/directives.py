"""Directives: changes that a configuration makes to the documents before they are read.

AutoRest says nothing when a directive is unknown, has no ``from`` or matches nothing; here each is a problem.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from openapi_request_builders.config.read import Setting
from openapi_request_builders.directives.jsonpath import PathError, Place, find
from openapi_request_builders.directives.script import ScriptError, compile_script
from openapi_request_builders.problems import Collector, problem
from openapi_request_builders.words import FORMER_IDS, METHODS

# What a directive can say: the first choose, the others change what was chosen or remark on it.
CHOICES = ("from", "where", "where-operation", "where-operation-match")
REMARKS = ("reason", "debug")

Change = Callable[[Any, Any, Any], bool]
"""Takes a document and a place in it, and says whether there was something to change."""


class _NothingFoundError(Exception):
    """What a directive looks for is not there."""


def transform(trees: Mapping[Path, Any], directives: Sequence[Setting]) -> Mapping[Path, Any]:
    """Return the documents as the directives change them.

    :raises Problems: Some directives are not understood, or match nothing.
    """
    if not directives:
        return trees
    problems = Collector()
    # Each document in a container, so that it can be replaced like any other value.
    changed = {path: {"$": deepcopy(tree)} for path, tree in trees.items()}
    for directive in directives:
        with problems.each():
            _apply(directive, changed)
    problems.stop()
    return {path: container["$"] for path, container in changed.items()}


def _apply(directive: Setting, documents: Mapping[Path, Any]) -> None:
    try:
        _change(directive.value, documents)
    except _NothingFoundError as error:
        remedy = "correct what is looked for, or remove the directive"
        raise problem(directive.place, str(error), remedy) from None
    except ScriptError as error:
        raise problem(directive.place, f"the transform is not understood: {error}", _SCRIPT_REMEDY) from None
    except PathError as error:
        raise problem(directive.place, f"the path {error}", _PATH_REMEDY) from None
    except (ValueError, re.error) as error:
        raise problem(directive.place, f"the directive is not understood: {error}", _REMEDY) from None


def _change(directive: Any, documents: Mapping[Path, Any]) -> None:
    if not isinstance(directive, dict):
        raise ValueError(f"{directive!r} is not a mapping")
    if unknown := [key for key in directive if key not in (*CHOICES, *_CHANGES, *REMARKS)]:
        raise ValueError(f"{unknown[0]!r} is not one of its keys")
    changes = [key for key in directive if key in _CHANGES]
    if not changes:
        raise ValueError("it changes nothing")
    macros = ("where-operation", "where-operation-match", *(key for key in _CHANGES if "-" in key))
    if "from" not in directive and not any(key in directive for key in macros):
        raise ValueError("it has no `from`, such as `from: swagger-document`")
    roots = list(_roots(directive.get("from", "swagger-document"), documents))
    for key in changes:
        change = _CHANGES[key](directive[key])
        places = [(root, *place) for root in roots for place in _places(directive, root, key)]
        # From the end, so that removing an item of a list moves none that is still to come.
        if not [place for place in reversed(places) if change(*place)]:
            raise _NothingFoundError(f"nothing matches the directive {_described(directive)}")


def _described(directive: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key}: {value}" for key, value in directive.items() if key not in ("from", "transform")
    )


def _roots(names: Any, documents: Mapping[Path, Any]) -> Iterator[Any]:
    for name in names if isinstance(names, list) else [names]:
        found = [root for path, root in documents.items() if name in ("swagger-document", path.name)]
        if not found:
            raise _NothingFoundError(f"there is no input-file {name!r} for the directive to change")
        yield from found


def _places(directive: Mapping[str, Any], root: Any, key: str) -> Iterator[Place]:
    """Yield what a directive chooses: by path, by operation, or else every operation, or the document."""
    if "where-operation" in directive:
        yield from _operations(root, lambda operation_id: operation_id == directive["where-operation"])
    elif "where-operation-match" in directive:
        yield from _operations(root, _regex(directive["where-operation-match"]).search)
    elif "where" in directive:
        paths = directive["where"]
        for path in paths if isinstance(paths, list) else [paths]:
            yield from find(str(path))(root)
    elif key in ("transform", "set"):
        yield root, "$"
    else:
        yield from _operations(root, lambda _: True)


def _operations(root: Any, wanted: Callable[[str], Any]) -> Iterator[Place]:
    for section in ("paths", "x-ms-paths"):
        for item in _members(_members(root["$"]).get(section)).values():
            for method in METHODS:  # what has another form is for the schema to say
                operation = _members(item).get(method)
                if isinstance(operation, dict) and wanted(str(operation.get("operationId", ""))):
                    yield item, method


def _method_and_path(root: Any, holder: Any, key: Any) -> str | None:
    """Name an operation by method and path: it may have no id, or share it."""
    for section in ("paths", "x-ms-paths"):
        for path, item in _members(_members(root["$"]).get(section)).items():
            if item is holder:
                return f"{str(key).upper()} {path}"
    return None


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _transform(source: Any) -> Change:
    script = compile_script(str(source))

    def change(_root: Any, holder: Any, key: Any) -> bool:
        holder[key] = script(holder[key])
        return True

    return change


def _set(values: Any) -> Change:
    if not isinstance(values, dict):
        raise ValueError("`set` is not a mapping of names to values")

    def change(_root: Any, holder: Any, key: Any) -> bool:
        if not isinstance(holder[key], dict):
            raise ValueError("`set` is for an object")
        holder[key].update(values)
        return True

    return change


def _rename_operation(names: Any) -> Change:
    if not isinstance(names, dict) or names.keys() != {"from", "to"}:
        raise ValueError("`rename-operation` needs from and to")

    def change(root: Any, holder: Any, key: Any) -> bool:
        operation = _members(holder[key])
        place = _method_and_path(root, holder, key)
        if names["from"] not in (operation.get("operationId"), place):
            return False
        if "operationId" in operation:
            operation[FORMER_IDS] = [*operation.get(FORMER_IDS, ()), operation["operationId"]]
        operation["operationId"] = names["to"]
        return True

    return change


def _remove_operation(wanted: Callable[[str], Any]) -> Change:
    def change(_root: Any, holder: Any, key: Any) -> bool:
        if not wanted(str(_members(holder[key]).get("operationId", ""))):
            return False
        del holder[key]
        return True

    return change


def _remove_parameter(which: Any) -> Change:
    if not isinstance(which, dict) or not which.keys() >= {"in", "name"}:
        raise ValueError("`remove-parameter` needs in and name")

    def change(root: Any, holder: Any, key: Any) -> bool:
        parameters = holder[key].get("parameters") if isinstance(holder[key], dict) else None
        if not isinstance(parameters, list):
            return False
        shared = _members(_members(root["$"]).get("parameters"))
        kept = []
        for each in parameters:
            plain = _members(each)
            plain = _members(shared.get(str(plain.get("$ref")).removeprefix("#/parameters/"), plain))
            if (plain.get("in"), plain.get("name")) != (which["in"], which["name"]):
                kept.append(each)
        found = len(kept) < len(parameters)
        parameters[:] = kept
        return found

    return change


def _regex(text: Any) -> re.Pattern[str]:
    match = re.fullmatch(r"/(.*)/([a-z]*)", str(text))
    if not match:
        return re.compile(str(text))
    return re.compile(match[1], re.IGNORECASE if "i" in match[2] else 0)


_CHANGES: Mapping[str, Callable[[Any], Change]] = {
    "transform": _transform,
    "set": _set,
    "rename-operation": _rename_operation,
    "remove-operation": lambda name: _remove_operation(lambda operation_id: operation_id == name),
    "remove-operation-match": lambda pattern: _remove_operation(_regex(pattern).search),
    "remove-parameter": _remove_parameter,
}
_SCRIPT_REMEDY = (
    "it can assign, delete and return, with + and .replace; see also `set`, or change the document"
)
_PATH_REMEDY = "it is made of .child, ['child'], [0], * and .. and filters such as [?(@.name == 'x')]"
_REMEDY = f"it chooses by {', '.join(CHOICES)}, and does {', '.join(_CHANGES)}"
