"""What the fields of a fault may be, and what to say of other values in Python, in JSON and in a shell."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple, get_args

from aiohttp.hdrs import METH_ALL

from ._specification import OPERATIONS
from ._strict_json import to_text
from ._validation import is_integer, is_number

Reset = Literal["before", "after"]


class Wording(NamedTuple):
    """How messages write the fields of a fault."""

    name: Callable[[str], str]
    value: Callable[[Any], str]
    #: What follows the rule of a field that may be unset.
    unset: str
    #: Around a text.
    quote: str
    true: str
    false: str

    def rule(self, field: str) -> str:
        """Return the rule of a field."""
        rule = RULES[field]
        text = rule.text.format(quote=self.quote, true=self.true, false=self.false)
        return text + self.unset if rule.optional else text

    def must(self, field: str, value: Any) -> str:
        """Return what to say of a value that breaks its field's rule."""
        return f"{self.name(field)} must be {self.rule(field)}, got {self.value(value)}"


def _as_typed(value: Any) -> str:
    return repr(value) if isinstance(value, str) else to_text(value)


def _with_dashes(field: str) -> str:
    return field.replace("_", "-")


def _in_camel_case(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


PYTHON: Final = Wording(str, repr, ", or None", "'", "True", "False")
JSON: Final = Wording(_in_camel_case, to_text, ", or null", '"', "true", "false")
#: The command line, the environment and a file. They cannot say that a field is unset.
SETTINGS: Final = Wording(_with_dashes, _as_typed, "", "", "true", "false")


class Rule(NamedTuple):
    """The rule of a field."""

    valid: Callable[[Any], bool]
    text: str
    optional: bool = True


#: What can match a path as it is sent, without the query.
_is_path = re.compile(r"(\*|/(?!:))[^?]*").fullmatch

_SECONDS = "a number of seconds from 0"

RULES: Final[Mapping[str, Rule]] = {
    "method": Rule(
        lambda value: isinstance(value, str) and value.upper() in METH_ALL, "an HTTP method, such as POST"
    ),
    "path": Rule(
        lambda value: isinstance(value, str) and _is_path(value) is not None,
        "a pattern of a whole path without a query, "
        "such as {quote}/api/hubs/*{quote} or {quote}*/:send{quote}",
    ),
    "operation": Rule(
        lambda value: isinstance(value, str) and value in OPERATIONS,
        "named as in the specification, such as WebPubSub_SendToAll",
    ),
    "times": Rule(lambda value: is_integer(value, 1), "an integer from 1"),
    "probability": Rule(
        lambda value: is_number(value, 0) and value <= 1, "a number from 0 to 1", optional=False
    ),
    "delay": Rule(lambda value: is_number(value, 0), _SECONDS, optional=False),
    "status": Rule(lambda value: is_integer(value, 400, 599), "an integer from 400 to 599"),
    "retry_after": Rule(lambda value: is_number(value, 0), _SECONDS),
    "reset": Rule(lambda value: value in get_args(Reset), "{quote}before{quote} or {quote}after{quote}"),
    "refuse_recovery": Rule(lambda value: isinstance(value, bool), "{true} or {false}", optional=False),
    "drop_after": Rule(lambda value: is_number(value, 0), _SECONDS),
}

_EFFECTS = ("delay", "status", "reset", "refuse_recovery", "drop_after")


def problem(fields: Mapping[str, Any], wording: Wording) -> str:
    """Return what is wrong with the fields of a fault, or nothing if they are valid.

    :param fields: Values by field. Those that are not here are unset.
    """
    for field, value in fields.items():
        rule = RULES[field]
        if not ((value is None and rule.optional) or rule.valid(value)):
            return wording.must(field, value)
    has_status, name = fields.get("status") is not None, wording.name
    if fields.get("retry_after") is not None and not has_status:
        return f"{name('retry_after')} is for a response with a status: set {name('status')} too"
    if fields.get("reset") is not None and has_status:
        return f"{name('reset')} and {name('status')} exclude each other: a reset connection gets no response"
    if fields.get("drop_after") is None and not any(fields.get(field) for field in _EFFECTS):
        *first, last = map(name, _EFFECTS)
        return f"a fault needs one of {', '.join(first)} and {last}"
    return ""
