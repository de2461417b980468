"""The policies without I/O, which serve both clients. One file holds one policy."""

from ._hooks import HookPolicy
from ._identity_headers import IdentityHeadersPolicy
from ._signing import SigningPolicy
from ._telemetry import TelemetryPolicy

__all__ = ["HookPolicy", "IdentityHeadersPolicy", "SigningPolicy", "TelemetryPolicy"]
