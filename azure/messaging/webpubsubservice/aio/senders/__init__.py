"""The classes of :mod:`azure.messaging.webpubsubservice.senders`, with coroutines."""

from azure.messaging.webpubsubservice.senders import SendResult, WriterError, destination

from ._request_sender import RequestSender
from ._text_writer import TextWriter

__all__ = ["RequestSender", "SendResult", "TextWriter", "WriterError", "destination"]
