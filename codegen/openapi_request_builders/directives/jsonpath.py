"""JSON paths, for the ``where`` of directives."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_STEP = re.compile(
    r"""\s*(?: (?P<deep>\.\.)(?=\[)
    | (?P<dots>\.\.?)(?:(?P<name>\*|[^\s.\[\]()'"*]+)|(?P<mark>['"])(?P<quoted>.*?)(?P=mark))
    | \[\s*(?P<star>\*)\s*\] | \[\s*(?P<index>-?\d+)\s*\]
    | \[\s*(?P<quote>['"])(?P<key>.*?)(?P=quote)\s*\] | \[\s*(?P<bare>[\w-]+)\s*\]
    | \[\s*\?\s*\((?P<filter>.*?)\)\s*\] )""",
    re.VERBOSE,
)
_CONDITION = re.compile(
    r"""\s*(?:(?P<not>!)\s*)?@(?P<path>(?:\.[\w$-]+|\[(?:'[^']*'|"[^"]*")\])+)\s*
    (?:(?P<sign>===?|!==?)\s*(?P<value>'[^']*'|"[^"]*"|true|false|-?\d+(?:\.\d+)?)\s*)?""",
    re.VERBOSE,
)
_MEMBER = re.compile(r"""\.([\w$-]+)|\[['"]([^'"]*)['"]\]""")


class PathError(ValueError):
    """The syntax of a path is not supported."""


Place = tuple[Any, str | int]
"""A container, and the key in it."""


def find(path: str) -> Callable[[Any], list[Place]]:
    """Return a function that takes a document, in a container under ``$``, and returns the places of a path.

    :raises PathError: The syntax of the path is not supported.
    """
    path = path.strip()
    if not path.startswith("$"):
        raise PathError(f"{path!r} does not begin with $")
    steps: list[Callable[[Any], Iterator[Place]]] = []
    place = 1
    while place < len(path):
        match = _STEP.match(path, place)
        if not match:
            raise PathError(f"{path!r} is not supported from {path[place:]!r} on")
        place = match.end()
        if match["deep"] or match["dots"] == "..":
            steps.append(_everything)
        if not match["deep"]:
            steps.append(_step(match))

    def run(root: Any) -> list[Place]:
        places: list[Place] = [(root, "$")]
        for step in steps:
            places = [found for holder, key in places for found in step(holder[key])]
        unique = {(id(holder), key): (holder, key) for holder, key in places}
        return list(unique.values())

    return run


def _step(match: re.Match[str]) -> Callable[[Any], Iterator[Place]]:
    if match["filter"] is not None:
        wanted = _condition(match["filter"])
        return lambda value: ((holder, key) for holder, key in _children(value) if wanted(holder[key]))
    if match["star"] or match["name"] == "*":
        return _children
    key = next(match[name] for name in ("index", "name", "quoted", "key", "bare") if match[name] is not None)

    def child(value: Any) -> Iterator[Place]:
        if isinstance(value, list) and re.fullmatch(r"-?\d+", key) and -len(value) <= int(key) < len(value):
            yield value, int(key) % len(value)
        elif isinstance(value, dict) and key in value:
            yield value, key

    return child


def _children(value: Any) -> Iterator[Place]:
    if isinstance(value, dict):
        yield from ((value, key) for key in value)
    elif isinstance(value, list):
        yield from ((value, index) for index in range(len(value)))


def _everything(value: Any) -> Iterator[Place]:
    """Yield a value and all values inside it."""
    yield {"$": value}, "$"
    for holder, key in _children(value):
        yield from _everything(holder[key])


def _condition(text: str) -> Callable[[Any], bool]:
    return _any_of([_all_of([_comparison(each) for each in part.split("&&")]) for part in text.split("||")])


def _any_of(tests: Sequence[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    return lambda value: any(test(value) for test in tests)


def _all_of(tests: Sequence[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    return lambda value: all(test(value) for test in tests)


def _comparison(text: str) -> Callable[[Any], bool]:
    match = _CONDITION.fullmatch(text)
    if not match:
        raise PathError(f"has the condition {text.strip()!r}, which is not supported")
    members = [name or quoted for name, quoted in _MEMBER.findall(match["path"])]
    literal = match["value"]
    wanted = (
        literal[1:-1]
        if literal and literal[0] in "'\""
        else {"true": True, "false": False}.get(literal, literal)
    )

    def test(value: Any) -> bool:
        for member in members:
            if not isinstance(value, dict) or member not in value:
                value = None
                break
            value = value[member]
        if literal is None:
            result = value not in (None, False, "", 0)
        else:
            same = value == wanted if isinstance(value, str | bool) or value is None else str(value) == wanted
            result = same == match["sign"].startswith("=")
        return result != bool(match["not"])

    return test
