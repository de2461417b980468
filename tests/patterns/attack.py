"""Hold each pattern against long texts that almost match: does the time grow faster than the text?

``python -m tests.patterns.attack`` runs in a process of its own: a pattern that takes exponential time cannot
be interrupted. It prints each pattern before it tries it, and at last the ones that failed, as JSON.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.patterns.collect import Pattern, patterns

parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

SIZES = (6, 24, 96, 384, 1536, 6144, 24576)
GROWTH = 9.0
"""Most that four times the text may take. Linear is 4, quadratic is 16."""
WORTH_A_LOOK = 0.01
"""Seconds of processor time below which growth is not looked at: it would be noise."""
SUFFIXES = ("", "\x00", "!", " ", "é", "%", '"', "\n", "@")
LONG = 32
"""A repetition up to fewer than this is not long."""
CANDIDATES = "ax0 _-./:%\"'<=;,@{}[]()#?&é\n\t"


def attacks(text: str, flags: int) -> Iterator[Callable[[int], str]]:
    """Yield functions from a length to a text, for each repetition of a pattern."""
    tree = parser.parse(text, flags)
    pumps: list[tuple[str, str]] = []
    whole = _sample(tree, pumps, "")
    pumps += [("", whole), *(("", character) for character in "a0 /\"'")]
    for before, pump in dict.fromkeys(pumps):
        for start, body in {(before, pump), ("", before + pump)}:
            if not body:
                continue
            for suffix in SUFFIXES:
                yield lambda n, start=start, body=body, suffix=suffix: (  # type: ignore[misc]
                    start + body * max(1, n // len(body)) + suffix
                )


def _sample(tree: Any, pumps: list[tuple[str, str]], before: str) -> str:
    """Return a text that matches, and add each repetition as what comes before it and what it repeats."""
    text = ""
    for kind, value in tree:
        text += _sample_one(str(kind), value, pumps, before + text)
    return text


def _sample_one(kind: str, value: Any, pumps: list[tuple[str, str]], before: str) -> str:
    if kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, most, body = value
        pump = _sample(body, pumps, before)
        if most >= LONG:
            pumps.append((before, pump))
            pumps.extend((before, other) for other in _alternatives(body, before))
        return pump * int(least)
    samples: dict[str, Callable[[], str]] = {
        "LITERAL": lambda: chr(value),
        "NOT_LITERAL": lambda: next(c for c in CANDIDATES if ord(c) != value),
        "ANY": lambda: "a",
        "IN": lambda: next((c for c in CANDIDATES if _is_in(c, value)), _first(value)),
        "BRANCH": lambda: next(_sample(branch, pumps, before) for branch in value[1]),
        "SUBPATTERN": lambda: _sample(value[-1], pumps, before),
        "ATOMIC_GROUP": lambda: _sample(value, pumps, before),
    }
    return samples.get(kind, str)()  # anchors, assertions and references take no text


def _alternatives(body: Any, before: str) -> Iterator[str]:
    for kind, value in body:
        inner = value[-1] if str(kind) == "SUBPATTERN" else [(kind, value)]
        for kind_inside, branches in inner:
            if str(kind_inside) == "BRANCH":
                yield from (_sample(branch, [], before) for branch in branches[1])
            elif str(kind_inside) == "IN":
                yield from [c for c in CANDIDATES if _is_in(c, branches)][1:3]


def _is_in(character: str, items: Any) -> bool:
    negated: bool = bool(items) and str(items[0][0]) == "NEGATE"
    return negated != any(_is_one(character, str(kind), value) for kind, value in items)


def _is_one(character: str, kind: str, value: Any) -> bool:
    if kind == "LITERAL":
        return bool(ord(character) == value)
    if kind == "RANGE":
        return bool(value[0] <= ord(character) <= value[1])
    tests: dict[str, Callable[[str], bool]] = {
        "CATEGORY_DIGIT": str.isdigit,
        "CATEGORY_NOT_DIGIT": lambda c: not c.isdigit(),
        "CATEGORY_SPACE": str.isspace,
        "CATEGORY_NOT_SPACE": lambda c: not c.isspace(),
        "CATEGORY_WORD": lambda c: c.isalnum() or c == "_",
        "CATEGORY_NOT_WORD": lambda c: not (c.isalnum() or c == "_"),
    }
    return kind == "CATEGORY" and bool(tests[str(value)](character))


def _first(items: Any) -> str:
    kind, value = items[0]
    return chr(value[0]) if str(kind) == "RANGE" else chr(value) if str(kind) == "LITERAL" else "a"


def seconds(pattern: Pattern, text: str) -> float:
    """Return the processor time that a pattern takes."""
    compiled = pattern.compiled
    call = getattr(compiled, pattern.method)
    start = time.thread_time()
    if pattern.method == "sub":
        call(lambda _: "", text)
    else:
        call(text)
    return time.thread_time() - start


def grows_too_fast(pattern: Pattern) -> str | None:
    """Return the text whose time grows too fast, shortened."""
    for attack in attacks(pattern.compiled.pattern, pattern.compiled.flags):
        before = None
        for size in SIZES:
            text = attack(size)
            taken = seconds(pattern, text)
            if taken > WORTH_A_LOOK and before is not None:
                shorter = min(seconds(pattern, before) for _ in range(5))
                taken = min(taken, seconds(pattern, text), seconds(pattern, text))
                if taken > WORTH_A_LOOK and taken > GROWTH * shorter:
                    return f"{text[:40]!r}..., {len(text)} characters"
            before = text
    return None


def main() -> None:
    """Try all patterns."""
    failed = []
    count = 0
    for pattern in patterns():
        count += 1
        print(f"{pattern.place} {pattern.method} {pattern.compiled.pattern!r}", flush=True)
        text = grows_too_fast(pattern)
        if text:
            failed.append(f"{pattern.place}: {pattern.method} of {pattern.compiled.pattern!r} with {text}")
    print(json.dumps({"count": count, "failed": failed}))


if __name__ == "__main__":
    main()
