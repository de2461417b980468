"""Errors for calls with arguments that a builder does not take."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from importlib import import_module
from typing import Any, TypeVar, cast

from azure.core.rest import HttpRequest

_BODIES = ("message", "body", "data", "payload")
"""What other packages call the body."""
_Builder = TypeVar("_Builder", bound=Callable[..., HttpRequest])


def explain_calls(builder: _Builder) -> _Builder:
    """Add explanations to errors for an argument that has to be named, and for a misspelt name."""
    code = builder.__code__
    positional = code.co_varnames[: code.co_argcount]
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    required = positional[: len(positional) - len(builder.__defaults__ or ())]

    @wraps(builder)
    def build(*arguments: Any, **named: Any) -> HttpRequest:
        try:
            return builder(*arguments, **named)
        except TypeError:
            problem = (
                _too_many(arguments, positional, known)
                or _unknown(named, known)
                or _missing(arguments, named, required)
            )
            if not problem:
                raise
        raise TypeError(f"{builder.__name__}() {problem}")

    return cast("_Builder", build)


def _too_many(arguments: Sequence[object], positional: Sequence[str], known: Sequence[str]) -> str:
    if len(arguments) <= len(positional):
        return ""
    if "content_type" in known:  # other packages take the body by position
        return f"takes the body by keyword: {_bodies(known)}"
    by_position = ", ".join(positional) or "nothing"
    return f"takes {by_position} by position; these need their names: {', '.join(known[len(positional) :])}"


def _unknown(named: Mapping[str, object], known: Sequence[str]) -> str:
    unknown = next((name for name in named if name not in known), None)
    if unknown is None:
        return ""
    if unknown in _BODIES and "content_type" in known:
        return f"got an unexpected keyword argument {unknown!r}. The body is {_bodies(known)}"
    difflib = import_module("difflib")  # for mistakes only
    near = difflib.get_close_matches(unknown, known, 1) or [
        name for name in known if len(unknown) > 2 and unknown in name
    ]
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"got an unexpected keyword argument {unknown!r}.{hint} It takes {', '.join(known)}."


def _missing(arguments: Sequence[object], named: Mapping[str, object], required: Sequence[str]) -> str:
    missing = [name for name in required[len(arguments) :] if name not in named]
    if not missing:
        return ""
    are_missing = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    in_order = ", in this order" if len(required) > 1 else ""
    return f"takes {', '.join(required)}{in_order}: {are_missing}"


def _bodies(known: Sequence[str]) -> str:
    return " or ".join(f"{name}=..." for name in ("json", "content") if name in known)
