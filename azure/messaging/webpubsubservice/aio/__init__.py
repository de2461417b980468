"""The asynchronous client. It needs the extra ``aio``, which is aiohttp."""

try:
    from ._client import WebPubSubServiceClient
except ModuleNotFoundError as _error:
    if _error.name != "aiohttp":
        raise
    # Not a command that installs the extra: the package index has another package of this name.
    raise ModuleNotFoundError(
        f"{__name__} needs aiohttp. Install this package with its extra [aio], or run: "
        "python -m pip install aiohttp",
        name="aiohttp",
    ) from None

__all__ = ["WebPubSubServiceClient"]
