"""The changes that directives make in the places that they choose."""

from collections.abc import Callable, Mapping
from typing import Any

from openapi_request_builders.directives.choices import members, operations, pattern
from openapi_request_builders.directives.javascript import compile_script
from openapi_request_builders.words import FORMER_IDS

Change = Callable[[Any, Any, Any], bool]
"""Changes a place in a document, and returns whether there was something to change."""


def _transform(source: Any) -> Change:
    script = compile_script(str(source))

    def change(root: Any, holder: Any, key: Any) -> bool:
        holder[key] = script(holder[key], **{"$doc": root["$"]})
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


def _from_to(names: Any, macro: str) -> tuple[str, str]:
    if not isinstance(names, dict) or not {"from", "to"} <= names.keys():
        raise ValueError(f"`{macro}` needs from and to")
    return str(names["from"]), str(names["to"])


def _rename_operation(names: Any) -> Change:
    old, new = _from_to(names, "rename-operation")

    def change(root: Any, holder: Any, key: Any) -> bool:
        operation = members(holder[key])
        ids = next((each for place, each in operations(root) if place[0] is holder and place[1] == key), ())
        if old not in ids:
            return False
        if "operationId" in operation:
            operation[FORMER_IDS] = [*operation.get(FORMER_IDS, ()), operation["operationId"]]
        operation["operationId"] = new
        return True

    return change


def _remove_operation(wanted: Callable[[str], Any]) -> Change:
    def change(_root: Any, holder: Any, key: Any) -> bool:
        if not wanted(str(members(holder[key]).get("operationId", ""))):
            return False
        del holder[key]
        return True

    return change


def _remove_parameter(which: Any) -> Change:
    if not isinstance(which, dict) or not which.keys() >= {"in", "name"}:
        raise ValueError("`remove-parameter` needs in and name")

    def change(root: Any, holder: Any, key: Any) -> bool:
        parameters = members(holder[key]).get("parameters")
        if not isinstance(parameters, list):
            return False
        shared = members(members(root["$"]).get("parameters"))
        kept = []
        for each in parameters:
            plain = members(each)
            plain = members(shared.get(str(plain.get("$ref")).removeprefix("#/parameters/"), plain))
            if (plain.get("in"), plain.get("name")) != (which["in"], which["name"]):
                kept.append(each)
        found = len(kept) < len(parameters)
        parameters[:] = kept
        return found

    return change


def _rename_model(names: Any) -> Change:
    old, new = _from_to(names, "rename-model")

    def change(root: Any, holder: Any, key: Any) -> bool:
        definitions = members(members(holder[key]).get("definitions"))
        if old not in definitions:
            return False
        renamed = [(new if name == old else name, value) for name, value in definitions.items()]
        definitions.clear()
        definitions.update(renamed)
        _refer(root["$"], f"#/definitions/{old}", f"#/definitions/{new}")
        return True

    return change


def _refer(value: Any, old: str, new: str) -> None:
    """Replace all references to one definition by references to another."""
    if isinstance(value, dict):
        if value.get("$ref") == old:
            value["$ref"] = new
        for each in value.values():
            _refer(each, old, new)
    elif isinstance(value, list):
        for each in value:
            _refer(each, old, new)


# By key: the change, and whether it applies to every operation if the directive does not choose.
CHANGES: Mapping[str, tuple[Callable[[Any], Change], bool]] = {
    "transform": (_transform, False),
    "set": (_set, False),
    "rename-operation": (_rename_operation, True),
    "remove-operation": (lambda name: _remove_operation(lambda operation_id: operation_id == name), True),
    "remove-operation-match": (lambda text: _remove_operation(pattern(text).search), True),
    "remove-parameter": (_remove_parameter, True),
    "rename-model": (_rename_model, False),
}
