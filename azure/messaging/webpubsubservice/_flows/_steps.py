"""What a flow can ask its driver to do."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from azure.core.pipeline import PipelineRequest

if TYPE_CHECKING:
    from ._entra import EntraFlow

__all__ = ["SEND", "Close", "Flow", "FlowFunction", "GetToken", "Send", "Sleep", "Step"]


@dataclass(frozen=True)
class Send:
    """Pass the request on. The outcome is the ``PipelineResponse``."""


SEND: Final = Send()


@dataclass(frozen=True)
class Sleep:
    """Wait."""

    seconds: float


@dataclass(frozen=True)
class Close:
    """Close a response whose body nobody will read."""

    response: Any


@dataclass(frozen=True)
class GetToken:
    """Get a Microsoft Entra token. The outcome is an ``AccessToken`` or an ``AccessTokenInfo``.

    :ivar flow: Holds the credential, and the token of the last time.
    :ivar claims: What a challenge asks for; ``None`` if any valid token will do.
    """

    flow: EntraFlow
    claims: str | None = None


Step: TypeAlias = Send | Sleep | Close | GetToken
Flow: TypeAlias = Generator[Step, Any, Any]
"""It returns the ``PipelineResponse`` of the last :class:`Send`."""

FlowFunction: TypeAlias = Callable[[PipelineRequest[Any]], Flow]
"""Start the flow of one request."""
