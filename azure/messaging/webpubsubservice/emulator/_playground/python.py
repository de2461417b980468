"""The Python that makes a request, for readers of the playground to copy.

Values are written by ``repr``, so that no text, however hostile, becomes anything but a literal. The names of
builders and arguments follow the client's rules; a test runs the result.
"""

import json
import pprint
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType

#: Columns that the page has room for.
_WIDTH = 72
#: Characters beyond which a snippet is of no use to a reader.
_LONGEST = 32 * 1024

_TEMPLATE = """\
import os

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.rest import {builder}

client = WebPubSubServiceClient.from_connection_string(
    os.environ['WEBPUBSUB_CONNECTION_STRING']
)
request = {call}
response = client.send_request(request)
response.raise_for_status()
"""


def python(
    operation: str, path: Sequence[str], message: tuple[PayloadType, bytes], query: Mapping[str, Any]
) -> str | None:
    """Return a program that sends a message; ``None`` if it would be too long to read.

    :param operation: The operation's name in snake case, such as ``send_to_all``.
    :param path: Values of the path's parameters, in order.
    :param message: Its type, which determines the content type, and its bytes.
    :param query: The query's parameters by the builder's names.
    """
    builder = f"build_{operation}_request"
    arguments = [repr(value) for value in path]
    arguments += [f"{name}={value}" for name, value in _body(*message)]
    arguments += [f"{name}={value!r}" for name, value in query.items()]
    call = f"{builder}({', '.join(arguments)})"
    if len(f"request = {call}") > _WIDTH or "\n" in call:
        lines = "".join(f"    {_indented(argument)},\n" for argument in arguments)
        call = f"{builder}(\n{lines})"
    program = _TEMPLATE.format(builder=builder, call=call)
    return program if len(program) <= _LONGEST else None


def _body(data_type: PayloadType, data: bytes) -> Sequence[tuple[str, str]]:
    """Return the arguments for the body: those that a person would write, if they send exactly this value."""
    if data_type is PayloadType.JSON:
        try:
            value = json.loads(data, object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)
            if value is None:
                raise ValueError("json=None means no JSON")
            return [("json", pprint.pformat(value, width=_WIDTH - 10, sort_dicts=False))]
        except (ValueError, RecursionError):
            # Python cannot express this text, or it is not JSON, which the service will say.
            return [("content", repr(data.decode())), ("content_type", "'application/json'")]
    if data_type is PayloadType.TEXT:
        return [("content", repr(data.decode()))]
    return [("content", repr(data))]


def _indented(argument: str) -> str:
    """Indent the second and later lines of what ``pprint`` wrote. It never breaks a line within a literal."""
    name, separator, value = argument.partition("=")
    if "\n" not in argument:
        return argument
    return f"{name}{separator}" + value.replace("\n", "\n" + " " * (4 + len(name) + 1))


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name is given twice")
    return value


def _float(text: str) -> float:
    value = float(text)
    if Decimal(repr(value)) != Decimal(text):
        raise ValueError("not a number that Python's float keeps")
    return value


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
