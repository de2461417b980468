"""Errors for the wrong one of ``with`` and ``async with``, where Python would only name a protocol."""

from typing import TYPE_CHECKING, NoReturn

__all__ = ["ForAsyncWith", "ForWith"]


class ForWith:
    """The base of what belongs to the synchronous client."""

    __slots__ = ()

    if not TYPE_CHECKING:  # which would let `async with` pass

        def __aenter__(self) -> NoReturn:
            raise TypeError(f"Use 'with': this {type(self).__name__} is a synchronous one.")

        def __aexit__(self, *_: object) -> None:
            """Do nothing. Without this method, Python would not get as far as :meth:`__aenter__`."""


class ForAsyncWith:
    """The base of what belongs to the asynchronous client."""

    __slots__ = ()

    if not TYPE_CHECKING:  # which would let `with` pass

        def __enter__(self) -> NoReturn:
            raise TypeError(f"Use 'async with': this {type(self).__name__} is an asynchronous one.")

        def __exit__(self, *_: object) -> None:
            """Do nothing. Without this method, Python would not get as far as :meth:`__enter__`."""
