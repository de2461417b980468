"""The effects of each kind of message from a client."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from azure.messaging.webpubsubservice.emulator._protocol.messages import (
    Ack,
    CancelInvocation,
    DataMessage,
    ErrorInfo,
    Frame,
    Invoke,
    InvokeResponse,
    JoinGroup,
    LeaveGroup,
    Payload,
    Ping,
    Pong,
    ProtocolError,
    SendEvent,
    SendToGroup,
    SequenceAck,
    StreamData,
    StreamEnd,
    StreamStart,
    Unsupported,
    UpstreamMessage,
)

from .event_sink import EventFailedError, EventReply, is_reply
from .lifecycle import Phase
from .permissions import Permission
from .session import RawTarget, Session
from .state import select

_log = logging.getLogger(__name__)


async def receive(session: Session, frame: Frame) -> None:
    """Act on one frame. Frames after the session's end are ignored.

    Only events queue, so a slow event handler does not delay pongs and get its client cut off.
    """
    if session.phase is Phase.ENDED:
        return
    session.host.observers.on_frame(session.connection.client, frame)
    try:
        message = session.codec.decode(frame)
    except ProtocolError as error:
        session.misbehave(error.close_code, error.reason)
        return
    if isinstance(message, SendEvent) and session.raw_target is not None:
        _publish_raw(session, message.payload, session.raw_target)
    elif isinstance(message, SendEvent | Invoke):
        await session.unhandled_events.acquire()
        turn = session.host.handle_in_turn(
            session.connection.connection_id, lambda: _handle(session, message)
        )
        session.turns.append(turn)
        turn.add_done_callback(session.turns.remove)
        turn.add_done_callback(lambda _: session.unhandled_events.release())
    else:
        _dispatch(session, message)


# --- messages that take effect at once ---


def _dispatch(session: Session, message: UpstreamMessage) -> None:
    ack_id: int | None = getattr(message, "ack_id", None)
    if not _repeated(session, ack_id):
        session.acknowledge(ack_id, _ACTIONS[type(message)](session, message))


def _join(session: Session, message: JoinGroup) -> ErrorInfo | None:
    if not session.connection.permissions.allows(Permission.JOIN_LEAVE_GROUP, message.group):
        return _forbidden("join", message.group)
    session.hub.join(session.connection, message.group)
    return None


def _leave(session: Session, message: LeaveGroup) -> ErrorInfo | None:
    if not session.connection.permissions.allows(Permission.JOIN_LEAVE_GROUP, message.group):
        return _forbidden("leave", message.group)
    session.hub.leave(session.connection, message.group)
    return None


def _send_to_group(session: Session, message: SendToGroup) -> ErrorInfo | None:
    connection = session.connection
    if not connection.permissions.allows(Permission.SEND_TO_GROUP, message.group):
        return _forbidden("send to", message.group)
    data = DataMessage(message.payload, message.group, connection.user_id, message.metadata)
    excluded = {connection.connection_id} if message.no_echo else set[str]()
    targets = select(session.hub.of_group(message.group), excluded=excluded)
    session.host.publish(session.hub, targets, data, message.ttl_seconds)
    return None


def _publish_raw(session: Session, payload: Payload, target: RawTarget) -> None:
    group, no_echo = target
    if _send_to_group(session, SendToGroup(group, payload, no_echo=no_echo)) is not None:
        session.misbehave(1008, "The connection is not authorized for raw sendToGroup mode.")


def _cancel_invocation(session: Session, message: CancelInvocation) -> None:
    """Do nothing: event handlers have no way to be notified, and the client ignores a late answer."""


def _sequence_ack(session: Session, message: SequenceAck) -> None:
    session.acknowledge_sequence(message.sequence_id)


def _ping(session: Session, message: Ping) -> None:  # noqa: ARG001 - the signature of every action
    session.send_control(Pong())


def _start_stream(session: Session, message: StreamStart) -> ErrorInfo | None:
    return session.streams.start(message)


def _stream_data(session: Session, message: StreamData) -> None:
    session.streams.data(message)


def _end_stream(session: Session, message: StreamEnd) -> None:
    session.streams.end(message)


def _unsupported(session: Session, message: Unsupported) -> ErrorInfo:  # noqa: ARG001 - as every action
    return ErrorInfo("BadRequest", f"The emulator does not support {message.type!r}.")


_ACTIONS: Mapping[type[UpstreamMessage], Callable[[Session, Any], ErrorInfo | None]] = {
    JoinGroup: _join,
    LeaveGroup: _leave,
    SendToGroup: _send_to_group,
    CancelInvocation: _cancel_invocation,
    SequenceAck: _sequence_ack,
    Ping: _ping,
    StreamStart: _start_stream,
    StreamData: _stream_data,
    StreamEnd: _end_stream,
    Unsupported: _unsupported,
}


# --- messages that wait for the event handler ---


async def _handle(session: Session, message: SendEvent | Invoke) -> None:
    if isinstance(message, Invoke):
        await _invoke(session, message)
    else:
        await _handle_event(session, message)


async def _handle_event(session: Session, message: SendEvent) -> None:
    if _repeated(session, message.ack_id):
        return
    error = await _event(session, message)
    session.acknowledge(message.ack_id, error)
    if error is not None and session.codec.subprotocol is None:
        session.misbehave(1011, error.message)  # a simple client cannot learn of it otherwise


async def _event(session: Session, message: SendEvent) -> ErrorInfo | None:
    try:
        reply = await _reply_to(session, message)
    except EventFailedError:
        return ErrorInfo("InternalServerError", "Internal server error")
    if reply is not None and session.phase is not Phase.ENDED:
        data = DataMessage(reply.payload, metadata=reply.metadata)
        session.host.publish(session.hub, [session.connection], data)
    return None


async def _invoke(session: Session, message: Invoke) -> None:
    try:
        reply = await _reply_to(session, SendEvent(message.event, message.payload))
    except EventFailedError:
        error = ErrorInfo("InternalServerError", "Internal server error")
        session.send_control(InvokeResponse(message.invocation_id, error=error))
    else:
        session.send_control(InvokeResponse(message.invocation_id, reply.payload if reply else None))


async def _reply_to(session: Session, event: SendEvent) -> EventReply | None:
    """Return the event handler's reply. Any failure is logged, and raised as one type of exception."""
    client = session.connection.client
    try:
        reply = await session.host.sink.user_event(client, event)
    except EventFailedError as error:
        if not error.logged:
            _log.warning("Event %r of %s failed: %s", event.event, client.connection_id, error)
        raise
    except Exception as error:
        _log.exception("Event %r of %s failed", event.event, client.connection_id)
        raise EventFailedError("the event handler raised an exception") from error
    if reply is not None and not is_reply(reply):
        problem = f"the event handler returned {type(reply).__name__}, not a Payload with a type and bytes"
        _log.error("Event %r of %s failed: %s", event.event, client.connection_id, problem)
        raise EventFailedError(problem, logged=True)
    return EventReply(reply) if isinstance(reply, Payload) else reply


def _repeated(session: Session, ack_id: int | None) -> bool:
    """Return whether the message has already taken effect; if so, acknowledge it as a duplicate."""
    if ack_id is None or ack_id not in session.acks:
        return False
    error = ErrorInfo("Duplicate", f"Message with ack-id: {ack_id} has been processed")
    session.send_control(Ack(ack_id, error))
    return True


def _forbidden(action: str, group: str) -> ErrorInfo:
    return ErrorInfo("Forbidden", f"The client does not have permission to {action} group '{group}'.")
