"""Text that a regular expression matches."""

from collections.abc import Iterable
from typing import Any

from openapi_request_builders.model.linearity import REPEATS, SINGLE, character_ranges
from openapi_request_builders.model.parse_trees import sre, sre_parser

PREFERRED = "a1A0-_.:/ "
"""The characters that are tried before all others."""
LONGEST = 200
"""About how long a repetition may become. Longer text would not match, but nobody wants to read it either."""


def matching(pattern: str, *, repeated: int = 1) -> str:
    """Return text that probably matches: a lookahead, a back reference and a border of words are passed over.

    :param pattern: A valid pattern, without flags.
    :param repeated: How often an optional part occurs, if that is allowed.
    """
    return _text(sre_parser.parse(pattern), repeated)


def _text(tree: Iterable[Any], repeated: int) -> str:
    return "".join(_part(operator, argument, repeated) for operator, argument in tree)


def _part(operator: Any, argument: Any, repeated: int) -> str:
    if operator in SINGLE:
        ranges = character_ranges(operator, argument)
        preferred = (ord(each) for each in PREFERRED)
        found = (code for code in preferred if any(low <= code <= high for low, high in ranges))
        return chr(next(found, ranges[0][0] if ranges else 0))
    if operator in REPEATS:
        least, most, body = argument
        text = _text(body, repeated)
        return text * min(int(max(least, min(most, repeated))), LONGEST // max(len(text), 1) + 1)
    if operator is sre.BRANCH:
        return _text(argument[1][0], repeated)
    if operator is sre.SUBPATTERN:
        return _text(argument[-1], repeated)
    return ""
