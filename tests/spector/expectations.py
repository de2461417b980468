"""What scenarios want that their requests do not say, and what no builder can express, with the reasons."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

_RECORD = {"a": 1, "b": 2}
_WIDGET = {"name": "updated-widget", "description": "Updated description"}
# Arguments that do not follow from the request, by patterns of scenarios' names: one set for each call.
CALLS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "Routes_PathParameters_*Expansion_*_primitive": ({"param": "a"},),
    "Routes_PathParameters_*Expansion_*_array": ({"param": ["a", "b"]},),
    "Routes_PathParameters_*Expansion_*_record": ({"param": _RECORD},),
    "Routes_QueryParameters_Query*_record": ({"param": _RECORD},),
    "Type_Model_Visibility_*Model": ({"json": {}},),
    "Azure_ClientGenerator_Core_Usage_ModelInOperation": ({"json": {}},),
    "Azure_ResourceManager_OperationTemplates_OptionalBody_patch": ({}, {"json": {"properties": _WIDGET}}),
    "Azure_ResourceManager_OperationTemplates_OptionalBody_post": (
        {},
        {"json": {"actionType": "perform", "parameters": "test-parameters"}},
    ),
    "Azure_ResourceManager_OperationTemplates_OptionalBody_providerPost": (
        {},
        {"json": {"totalAllowed": 100, "reason": "Increased demand"}},
    ),
    "Azure_ResourceManager_Resources_LocationResources_*": (
        {"location": "eastus", "location_resource_name": "resource"},
    ),
}
# Scenarios, by patterns of their names, that no builder can express, and why.
INEXPRESSIBLE: Mapping[str, str] = {
    "Parameters_Path_optional": "OpenAPI has no parts of a path that may be left out",
    "Routes_PathParameters_PathExpansion_*": "OpenAPI has no style that writes slashes before values",
    "Routes_PathParameters_ReservedExpansion_*": "OpenAPI 3.0 has no allowReserved in paths",
    "Routes_QueryParameters_QueryContinuation_*": "the emitter drops operations with a query in the path",
    "Encode_Duration_Query_float*LargerUnit": "the mock server compares the text of a query with a number",
    "Payload_MultiPart_FormData_HttpParts_jsonArrayAndFileArray": (
        "the encoding of a list is that of its items, a part each; the mock server wants all in one part"
    ),
    "Azure_ResourceManager_Resources_ExtensionsResources_*": (
        "the scope of a tenant is an empty first part of the path, which builders refuse"
    ),
    "Resiliency_ServiceDriven_AddOptionalParam_*": "a part is about the older specification, old.tsp",
    "Resiliency_ServiceDriven_breakTheGlass": "it is about an operation that the older specification lacks",
}


def calls(scenario: str) -> Sequence[Mapping[str, Any]]:
    """Return the arguments for the calls of each request of a scenario that do not follow from it."""
    return next((each for pattern, each in CALLS.items() if fnmatchcase(scenario, pattern)), ({},))


def reason(scenario: str, *, key: bool = False) -> str | None:
    """Return why a scenario cannot be expressed, or the pattern of its name; None if it can."""
    found = next((pattern for pattern in INEXPRESSIBLE if fnmatchcase(scenario, pattern)), None)
    return found if key or found is None else INEXPRESSIBLE[found]
