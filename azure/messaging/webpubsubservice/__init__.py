"""Low-level server client for Azure Web PubSub."""

from ._client import WebPubSubServiceClient
from ._version import VERSION

__all__ = ["VERSION", "WebPubSubServiceClient"]
