"""Python code that makes a request, for users of the playground to copy.

Values are written by ``repr``, so that even hostile text stays a literal. The names of builders and arguments
follow the client's rules; a test runs the result.
"""

import json
import pprint
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType
from azure.messaging.webpubsubservice.emulator._specification import LATEST

from .operations import path_parameters, words
from .requests import Call

#: The columns for which the page has room.
_WIDTH = 72
#: The most characters of a program that is still readable.
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
{result}
"""

#: What a program does with the response: some responses have a body, and some only a status.
_CHECK = "response.raise_for_status()"
_SHOW_STATUS = "print(response.status_code)"
_SHOW_BODY = "response.raise_for_status()\nprint(response.json())"


def python(call: Call) -> str | None:
    """Return a program that makes a call; ``None`` if it would be too long to read."""
    route = call.route
    builder = f"build_{'_'.join(words(route.operation))}_request"
    names = path_parameters(route)
    # Builders do not have the order of the path, so two names would be unclear without keywords.
    arguments = [
        repr(value) if name == "hub" or len(names) < 3 else f"{_snake(name)}={value!r}"
        for name, value in zip(names, call.path, strict=True)
    ]
    arguments += [f"{name}={value}" for name, value in _body(call.message)]
    arguments += [f"{_snake(name)}={value!r}" for name, value in call.query.items()]
    if route.until != LATEST:
        arguments.append(f"api_version={route.until!r}")
    text = f"{builder}({', '.join(arguments)})"
    if len(f"request = {text}") > _WIDTH or "\n" in text:
        lines = "".join(f"    {_indented(argument)},\n" for argument in arguments)
        text = f"{builder}(\n{lines})"
    shows_body = route.method == "GET" or route.operation.endswith("Token")
    result = _SHOW_BODY if shows_body else _SHOW_STATUS if route.method == "HEAD" else _CHECK
    program = _TEMPLATE.format(builder=builder, call=text, result=result)
    return program if len(program) <= _LONGEST else None


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _body(message: tuple[PayloadType, bytes] | None) -> Sequence[tuple[str, str]]:
    """Return the arguments for the body, as a person would write them if they send exactly this value."""
    if message is None:
        return []
    data_type, data = message
    if data_type is PayloadType.JSON:
        try:
            value = json.loads(data, object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)
            if value is None:
                raise ValueError("json=None means no JSON")
            return [("json", pprint.pformat(value, width=_WIDTH - 10, sort_dicts=False))]
        except (ValueError, RecursionError):
            # Python cannot express this text, or it is not JSON and the service will say so.
            return [("content", repr(data.decode())), ("content_type", "'application/json'")]
    if data_type is PayloadType.TEXT:
        return [("content", repr(data.decode()))]
    return [("content", repr(data))]


def _indented(argument: str) -> str:
    """Indent all lines but the first in the output of ``pprint``. It never breaks a line in a literal."""
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
