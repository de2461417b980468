"""Pieces of text that become messages, without I/O.

The writers of both clients use :class:`Pieces`: it receives the written text and the outcome of each message,
and returns the next message to send. Only one message is on its way at a time, which keeps the order.
"""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from azure.core.exceptions import HttpResponseError, ServiceRequestError

from azure.messaging.webpubsubservice._arguments import check_boolean

from ._writer_error import WriterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Message", "Numbering", "Pieces"]

Numbering = Literal["metadata", "envelope"]

LIMIT: Final = 1024 * 1024
"""The most bytes of a message that the service accepts."""
_LONGEST_ESCAPE: Final = 6
r"""The most bytes of a character: ``\u0000`` in JSON."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream."""

    content: bytes
    content_type: str
    headers: Mapping[str, str]
    chunks: tuple[_Chunk, ...] = ()


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A piece, or a part of a piece that is too long for a message."""

    text: str
    encoded: bytes
    ends_piece: bool


@dataclass(frozen=True, slots=True)
class _Failure:
    message: Message
    error: BaseException | None
    """``None`` if the message was cancelled."""


class Pieces:
    """The text that was written but not accepted yet, and the numbers of messages.

    :param numbering: Where the number of a message is put.
    :param stream_id: Distinguishes the stream from others to the same receivers; random by default.
    :param join: Whether waiting pieces may be joined in one message.
    :param mark_end: Whether the last message says that it is the last.
    :param buffer_size: The most bytes that may wait, in addition to those on their way.
    :raises TypeError: An argument is of the wrong type.
    :raises ValueError: An argument breaks a rule.
    """

    def __init__(
        self,
        numbering: Numbering = "metadata",
        stream_id: str | None = None,
        *,
        join: bool = True,
        mark_end: bool = True,
        buffer_size: int = 1024 * 1024,
    ) -> None:
        if numbering not in {"metadata", "envelope"}:
            raise ValueError(f"numbering={numbering!r}: must be 'metadata' or 'envelope'.")
        if stream_id is not None and not (
            isinstance(stream_id, str) and re.fullmatch("[!-~]{1,256}", stream_id)
        ):
            raise ValueError(
                f"stream_id={stream_id!r}: must be 1 to 256 characters of ASCII, without blanks."
            )
        if not isinstance(buffer_size, int) or buffer_size < 1:
            raise ValueError(f"buffer_size={buffer_size!r}: must be an int of at least 1, in bytes.")
        self.stream_id: str = stream_id or uuid4().hex
        self._encode_body = _in_metadata if numbering == "metadata" else _in_envelope
        self._is_json = numbering == "envelope"
        self._room_in_message = LIMIT - len(self._encode_body(b"", self.stream_id, 1 << 63, "broken").content)
        self._join = check_boolean("join", join)
        self._mark_end = check_boolean("mark_end", mark_end)
        self._buffer_size = buffer_size
        self._waiting: deque[_Chunk] = deque()
        self._waiting_bytes = 0
        self._on_its_way: Message | None = None
        self._failure: _Failure | None = None
        self._end: Literal["complete", "broken"] | None = None
        self._end_is_sent = False
        self._stopped = False
        self.pieces_accepted: int = 0
        self.messages_accepted: int = 0

    @property
    def has_room(self) -> bool:
        """Whether another piece may be added."""
        return self._waiting_bytes < self._buffer_size

    @property
    def failed(self) -> bool:
        """Whether a message failed, so that no more are sent."""
        return self._failure is not None

    @property
    def settled(self) -> bool:
        """Whether there is nothing to wait for: everything was accepted, or a message failed."""
        return self.failed or (self._on_its_way is None and not self.has_next)

    @property
    def ended(self) -> bool:
        """Whether nothing more will be written."""
        return self._end is not None or self.failed

    @property
    def has_next(self) -> bool:
        """Whether there is something to send, now or after the message on its way."""
        if self._stopped:
            return False
        return bool(self._waiting) or (self._end is not None and self._mark_end and not self._end_is_sent)

    @property
    def unaccepted(self) -> str:
        """The text that was written but that the service has not accepted yet."""
        message = self._on_its_way or (self._failure.message if self._failure else None)
        chunks = [*(message.chunks if message else ()), *self._waiting]
        return "".join(chunk.text for chunk in chunks)

    def check(self, text: object) -> None:
        """Raise if a piece cannot be written.

        :raises TypeError: It is not text.
        :raises ValueError: It is too long, or cannot be encoded; or the writer is closed.
        :raises WriterError: A message failed.
        """
        if not isinstance(text, str):
            raise TypeError(f"A writer takes str, not {type(text).__name__}.")
        self.raise_failure()
        if self._end is not None:
            raise ValueError("The writer is closed: open another one, or write inside its block.")
        if not self._join and len(self._encode(text)) > self._room_in_message:
            raise ValueError(
                f"The piece has {len(text):,} characters: more than a message takes (1 MiB). Write it in "
                "smaller pieces, or let the writer join and divide them (join=True)."
            )

    def add(self, text: str) -> None:
        """Add a checked piece. An empty one is ignored."""
        if not text:
            return
        encoded = self._encode(text)
        if len(encoded) <= self._room_in_message:
            self._append(_Chunk(text, encoded, True))
            return
        step = self._room_in_message // _LONGEST_ESCAPE
        for start in range(0, len(text), step):
            part = text[start : start + step]
            self._append(_Chunk(part, self._encode(part), start + step >= len(text)))

    def _append(self, chunk: _Chunk) -> None:
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk.encoded)

    def _encode(self, text: str) -> bytes:
        try:
            return json.dumps(text, ensure_ascii=False)[1:-1].encode() if self._is_json else text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"The piece cannot be encoded in UTF-8: {error.reason} at {error.start}."
            ) from None

    def end(self, how: Literal["complete", "broken"]) -> None:
        """End the stream; the last message says how."""
        if self._end is None:
            self._end = how

    def stop(self) -> None:
        """Send nothing more, not even text that was written."""
        self.end("broken")
        self._stopped = True

    def next_message(self) -> Message | None:
        """Return the message to send now, if there is one."""
        if self.failed or self._on_its_way is not None or not self.has_next:
            return None
        chunks: list[_Chunk] = []
        size = 0
        while self._waiting and (not chunks or self._join):
            chunk = self._waiting[0]
            size += len(chunk.encoded)
            if size > self._room_in_message:
                break
            chunks.append(self._waiting.popleft())
            self._waiting_bytes -= len(chunk.encoded)
        end = self._end if self._mark_end and not self._waiting else None
        self._end_is_sent = end is not None
        text = b"".join(chunk.encoded for chunk in chunks)
        message = self._encode_body(text, self.stream_id, self.messages_accepted + 1, end)
        self._on_its_way = replace(message, chunks=tuple(chunks))
        return self._on_its_way

    def accepted(self) -> None:
        """Note that the service accepted the message."""
        assert self._on_its_way is not None
        self.messages_accepted += 1
        self.pieces_accepted += sum(chunk.ends_piece for chunk in self._on_its_way.chunks)
        self._on_its_way = None

    def fail(self, error: BaseException | None) -> None:
        """Note that the message failed, or was cancelled."""
        assert self._on_its_way is not None
        self._failure = _Failure(self._on_its_way, error)
        self._on_its_way = None

    def raise_failure(self) -> None:
        """Raise if a message failed.

        :raises WriterError: A message failed.
        """
        if self._failure is None:
            return
        error = self._failure.error
        may_have_arrived = _may_have_arrived(error)
        text = (
            f"The service accepted {_count(self.pieces_accepted, 'piece')} in "
            f"{_count(self.messages_accepted, 'message')}. The next message "
            f"{'may have arrived' if may_have_arrived else 'did not arrive'}: "
            f"{'it was cancelled' if error is None else error}"
        )
        raise WriterError(
            text,
            pieces_accepted=self.pieces_accepted,
            messages_accepted=self.messages_accepted,
            unaccepted=self.unaccepted,
            may_have_arrived=may_have_arrived,
        ) from error


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _may_have_arrived(error: BaseException | None) -> bool:
    if isinstance(error, HttpResponseError):
        return error.status_code is None or error.status_code == 303 or error.status_code >= 500
    return not isinstance(error, (ServiceRequestError, TypeError, ValueError))


def _in_metadata(text: bytes, stream_id: str, number: int, end: str | None) -> Message:
    headers = {
        "X-WebPubSub-Metadata-Stream-Id": stream_id,
        "X-WebPubSub-Metadata-Stream-Sequence-Id": str(number),
    }
    if end is not None:
        headers["X-WebPubSub-Metadata-End-Of-Stream"] = end
    return Message(text, "text/plain", headers)


def _in_envelope(text: bytes, stream_id: str, number: int, end: str | None) -> Message:
    fields: dict[str, Any] = {"streamId": stream_id, "streamSequenceId": number}
    if end is not None:
        fields["endOfStream"] = end
    head = json.dumps(fields, separators=(",", ":")).encode()
    # The text is already in the form of a JSON string.
    return Message(head[:-1] + b',"text":"' + text + b'"}', "application/json", {})
