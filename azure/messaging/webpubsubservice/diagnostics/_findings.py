"""The parts of a diagnosis."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.core.rest import AsyncHttpResponse, HttpResponse

__all__ = ["Diagnosis", "Exchange", "Finding"]


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    :ivar check: The thing that was checked: ``endpoint``, ``clock``, ``credential``, ``proxy`` or ``hub``.
    :ivar outcome: ``ok``; ``warning`` if it works but may surprise you; ``wrong`` if it must be corrected;
        ``unknown`` if it could not be checked.
    :ivar summary: The observation, in a sentence.
    :ivar advice: What to do about it; empty if there is nothing to do.
    """

    check: Literal["endpoint", "clock", "credential", "proxy", "hub"]
    outcome: Literal["ok", "warning", "wrong", "unknown"]
    summary: str
    advice: str = ""

    def __str__(self) -> str:
        text = f"{self.outcome:<9}{self.check:<12}{self.summary}"
        return f"{text}\n{'':<21}{self.advice}" if self.advice else text


@dataclass(frozen=True)
class Diagnosis:
    """The findings of the checks. You can ``print`` it, or read its fields.

    :ivar endpoint: The client's endpoint.
    :ivar findings: One for each check. The order is that in which one problem can hide the next.
    :ivar clock_offset: How many seconds the service's clock is ahead of this machine's; negative if it is
        behind, ``None`` if no response has a time. Exact to about a second.
    """

    endpoint: str
    findings: tuple[Finding, ...]
    clock_offset: float | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. Warnings and unknown outcomes do not count."""
        return self.fault is None

    @property
    def fault(self) -> Finding | None:
        """The first finding that must be corrected, if any. Others may be a consequence of it."""
        return next((finding for finding in self.findings if finding.outcome == "wrong"), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnosis as values that JSON can represent."""
        return {
            "endpoint": self.endpoint,
            "ok": self.ok,
            "clockOffset": self.clock_offset,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


@dataclass(frozen=True)
class Exchange:
    """The outcome of a request: a response or an error.

    :ivar sent: When the request was sent, in seconds since the Unix epoch.
    :ivar received: When the outcome was known.
    """

    sent: float
    received: float
    response: HttpResponse | AsyncHttpResponse | None = None
    error: AzureError | None = None
