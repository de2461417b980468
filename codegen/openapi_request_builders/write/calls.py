"""Example calls in docstrings, as an interactive session shows them."""

import json
from collections.abc import Iterator
from typing import Any

from openapi_request_builders.model.package import Operation
from openapi_request_builders.write.docstrings import printable

INDENT = "    "


def call_text(operation: Operation, width: int) -> str:
    """Write a call on one line, or with its arguments below it."""
    call = operation.call or ()
    arguments = [f"{name}={expression(value)}" if name else expression(value) for name, value in call]
    begin = f">>> request = {operation.builder}("
    line = f"{begin}{', '.join(arguments)})"
    if len(line) <= width:
        return line
    below = [f"{INDENT}{', '.join(arguments)}"]
    if len(below[0]) > width - len("... "):
        below = [line for name, value in call for line in _argument(name, value, width - len("... "))]
    return "\n".join([begin, *(f"... {line}" for line in below), "... )"])


def _argument(name: str, value: Any, width: int) -> Iterator[str]:
    """Yield the lines of an argument, each with a comma at its end where Python needs one."""
    return _lines(f"{name}=" if name else "", value, width, INDENT)


def _lines(prefix: str, value: Any, width: int, indent: str) -> Iterator[str]:
    line = f"{indent}{prefix}{expression(value)},"
    if len(line) <= width or not value or not isinstance(value, dict | list):
        yield line
        return
    if isinstance(value, dict):
        opening, closing = "{}"
        members = [(f"{expression(key)}: ", each) for key, each in value.items()]
    else:
        opening, closing = "[]"
        members = [("", each) for each in value]
    yield f"{indent}{prefix}{opening}"
    for inner, each in members:
        yield from _lines(inner, each, width, f"{indent}{INDENT}")
    yield f"{indent}{closing},"


def expression(value: Any) -> str:
    """Write a value as Python, with double quotes."""
    if isinstance(value, str):
        return printable(json.dumps(value, ensure_ascii=False))
    if isinstance(value, bytes):
        return f"b{json.dumps(value.decode('ascii'))}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{expression(key)}: {expression(each)}' for key, each in value.items())}}}"
    if isinstance(value, list | tuple):
        items = ", ".join(map(expression, value))
        return f"[{items}]" if isinstance(value, list) else f"({items})"
    return repr(value).removeprefix("datetime.")  # modules import the classes by name
