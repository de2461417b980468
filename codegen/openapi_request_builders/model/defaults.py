"""Check whether a default keeps the rules of its own parameter."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

Rules = Mapping[str, Any]

# By rule: a function that returns whether a value breaks it, and the message.
_BREAKS: Mapping[str, tuple[Callable[[Any, Rules], bool], str]] = {
    "pattern": (lambda value, rules: not re.search(rules["pattern"], value), "does not match the pattern"),
    "min_length": (lambda value, rules: len(value) < rules["min_length"], "is under the minimum of"),
    "max_length": (lambda value, rules: len(value) > rules["max_length"], "is over the maximum of"),
    "min_items": (lambda value, rules: len(value) < rules["min_items"], "is under the minimum of"),
    "max_items": (lambda value, rules: len(value) > rules["max_items"], "is over the maximum of"),
    "unique_items": (lambda value, _: len(set(map(repr, value))) < len(value), "has an item twice"),
    "minimum": (lambda value, rules: value < rules["minimum"], "is under the minimum of"),
    "maximum": (lambda value, rules: value > rules["maximum"], "is over the maximum of"),
    "exclusive_minimum": (lambda value, rules: value == rules.get("minimum"), "is the excluded minimum"),
    "exclusive_maximum": (lambda value, rules: value == rules.get("maximum"), "is the excluded maximum"),
    "multiple_of": (
        lambda value, rules: Decimal(str(value)) % Decimal(str(rules["multiple_of"])) != 0,
        "is not a multiple of",
    ),
}

_DESCRIPTION = (lambda *_: False, "")
"""Keys that describe another rule, and are not rules themselves."""


def broken_rule(rules: Rules, enum: Sequence[Any], pattern: str | None, value: Any) -> str | None:
    """Return the rule of its parameter that a default breaks, if any.

    :param pattern: The pattern in the document.
    """
    text = json.dumps(value, ensure_ascii=False)
    if enum and value not in enum:
        return f"{text} is not one of {json.dumps(enum, ensure_ascii=False)[1:-1]}"
    for name, bound in rules.items():
        breaks, words = _BREAKS.get(name, _DESCRIPTION)
        if breaks(value, rules):
            shown = pattern if name == "pattern" else bound
            return f"{text} {words}" if bound is True else f"{text} {words} {shown}"
    return None
