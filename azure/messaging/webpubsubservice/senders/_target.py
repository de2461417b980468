"""Whom a writer writes to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from azure.messaging.webpubsubservice import rest
from azure.messaging.webpubsubservice._flows import RetryRules

from ._arguments import replaces_retries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.core.rest import HttpRequest

__all__ = ["make_builder", "writer_options"]


def make_builder(
    hub: str, group: str | None, user_id: str | None, connection_id: str | None, **parameters: Any
) -> Callable[..., HttpRequest]:
    """Return the builder of a message's request, without its content.

    :raises TypeError: Not exactly one target is given, or it does not know a parameter.
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
    known = {name: value for name, value in parameters.items() if value is not None}
    build: Callable[..., HttpRequest] = partial(builder, hub, name, **known)
    build(content=b"", content_type="text/plain")  # an argument that is wrong is wrong now
    return build


def writer_options(client_options: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of each call: a message is sent again when its connection broke, too.

    It may arrive twice by that, and its number shows it; not sending it again could leave a hole.
    """
    if replaces_retries(client_options):
        return dict(options)
    methods = RetryRules.from_options(client_options).methods
    return {"retry_on_methods": sorted({*methods, "POST"}), **options}
