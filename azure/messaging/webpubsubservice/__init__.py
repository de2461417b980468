"""Low-level server client for Azure Web PubSub."""

import typing as _typing

from azure.messaging import _webpubsubservice_start as _start

if _start.is_starting():
    _start.end_at_interrupts()  # until the program is imported and takes over

from ._client import WebPubSubServiceClient
from ._client_tokens import ClientAccessToken
from ._filter import odata_filter
from ._options import ClientOptions, RequestOptions
from ._version import VERSION

__all__ = [
    "VERSION",
    "ClientAccessToken",
    "ClientOptions",
    "RequestOptions",
    "WebPubSubServiceClient",
    "odata_filter",
]

if not _typing.TYPE_CHECKING:  # which would take any name for one of this module

    def __getattr__(name: str) -> object:
        from . import _migration  # noqa: PLC0415 (for names that are not here)

        if name == "build_authentication_token":
            return _migration.build_authentication_token
        raise _migration.missing_name(__name__, name)
