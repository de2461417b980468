"""What commands need to know about builders, read from their signatures and docstrings."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click

from azure.messaging.webpubsubservice import rest
from azure.messaging.webpubsubservice._serialization import Items

from ._commands import Choice
from ._payload import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.rest import HttpRequest

__all__ = ["Operation", "operation_names"]

_FIELD = re.compile(r"^:(?:param|keyword) (\w+):((?:.|\n(?!:|$))*)", re.MULTILINE)
#: What docstrings say for Python, and what it is in a shell.
_IN_A_SHELL = {
    "Any value that JSON can represent. Pass exactly one of json and content.": (
        "Any JSON value. Use exactly one of --json, --content and --file."
    ),
    "The body as text, bytes, an open file, or an iterable of text or bytes. Text is encoded as UTF-8.": (
        "The body as text, sent in UTF-8. For bytes, use --file."
    ),
    "By default, it follows from the type of the body.": (
        "By default, --json is application/json, --content is text/plain, and --file follows from its name."
    ),
    "To send any other, set Content-Type in headers.": "For any other, use --headers Content-Type=TYPE.",
    "; None leaves it out.": ".",
    "those that an argument sets": "those that another option sets",
}
_NAME = re.compile(r"\b(\w+)\b(=?)")
_MARKUP = re.compile(r"``(.+?)``|:\w+:`~?(.+?)`|\*\*(.+?)\*\*")


@lru_cache(maxsize=1)
def operation_names() -> Mapping[str, str]:
    """Return the builders by the names of their operations, such as ``send-to-all``."""
    names = (re.fullmatch(r"build_(\w+)_request", builder) for builder in sorted(rest.__all__))
    return {match[1].replace("_", "-"): match[0] for match in names if match}


@dataclass(frozen=True)
class Operation:
    """A builder, as a command shows and calls it.

    :ivar parameters: The builder's parameters, by name.
    :ivar explanations: What the docstring says about them, in a shell's words.
    """

    name: str
    builder: Callable[..., HttpRequest]
    parameters: Mapping[str, inspect.Parameter]
    summary: str
    help: str
    route: str
    explanations: Mapping[str, str]

    @classmethod
    def read(cls, name: str, builder: Callable[..., HttpRequest]) -> Operation:
        """Read a builder's signature and docstring."""
        text = inspect.getdoc(builder) or ""
        paragraphs = [_plain(paragraph) for paragraph in text.partition("\n:")[0].split("\n\n")]
        route = re.search(r"``([A-Z]+ /\S*)``", text)
        prose = [
            paragraph
            for paragraph in paragraphs
            if not paragraph.startswith(">>>") and not paragraph.endswith("::") and "{" not in paragraph
        ]
        return cls(
            name,
            builder,
            inspect.signature(builder).parameters,
            paragraphs[0],
            "\n\n".join([*prose[:2], *([f"{route[1]}"] if route else [])]),
            route[1] if route else "",
            {match[1]: _plain(match[2]) for match in _FIELD.finditer(text)},
        )

    @property
    def has_media_types(self) -> bool:
        """Whether the caller can choose the media type of the body."""
        return "content_type" in self.parameters

    def arguments(self) -> list[click.Parameter]:
        """Return the command's arguments."""
        return [
            click.Argument([name], type=_type(parameter), required=True)
            for name, parameter in self.parameters.items()
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
        ]

    def options(self) -> list[click.Parameter]:
        """Return the command's options."""
        return [
            self._option(name, parameter)
            for name, parameter in self.parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        ]

    def _option(self, name: str, parameter: inspect.Parameter) -> click.Option:
        kinds = _kinds(parameter)
        is_mapping = Mapping in kinds
        repeated = is_mapping or Items in kinds
        text = self.explanations.get(name, "")
        metavar = {"json": "JSON", "content": "TEXT"}.get(name, "NAME=VALUE" if is_mapping else None)
        return click.Option(
            [_flag(name), name],
            type=str if name in {"json", "content"} or repeated else _type(parameter),
            multiple=repeated,
            metavar=metavar,
            required=parameter.default is inspect.Parameter.empty,
            help=f"{text} Repeat for more." if repeated else text,
        )

    def build(self, given: Mapping[str, Any]) -> HttpRequest:
        """Call the builder with the values on the command line.

        :raises ValueError: The builder refuses a value. The message names it as on the command line.
        """
        positional, keywords = [], {}
        for name, parameter in self.parameters.items():
            value = given.get(name)
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                positional.append(value)
            elif value is None or value == ():
                continue
            elif name == "json":
                keywords[name] = json.loads(str(parse_json(value).content))
            elif Mapping in _kinds(parameter):
                keywords[name] = dict(_pair(name, each) for each in value)
            else:
                keywords[name] = list(value) if isinstance(value, tuple) else value
        try:
            return self.builder(*positional, **keywords)
        except UnicodeEncodeError:
            raise
        except (TypeError, ValueError) as error:
            raise ValueError(self._in_a_shell(str(error))) from None

    def _in_a_shell(self, message: str) -> str:
        """Return a builder's error with arguments and options in place of parameters."""
        if message.startswith("a body is needed"):
            return "A body is needed: use one of --json, --content and --file."
        if message.startswith("json and content are both given"):
            return "--json and --content exclude each other."
        return _NAME.sub(self._name_in_a_shell, message)

    def _name_in_a_shell(self, match: re.Match[str]) -> str:
        name, equals = match.groups()
        parameter = self.parameters.get(name)
        if parameter is None or not (equals or "_" in name):  # a word that is also a parameter's name
            return match[0]
        shown = _flag(name) if parameter.kind is inspect.Parameter.KEYWORD_ONLY else name.upper()
        return f"{shown} " if equals else shown


def _kinds(parameter: inspect.Parameter) -> list[Any]:
    """Return the alternatives of an annotation, with the origin in place of a generic one."""
    annotation = parameter.annotation
    alternatives = [annotation] if isinstance(annotation, type) else [annotation, *get_args(annotation)]
    return [get_origin(each) or each for each in alternatives]


def _type(parameter: inspect.Parameter) -> Any:
    for each in (parameter.annotation, *get_args(parameter.annotation)):
        if get_origin(each) is Literal:
            return Choice(*map(str, get_args(each)))
    kinds = _kinds(parameter)
    if bool in kinds:
        return bool
    return int if int in kinds else float if float in kinds else str


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _pair(name: str, text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise ValueError(f"{_flag(name)} takes NAME=VALUE, not {text!r}.")
    return key, value


def _plain(text: str) -> str:
    """Return a piece of a docstring as one line, without markup and in a shell's words."""
    shown = _MARKUP.sub(lambda match: next(group for group in match.groups() if group), text)
    line = " ".join(shown.split())
    for said, meant in _IN_A_SHELL.items():
        line = line.replace(said, meant)
    return line
