"""The classes of :mod:`azure.messaging.webpubsubservice.senders`, with coroutines."""

from ._request_sender import AsyncRequestSender
from ._text_writer import AsyncTextWriter

__all__ = ["AsyncRequestSender", "AsyncTextWriter"]
