"""What a flow can ask its driver to do.

Steps, rules and settings are named tuples: to define a frozen dataclass takes seven times as long, 0.3 ms
each, which a program would wait for when it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from azure.core.pipeline import PipelineRequest

__all__ = ["SEND", "Close", "Flow", "FlowFunction", "GetToken", "Send", "Sleep", "Step", "send_once"]


class Send:
    """Pass the request on. The outcome is the ``PipelineResponse``."""


SEND: Final = Send()


class Sleep(NamedTuple):
    """Wait."""

    seconds: float


class Close(NamedTuple):
    """Close a response whose body nobody will read."""

    response: Any


class TokenSource(Protocol):
    """Gets tokens from a credential, and keeps the last one."""

    def valid_token(self) -> Any: ...

    def request_token(self, claims: str | None) -> Any: ...

    def keep(self, token: Any) -> Any: ...


class GetToken(NamedTuple):
    """Get a Microsoft Entra token. The outcome is an ``AccessToken`` or an ``AccessTokenInfo``.

    :ivar source: Has the credential, and the token of the last time.
    :ivar claims: What a challenge asks for; ``None`` if any valid token will do.
    """

    source: TokenSource
    claims: str | None = None


Step: TypeAlias = Send | Sleep | Close | GetToken
Flow: TypeAlias = Generator[Step, Any, Any]
"""It returns the ``PipelineResponse`` of the last :class:`Send`."""

FlowFunction: TypeAlias = Callable[[PipelineRequest[Any]], Flow]
"""Start the flow of one request."""


def send_once(_: PipelineRequest[Any]) -> Flow:
    """Send a request, and return its response whatever it is."""
    return (yield SEND)
