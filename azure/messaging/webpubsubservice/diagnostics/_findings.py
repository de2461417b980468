"""What a diagnosis is made of."""

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

    :ivar check: What was checked: ``endpoint``, ``clock``, ``credential``, ``proxy`` or ``hub``.
    :ivar outcome: ``ok``; ``warning`` for what works but surprises; ``wrong`` for what has to be put right;
        ``unknown`` for what could not be checked.
    :ivar summary: What was seen, in a sentence.
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
    """What the checks found. ``print`` it, or read it field by field.

    :ivar endpoint: The client's endpoint.
    :ivar findings: One for each check, in the order in which one problem can hide the next.
    :ivar clock_offset: Seconds that the service's clock is ahead of this machine's; negative if it is behind;
        ``None`` if no response told the time. Exact to about a second.
    """

    endpoint: str
    findings: tuple[Finding, ...]
    clock_offset: float | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. Warnings, and what could not be checked, do not count."""
        return self.fault is None

    @property
    def fault(self) -> Finding | None:
        """The first finding that has to be put right: others may only follow from it."""
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
    """A request's outcome: a response, or the error in its place.

    :ivar sent: When the request was sent, in seconds since the Unix epoch.
    :ivar received: When the outcome was known.
    """

    sent: float
    received: float
    response: HttpResponse | AsyncHttpResponse | None = None
    error: AzureError | None = None
