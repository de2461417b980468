"""Low-level server client for Azure Web PubSub."""

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
