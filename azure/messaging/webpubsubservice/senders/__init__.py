"""Built on ``send_request``: send many requests at once, or pieces of text in order.

The clients' methods ``send_requests`` and ``open_writer`` return objects of these classes; the asynchronous
client those of :mod:`azure.messaging.webpubsubservice.aio.senders`.
"""

from ._destination import destination
from ._request_sender import RequestSender
from ._results import SendResult
from ._text_writer import TextWriter
from ._writer_error import WriterError
from ._writer_options import WriterOptions

__all__ = ["RequestSender", "SendResult", "TextWriter", "WriterError", "WriterOptions", "destination"]
