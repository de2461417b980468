"""What is said of a call with an argument that a function does not have.

Python 3.13 suggests a similar name by itself; older versions only say that there is none of this name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["describe_inherited", "did_you_mean", "explain_calls", "explaining"]

_Callable = TypeVar("_Callable", bound=Callable[..., Any])
_Explanation: TypeAlias = Callable[[tuple[Any, ...], Mapping[str, Any]], str]
"""Returns what to say of a call that a function does not take, from its arguments; nothing for most."""


def explain_calls(target: _Callable, explanation: _Explanation | None = None) -> _Callable:
    """Explain a misspelt argument, and one that is passed by position and needs its name.

    :param target: A function, or a class, for the calls that make its instances.
    :param explanation: What else to explain, and first.
    """
    explained: Any = target
    if inspect.isclass(explained):
        explained.__init__ = _explained(explained.__init__, explained.__name__, explanation)  # type: ignore[method-assign]
    else:
        explained = _explained(explained, explained.__name__, explanation)
    return cast("_Callable", explained)


def explaining(explanation: _Explanation) -> Callable[[_Callable], _Callable]:
    """Explain calls as :func:`explain_calls` does, and first what is particular to this function."""
    return lambda target: explain_calls(target, explanation)


def _explained(
    function: Callable[..., Any], name: str, explanation: _Explanation | None
) -> Callable[..., Any]:
    def problem(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> str:
        particular = explanation(arguments, named) if explanation else ""
        return particular or _problem(function, name, arguments, named)

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except TypeError as error:
            text = problem(arguments, named) or _renamed(str(error), function.__qualname__, name)
            if not text:
                raise
        raise TypeError(text)

    @wraps(function)
    async def call_later(*arguments: Any, **named: Any) -> Any:
        if text := problem(arguments, named):
            raise TypeError(text)
        return await function(*arguments, **named)

    return call_later if inspect.iscoroutinefunction(function) else call


def _renamed(text: str, qualified: str, name: str) -> str:
    """Return Python's words about a call under the name that callers know; nothing if they are not that."""
    return f"{name}{text.removeprefix(qualified)}" if text.startswith(f"{qualified}()") else ""


def _problem(
    function: Callable[..., object], name: str, arguments: Sequence[object], named: Mapping[str, object]
) -> str:
    """Return what to say of a name that is no argument's, or of too many arguments by position; if any."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    by_name = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    takes_options = code.co_flags & inspect.CO_VARKEYWORDS
    known = (*positional, *by_name)
    unknown = next((each for each in named if each not in known), None)
    if unknown is not None and not takes_options:
        hint = did_you_mean(unknown, known) or f" It takes {', '.join(_callers(known))}."
        return f"{name}() got an unexpected keyword argument {unknown!r}.{hint}"
    if len(arguments) <= len(positional) or code.co_flags & inspect.CO_VARARGS:
        return ""
    needing = f"; these need their names: {', '.join(by_name)}" if by_name else ""
    if takes_options:
        needing = f"{needing} and options" if by_name else "; options need their names"
    return f"{name}() takes {', '.join(_callers(positional)) or 'nothing'} by position{needing}"


def _callers(names: Iterable[str]) -> list[str]:
    """Return the names of what a caller passes."""
    return [name for name in names if name not in ("self", "cls")]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that names what is meant, if something is similar; it begins with a blank."""
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes only

    names = sorted(_callers(known))
    near = get_close_matches(name, names, 1) or [each for each in names if len(name) > 2 and name in each]
    return f" Did you mean {near[0]}?" if near else ""


def describe_inherited(options: type, base: type) -> None:
    """Add what a base says of its keys to a ``TypedDict``, because ``help`` shows a class's own text only."""
    if options.__doc__ and base.__doc__:  # -OO leaves them out
        described = base.__doc__.partition("\n\n")[2]
        options.__doc__ = f"{options.__doc__.rstrip()}\n\n{described}"
