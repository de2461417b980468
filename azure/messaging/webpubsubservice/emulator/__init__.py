"""A local Azure Web PubSub: HTTP data plane and client WebSockets in one process, without a network.

>>> from azure.messaging.webpubsubservice.emulator import Emulator
>>> with Emulator() as emulator:
...     emulator.connection_string
'Endpoint=http://127.0.0.1:...;AccessKey=...;Version=1.0;'
"""

try:
    from ._emulator import AsyncEmulator, Emulator
except ModuleNotFoundError as _error:
    if _error.name != "aiohttp":
        raise
    # Not a command that installs the extra: the package index has another package of this name.
    raise ModuleNotFoundError(
        f"{__name__} needs aiohttp. Install this package with its extra [emulator], or run: "
        "python -m pip install aiohttp",
        name="aiohttp",
    ) from None
from ._clock import Clock
from ._events.handlers import AnyHandler, EventHandler, EventHandlers
from ._faults import Fault, Faults
from ._protocol.messages import Payload, PayloadType, SendEvent
from ._service.event_sink import (
    ConnectRejectedError,
    ConnectReply,
    ConnectRequest,
    EventFailedError,
    EventReply,
    EventSink,
    NoEventHandlers,
    PresenceSink,
)
from ._service.settings import DEVELOPMENT_KEY, EmulatorOptions, ReconfigurableOptions
from ._service.values import (
    ClientInfo,
    ConnectionInfo,
    Delivery,
    EventAttempt,
    EventRecord,
    RequestRecord,
)

__all__ = [
    "DEVELOPMENT_KEY",
    "AnyHandler",
    "AsyncEmulator",
    "ClientInfo",
    "Clock",
    "ConnectRejectedError",
    "ConnectReply",
    "ConnectRequest",
    "ConnectionInfo",
    "Delivery",
    "Emulator",
    "EmulatorOptions",
    "EventAttempt",
    "EventFailedError",
    "EventHandler",
    "EventHandlers",
    "EventRecord",
    "EventReply",
    "EventSink",
    "Fault",
    "Faults",
    "NoEventHandlers",
    "Payload",
    "PayloadType",
    "PresenceSink",
    "ReconfigurableOptions",
    "RequestRecord",
    "SendEvent",
]
