"""Words of OpenAPI that several stages need."""

from collections.abc import Mapping

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

FORMER_IDS = "x-former-operation-ids"
"""The names of an operation that directives replaced, oldest first."""
JSON_NAMES: Mapping[type, str] = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
"""What errors call the types of JSON."""
