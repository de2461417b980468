"""The policies without I/O, which serve both clients. One file holds one policy."""

from ._hooks import HookPolicy
from ._identity_headers import IdentityHeadersPolicy
from ._own_authentication import AfterAuthentication, BeforeAuthentication
from ._signing import SigningPolicy
from ._telemetry import TelemetryPolicy

__all__ = [
    "AfterAuthentication",
    "BeforeAuthentication",
    "HookPolicy",
    "IdentityHeadersPolicy",
    "SigningPolicy",
    "TelemetryPolicy",
]
