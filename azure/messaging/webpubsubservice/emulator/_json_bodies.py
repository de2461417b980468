"""JSON in the requests to the control interface and to the playground."""

from typing import Any

from aiohttp import web

from . import _strict_json


class BodyError(ValueError):
    """The body of a request cannot be used. The message says why."""


async def read_body(request: web.BaseRequest, *, limit: int) -> bytes:
    """Read the body of a request, which may have up to ``limit`` bytes.

    :raises BodyError: It has more.
    """
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise BodyError(f"the body has more than {limit} bytes")
    return bytes(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body.

    :raises BodyError: It does not contain one.
    """
    try:
        value = _strict_json.parse(body.decode())
    except UnicodeDecodeError:
        raise BodyError("the body must be UTF-8") from None
    except ValueError as error:
        raise BodyError(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BodyError("the body must be a JSON object")
    return value
