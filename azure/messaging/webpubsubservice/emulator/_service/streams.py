"""The streams that one client publishes to groups: numbered messages, each published once and in order.

A message that is sent again after a recovery is acknowledged again but not published again. This includes
streams that have ended, because the last acknowledgement may have been lost with the socket.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Protocol

from azure.messaging.webpubsubservice.emulator._clock import Clock, Timer
from azure.messaging.webpubsubservice.emulator._protocol.messages import (
    ControlMessage,
    ErrorInfo,
    Payload,
    PayloadType,
    StreamAck,
    StreamClosed,
    StreamData,
    StreamEnd,
    StreamError,
    StreamInfo,
    StreamNack,
    StreamStart,
)

DEFAULT_IDLE_TIMEOUT_MS: Final = 300_000

#: The most ended streams that are remembered for each connection.
MAX_REMEMBERED: Final = 100

#: The end of a stream has no data. Published clients for Python still need a type.
_NOTHING: Final = Payload(PayloadType.TEXT, b"")


class Publisher(Protocol):
    """What streams need from the client that publishes them."""

    def send_control(self, message: ControlMessage) -> None:
        """Send a message to the client."""
        ...

    def may_publish(self, group: str) -> bool:
        """Return whether the client may send to a group."""
        ...

    def publish_stream(self, group: str, payload: Payload, stream: StreamInfo, *, no_echo: bool) -> None:
        """Publish a message of a stream."""
        ...


@dataclass(slots=True, eq=False)
class _Stream:
    group: str
    no_echo: bool
    idle_timeout: float
    #: The time of the client's last sign of life, on the emulator's clock.
    heard_at: float
    expected: int = 1
    timer: Timer | None = None


@dataclass(frozen=True, slots=True)
class _Ended:
    expected: int
    error: ErrorInfo | None


class Streams:
    """The streams of one client."""

    def __init__(self, publisher: Publisher, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock
        self._open: dict[str, _Stream] = {}
        self._ended: OrderedDict[str, _Ended] = OrderedDict()

    def start(self, message: StreamStart) -> ErrorInfo | None:
        """Open a stream, or return the error to send to the client."""
        error = self._refusal(message)
        if error is not None:
            self._publisher.send_control(StreamClosed(message.stream_id, error))
            return error
        idle_timeout = (message.idle_timeout_ms or DEFAULT_IDLE_TIMEOUT_MS) / 1000
        stream = _Stream(message.group, message.no_echo, idle_timeout, self._clock.now())
        self._open[message.stream_id] = stream
        self._ended.pop(message.stream_id, None)
        self._watch(message.stream_id, stream)
        self._publisher.send_control(StreamAck(message.stream_id, stream.expected))
        return None

    def data(self, message: StreamData) -> None:
        """Publish the next message of a stream, or note that the stream is alive."""
        stream = self._open.get(message.stream_id)
        if stream is None:
            self._answer_ended(message)
            return
        stream.heard_at = self._clock.now()
        if message.sequence_id is None or message.payload is None:
            return
        if not self._publisher.may_publish(stream.group):
            self._close(message.stream_id, _forbidden(stream.group))
        elif message.sequence_id > stream.expected:
            error = ErrorInfo("InvalidSequenceId", f"Expected {stream.expected}, got {message.sequence_id}.")
            self._publisher.send_control(StreamNack(message.stream_id, stream.expected, error))
        else:
            if message.sequence_id == stream.expected:
                stream.expected += 1
                info = StreamInfo(message.stream_id, message.sequence_id)
                self._publisher.publish_stream(stream.group, message.payload, info, no_echo=stream.no_echo)
            self._publisher.send_control(StreamAck(message.stream_id, stream.expected))

    def end(self, message: StreamEnd) -> None:
        """End a stream at its client's request."""
        if message.stream_id in self._open:
            self._finish(message.stream_id, message.error, None)
        else:
            ended = self._ended.get(message.stream_id)
            error = _not_found(message.stream_id) if ended is None else ended.error
            self._publisher.send_control(StreamClosed(message.stream_id, error))

    def cancel(self) -> None:
        """End every stream, because the client is gone for good."""
        for stream_id in tuple(self._open):
            self._close(stream_id, ErrorInfo("Cancelled", "The publisher's connection has ended."))

    def _refusal(self, message: StreamStart) -> ErrorInfo | None:
        if message.problem:
            return ErrorInfo("BadRequest", message.problem)
        if message.stream_id in self._open:
            return ErrorInfo("BadRequest", f"The stream '{message.stream_id}' is open already.")
        if not self._publisher.may_publish(message.group):
            return _forbidden(message.group)
        return None

    def _answer_ended(self, message: StreamData) -> None:
        ended = self._ended.get(message.stream_id)
        answer: ControlMessage
        if ended is not None and message.sequence_id is not None and message.sequence_id < ended.expected:
            answer = StreamAck(message.stream_id, ended.expected)
        else:
            answer = StreamClosed(message.stream_id, _not_found(message.stream_id))
        self._publisher.send_control(answer)

    def _close(self, stream_id: str, error: ErrorInfo) -> None:
        """End a stream on behalf of the service."""
        self._finish(stream_id, StreamError(error.name, error.message), error)

    def _finish(self, stream_id: str, shared: StreamError | None, error: ErrorInfo | None) -> None:
        """End a stream.

        :param shared: The error to send to subscribers.
        :param error: The error to send to the publisher.
        """
        stream = self._open.pop(stream_id)
        if stream.timer is not None:
            stream.timer.cancel()
        self._ended[stream_id] = _Ended(stream.expected, error)
        if len(self._ended) > MAX_REMEMBERED:
            self._ended.popitem(last=False)
        info = StreamInfo(stream_id, stream.expected, end_of_stream=True, error=shared)
        self._publisher.publish_stream(stream.group, _NOTHING, info, no_echo=stream.no_echo)
        self._publisher.send_control(StreamClosed(stream_id, error))

    def _watch(self, stream_id: str, stream: _Stream) -> None:
        """End the stream once it has been silent for too long."""
        left = stream.heard_at + stream.idle_timeout - self._clock.now()
        stream.timer = self._clock.call_later(left, lambda: self._check_silence(stream_id, stream))

    def _check_silence(self, stream_id: str, stream: _Stream) -> None:
        # One timer for each stream, which is set again when it fires. A timer for each message would pile up.
        if self._clock.now() < stream.heard_at + stream.idle_timeout:
            self._watch(stream_id, stream)
        else:
            self._close(stream_id, ErrorInfo("IdleTimeout", "The stream was silent for too long."))


def _forbidden(group: str) -> ErrorInfo:
    return ErrorInfo("Forbidden", f"The client does not have permission to send to group '{group}'.")


def _not_found(stream_id: str) -> ErrorInfo:
    return ErrorInfo("StreamNotFound", f"There is no stream '{stream_id}'.")
