"""The asynchronous client. It needs the extra ``aio``, which is aiohttp."""

try:
    from ._client import WebPubSubServiceClient
except ModuleNotFoundError as _error:
    if _error.name != "aiohttp":
        raise
    _text = 'the asynchronous client needs aiohttp: pip install "azure-messaging-webpubsubservice[aio]"'
    raise ModuleNotFoundError(_text, name="aiohttp") from None

__all__ = ["WebPubSubServiceClient"]
