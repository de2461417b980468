"""Check whether a regular expression takes linear time for every input.

If an input does not match, a backtracking matcher such as Python's tries every way in which a prefix of the
input can be read. So the time is linear if the number of these ways has a limit for inputs of any length.
They are counted on Glushkov's automaton, which has one position for each character or class in the pattern.
The numbers of ways to reach the positions determine everything that follows, so counting ends when there are
no new combinations of them.

A pattern that fails this test is still harmless if its own bounds, or the maximum length of the input, limit
the number of ways.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from openapi_request_builders.model.parse_trees import sre, sre_parser

PARALLEL = 64
"""The most ways in which each prefix of an input may be read."""
WAYS = 100_000
"""The most ways in which a whole input may be read, if its length is bounded."""
STEPS = 50_000
"""The most steps of the analysis. Real patterns take a few hundred."""
COPIES = 16
"""The most positions of a counted repetition that is written out."""
WIDTH = 64
"""The longest distance that a lookahead in a repetition may look."""

LAST = 0x10FFFF
SPACES = tuple((code, code) for code in range(0x3001) if chr(code).isspace())
REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT)
SINGLE = (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY)

Ranges = tuple[tuple[int, int], ...]


class _UnclearError(Exception):
    """The analysis cannot decide whether the pattern is linear."""


class _Part(NamedTuple):
    """A part of a pattern: the number of ways in which it can be empty, and its first and last positions."""

    empty: int
    firsts: tuple[int, ...]
    lasts: tuple[int, ...]


@cache
def is_linear(pattern: str, max_length: int | None = None) -> bool:
    """Whether :func:`re.search` takes time proportional to the length of its input.

    :param pattern: A valid pattern, without flags.
    :param max_length: The maximum length of the input.
    """
    parsed: Any = sre_parser.parse(pattern)
    tree = list(parsed)
    anchored = _is_anchored(tree)
    try:
        # Each attempt has to be linear, and so do all attempts together; only the last one reads to the end.
        attempts = () if anchored else (_Automaton(_without_end(tree), anchored=False),)
        if all(each.has_few_ways() for each in (_Automaton(tree, anchored=True), *attempts)):
            return True
    except (_UnclearError, RecursionError):
        pass
    if anchored:
        return _ways(tree, max_length) <= WAYS
    if max_length is not None:
        return _ways(tree, max_length) * max_length <= WAYS
    return _ways(tree, None) * _width(tree) <= WAYS // 10  # at each position of the input


def _is_anchored(tree: Sequence[Any]) -> bool:
    """Whether a match can only begin at the start."""
    if not tree:
        return False
    operator, argument = tree[0]
    if operator is sre.AT:
        return bool(argument in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING))
    if operator is sre.SUBPATTERN:
        return _is_anchored(argument[-1])
    return operator is sre.BRANCH and all(map(_is_anchored, argument[1]))


class _Automaton:
    """Glushkov's automaton of a pattern."""

    def __init__(self, tree: Sequence[Any], *, anchored: bool) -> None:
        self.classes: list[Ranges] = []
        self.edges: Counter[tuple[int, int]] = Counter()
        self.steps = 0
        self.has_loop = not anchored
        start = self._position(() if anchored else ((0, LAST),))
        part = self._sequence(tree, in_loop=not anchored)
        self._connect((start,), part.firsts if anchored else (start, *part.firsts))

    def has_few_ways(self) -> bool:
        """Whether no prefix of an input can be read in more than PARALLEL ways.

        :raises _UnclearError: It takes too long to find out.
        """
        masks = _masks(self.classes)
        waiting = [{0: 1}]
        seen = {frozenset(waiting[0].items())}
        while waiting:
            ways = waiting.pop()
            following: Counter[int] = Counter()
            for (position, after), count in self.edges.items():
                self._count()
                if position in ways:
                    following[after] += ways[position] * count
            for reached in _read(following, masks):
                if sum(following[position] for position in reached) > PARALLEL:
                    return False
                read = {position: following[position] for position in reached}
                if (key := frozenset(read.items())) not in seen:
                    seen.add(key)
                    waiting.append(read)
        return True

    def _count(self) -> None:
        self.steps += 1
        if self.steps > STEPS:
            raise _UnclearError

    def _position(self, ranges: Ranges) -> int:
        self._count()
        self.classes.append(ranges)
        return len(self.classes) - 1

    def _connect(self, lasts: Sequence[int], firsts: Sequence[int]) -> None:
        for edge in product(lasts, firsts):
            self._count()
            self.edges[edge] += 1

    def _sequence(self, tree: Iterable[Any], *, in_loop: bool) -> _Part:
        empty = 1
        firsts: tuple[int, ...] = ()
        lasts: tuple[int, ...] = ()
        for operator, argument in tree:
            part = self._part(operator, argument, in_loop=in_loop)
            if in_loop and part.empty > 1:
                raise _UnclearError
            self._connect(lasts, part.firsts)
            firsts = firsts + part.firsts if empty else firsts
            lasts = lasts + part.lasts if part.empty else part.lasts
            empty *= part.empty
        return _Part(empty, firsts, lasts)

    def _part(self, operator: Any, argument: Any, *, in_loop: bool) -> _Part:
        if operator in SINGLE:
            position = self._position(character_ranges(operator, argument))
            return _Part(0, (position,), (position,))
        if operator is sre.SUBPATTERN:
            return self._sequence(argument[-1], in_loop=in_loop)
        if operator is sre.BRANCH:
            parts = [self._sequence(each, in_loop=in_loop) for each in argument[1]]
            return _Part(
                sum(part.empty for part in parts),
                tuple(position for part in parts for position in part.firsts),
                tuple(position for part in parts for position in part.lasts),
            )
        if operator in REPEATS:
            return self._repeat(*argument, in_loop=in_loop)
        if operator in (sre.ASSERT, sre.ASSERT_NOT):
            self._look_around(argument[1])
        elif operator is not sre.AT:
            raise _UnclearError
        return _Part(1, (), ())

    def _look_around(self, tree: Any) -> None:
        """Raise if a lookahead or lookbehind takes more than linear time in all attempts together."""
        if (self.has_loop and _width(tree) > WIDTH) or not (_Automaton(tree, anchored=True).has_few_ways()):
            raise _UnclearError

    def _repeat(self, least: int, most: Any, body: Any, *, in_loop: bool) -> _Part:
        if most <= COPIES and most * sum(1 for _ in _singles(body)) <= COPIES:
            return self._copies(least, int(most), body, in_loop=in_loop)
        self.has_loop = True
        part = self._sequence(body, in_loop=True)
        if part.empty:  # Python tries the rest once more after an iteration that reads nothing
            raise _UnclearError
        self._connect(part.lasts, part.firsts)
        return _Part(int(least == 0), part.firsts, part.lasts)

    def _copies(self, least: int, most: int, body: Any, *, in_loop: bool) -> _Part:
        """Write a repetition out: ``x{1,3}`` as ``x(x(x)?)?``."""
        if most == 0:
            return _Part(1, (), ())
        first = self._sequence(body, in_loop=in_loop)
        rest = self._copies(max(least - 1, 0), most - 1, body, in_loop=in_loop)
        self._connect(first.lasts, rest.firsts)
        return _Part(
            first.empty * rest.empty + (least == 0),
            first.firsts + rest.firsts if first.empty else first.firsts,
            first.lasts + rest.lasts if rest.empty else rest.lasts,
        )


def _without_end(tree: Sequence[Any]) -> list[Any]:
    """Return a pattern without the optional part at its end: a search succeeds before it."""
    rest = list(tree)
    while rest:
        operator, argument = rest.pop()
        if operator in REPEATS:
            least, _, body = argument
            if least == 0:
                continue
            return [*rest, (operator, (least, least, body))]
        if operator is sre.SUBPATTERN:
            return [*rest, (operator, (*argument[:-1], _without_end(argument[-1])))]
        return [*rest, (operator, argument)]
    return rest


def _singles(tree: Iterable[Any]) -> Iterator[None]:
    """Yield once for each position in a pattern. A repetition counts like its body."""
    for operator, argument in tree:
        if operator is sre.BRANCH:
            for each in argument[1]:
                yield from _singles(each)
        elif operator is sre.SUBPATTERN or operator in REPEATS:
            yield from _singles(argument[-1])
        else:
            yield None


def _ways(tree: Iterable[Any], longest: int | None) -> int:
    """Return an upper bound for the number of ways to read an input, at most WAYS + 1."""
    ways = 1
    for operator, argument in tree:
        if operator is sre.BRANCH:
            ways *= sum(_ways(each, longest) for each in argument[1])
        elif operator is sre.SUBPATTERN:
            ways *= _ways(argument[-1], longest)
        elif operator in (sre.ASSERT, sre.ASSERT_NOT):
            ways *= _ways(argument[1], longest) + 1
        elif operator in REPEATS:
            least, most, body = argument
            most = WAYS if most is sre.MAXREPEAT and longest is None else min(most, longest or WAYS)
            ways *= _repeated_ways(_ways(body, longest), least, most)
        elif operator not in (*SINGLE, sre.AT, sre.GROUPREF):
            return WAYS + 1
        ways = min(ways, WAYS + 1)
    return ways


def _repeated_ways(ways: int, least: int, most: int) -> int:
    if ways == 1:
        return max(most - least, 0) + 1
    total, power = 0, 1
    for count in range(most + 1):
        total += power if count >= least else 0
        power *= ways
        if max(total, power) > WAYS:
            return WAYS + 1
    return total


def _width(tree: Iterable[Any]) -> int:
    """Return the length of the longest match, at most WAYS + 1."""
    width = 0
    for operator, argument in tree:
        if operator is sre.BRANCH:
            width += max((_width(each) for each in argument[1]), default=0)
        elif operator is sre.SUBPATTERN:
            width += _width(argument[-1])
        elif operator in REPEATS:
            width += min(argument[1], WAYS + 1) * _width(argument[-1])
        elif operator in (sre.ASSERT, sre.ASSERT_NOT):
            width += _width(argument[1])
        elif operator in SINGLE:
            width += 1
        elif operator is not sre.AT:
            width += WAYS + 1
        width = min(width, WAYS + 1)
    return width


def character_ranges(operator: Any, argument: Any) -> Ranges:
    """Return the characters that a single element of a pattern matches."""
    if operator is sre.LITERAL:
        return ((argument, argument),)
    if operator is sre.NOT_LITERAL:
        return _inverted(((argument, argument),))
    if operator is sre.ANY:
        return _inverted(((10, 10),))
    negated = argument[0][0] is sre.NEGATE
    found: list[tuple[int, int]] = []
    for kind, value in argument[negated:]:
        if kind is sre.CATEGORY:
            found.extend(_category(value))
        else:
            found.append(value if kind is sre.RANGE else (value, value))
    return _inverted(found) if negated else tuple(found)


def _category(category: Any) -> Ranges:
    if category is sre.CATEGORY_SPACE:
        return SPACES
    if category is sre.CATEGORY_NOT_SPACE:
        return _inverted(SPACES)
    raise _UnclearError  # translated patterns do not contain the other categories


def _inverted(ranges: Iterable[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    begin = 0
    for low, high in sorted(ranges):
        if low > begin:
            found.append((begin, low - 1))
        begin = max(begin, high + 1)
    return (*found, (begin, LAST)) if begin <= LAST else tuple(found)


def _read(following: Iterable[int], masks: Sequence[int]) -> set[frozenset[int]]:
    """Return the sets of positions to which some character leads."""
    positions = list(following)
    characters = 0
    for position in positions:
        characters |= masks[position]
    found = set()
    while characters:
        character = characters & -characters
        characters -= character
        found.add(frozenset(position for position in positions if masks[position] & character))
    return found


def _masks(classes: Sequence[Ranges]) -> list[int]:
    """Return the classes as bits, one for each set of characters that no class distinguishes."""
    borders = sorted({border for ranges in classes for low, high in ranges for border in (low, high + 1)})
    return [
        sum(
            1 << number
            for number, border in enumerate(borders)
            if any(low <= border <= high for low, high in ranges)
        )
        for ranges in classes
    ]
