"""The asynchronous client. It needs the extra ``aio``, which is aiohttp."""

from ._client import WebPubSubServiceClient

__all__ = ["WebPubSubServiceClient"]
