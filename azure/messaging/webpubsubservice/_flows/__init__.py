"""Retry, redirect and Microsoft Entra: decisions that need I/O, each written once for both clients.

A flow is a generator. It does no I/O itself: it yields what it wants done (:class:`Send`, :class:`Sleep`,
:class:`Close` or :class:`GetToken`), and is sent the outcome; an error is thrown into it at the ``yield``. So
a flow reads like a plain function, and a test can drive it by hand. Two drivers do the I/O:
:class:`FlowPolicy` waits by blocking and ``aio._flows.AsyncFlowPolicy`` by awaiting.
"""

from ._entra import EntraFlow
from ._policy import Driven, FlowPolicy
from ._redirect import CREDENTIAL_HEADERS, RedirectFlow
from ._retry import RetryFlow, RetryRules
from ._steps import SEND, Close, Flow, GetToken, Sleep, Step, send_once

__all__ = [
    "CREDENTIAL_HEADERS",
    "SEND",
    "Close",
    "Driven",
    "EntraFlow",
    "Flow",
    "FlowPolicy",
    "GetToken",
    "RedirectFlow",
    "RetryFlow",
    "RetryRules",
    "Sleep",
    "Step",
    "send_once",
]
