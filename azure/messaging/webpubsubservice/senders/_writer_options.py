"""The keyword options of a writer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from azure.messaging.webpubsubservice import rest
from azure.messaging.webpubsubservice._flows import RetryRules
from azure.messaging.webpubsubservice._options import RequestOptions

from ._arguments import replaces_retries
from ._pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from azure.core.rest import HttpRequest

__all__ = ["NAMES", "WriterOptions", "make_builder", "make_pieces", "repeat_sends", "request_options"]


class WriterOptions(RequestOptions, total=False):
    """Keyword options of ``open_writer``, in addition to those of ``send_request``."""

    numbering: Literal["metadata", "envelope"]
    """Where the number of a message is put. With ``metadata``, the default, the text is sent unchanged, and
    the number is in metadata, which clients with a JSON or protobuf subprotocol receive. With ``envelope``,
    both are in a JSON object, for any client.
    """
    join: bool
    """Whether waiting pieces are joined in the next message. Default true."""
    stream_id: str
    """Distinguishes the stream from others to the same receivers: 1 to 256 characters of ASCII, without
    blanks. Random by default.
    """
    mark_end: bool
    """Whether the last message says that it is the last, and is sent even if it is empty. Default true."""
    buffer_size: int
    """How many bytes may wait before ``write`` blocks. Default 1 MiB."""
    excluded: Sequence[str]
    """Connections of the group that do not get the messages."""
    filter: str
    """An OData filter for the connections of the group or user."""
    message_ttl_seconds: int
    """Seconds, up to 300, that a message may wait for a client that is slow or reconnecting. By default, and
    with 0, a message does not expire.
    """
    api_version: str
    """The ``api-version`` of the requests."""


_OF_PIECES: Final = ("numbering", "join", "stream_id", "mark_end", "buffer_size")
_OF_BUILDERS: Final = ("excluded", "filter", "message_ttl_seconds", "api_version")


def make_pieces(options: Mapping[str, Any]) -> Pieces:
    """Return an empty stream.

    :raises TypeError: An option is of the wrong type.
    :raises ValueError: An option breaks a rule.
    """
    return Pieces(**_some(options, _OF_PIECES))


def make_builder(
    hub: str, group: str | None, user_id: str | None, connection_id: str | None, options: Mapping[str, Any]
) -> Callable[..., HttpRequest]:
    """Return a function that builds the request for a message from its content.

    :raises TypeError: Not exactly one target is given, or it does not have a parameter.
    :raises ValueError: An argument breaks a rule of the builder.
    """
    targets: list[tuple[Callable[..., HttpRequest], str | None]] = [
        (rest.build_send_to_group_request, group),
        (rest.build_send_to_user_request, user_id),
        (rest.build_send_to_connection_request, connection_id),
    ]
    given = [(builder, name) for builder, name in targets if name is not None]
    if len(given) != 1:
        raise TypeError("open_writer takes exactly one of group, user_id and connection_id.")
    builder, name = given[0]
    build: Callable[..., HttpRequest] = partial(builder, hub, name, **_some(options, _OF_BUILDERS))
    build(content=b"", content_type="text/plain")  # refuses a wrong argument now
    return build


NAMES: Final = (*_OF_PIECES, *_OF_BUILDERS, "group", "user_id", "connection_id")
"""The keyword arguments that are only for ``open_writer``."""


def request_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options for ``send_request``."""
    return {name: value for name, value in options.items() if name not in {*_OF_PIECES, *_OF_BUILDERS}}


def repeat_sends(client_options: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the options of each call, with retries for broken connections.

    A message may then arrive twice, which its number shows; without the retry, one could be missing.
    """
    if replaces_retries(client_options):
        return options
    methods = RetryRules.from_options(client_options).methods
    return {"retry_on_methods": sorted({*methods, "POST"}), **options}


def _some(options: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: options[name] for name in names if options.get(name) is not None}
