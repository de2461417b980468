"""Parse JSON, and the part of YAML that JSON can express. Keys and dates stay text."""

import json
import math
import re
from typing import Any

import yaml


class ParseError(ValueError):
    """A mistake in a text, with its line if that is known, and a remedy."""

    def __init__(self, message: str, line: int | None = None, remedy: str = "correct the syntax") -> None:
        super().__init__(message)
        self.line = line
        self.remedy = remedy


class SpelledInt(int):
    """An integer in a spelling that Python does not use, such as 08."""

    spelling: str


class SpelledFloat(float):
    """A number in a spelling that Python does not use, such as 1.10."""

    spelling: str


def spelling(value: Any) -> str:
    """Return a plain value as it is spelled in a document."""
    return str(getattr(value, "spelling", None) or json.dumps(value))


# Text in quotes, comments, and commas before the end of an object or a list.
_BEYOND_JSON = re.compile(r"""("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/""")
_TRAILING_COMMA = re.compile(r"""("(?:[^"\\\n]|\\.)*")|,(?=\s*[\]}])""")


def without_comments(text: str) -> str:
    """Return JSON without comments and without trailing commas. Line numbers do not change."""

    def blank(match: re.Match[str]) -> str:
        return match[1] or re.sub(r"[^\n]", " ", match[0])

    return _TRAILING_COMMA.sub(blank, _BEYOND_JSON.sub(blank, text))


def parse(text: str, *, is_yaml: bool) -> Any:
    """Return the value of a text.

    :raises ParseError: The text is not valid, has a member twice, or has a number that is not finite.
    """
    try:
        return yaml.load(text, DocumentLoader) if is_yaml else _parse_json(text)  # noqa: S506 (a safe loader)
    except json.JSONDecodeError as error:
        remedy = (
            "correct the syntax" if text.lstrip()[:1] in ("{", "[", "") else "name it .yaml if it is YAML"
        )
        raise ParseError(f"it is not JSON: {error.msg}", error.lineno, remedy) from None
    except yaml.YAMLError as error:
        raise yaml_error(error) from None
    except ParseError as error:
        raise _with_line(error, text) from None
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise ParseError(f"it has a value that cannot be read: {error}", None, "correct the value") from None
    except RecursionError:
        raise ParseError("it is nested too deeply", None, "flatten it") from None


def yaml_error(error: yaml.YAMLError) -> ParseError:
    """Return the error of a YAML parser on one line."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or error
    return ParseError(f"it is not YAML: {message}", mark.line + 1 if mark else None)


def _parse_json(text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ParseError(f"an object has the member {twice!r} twice", None, "keep one of them")
        return members

    return json.loads(text, object_pairs_hook=unique, parse_float=_finite, parse_constant=_finite)


def _with_line(error: ParseError, text: str) -> ParseError:
    """Add the line of a duplicate member. The YAML parser knows it, and JSON is YAML."""
    if error.line is not None or " twice" not in str(error):
        return error
    try:
        yaml.load(text, DocumentLoader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as found:
        return ParseError(str(error), yaml_error(found).line, error.remedy)
    return error


def _finite(text: str) -> float:
    number = float(text.replace(".inf", "inf").replace(".nan", "nan"))  # YAML's own names
    if not math.isfinite(number):
        raise ParseError(f"{text} is not a number in JSON", None, "write a finite number")
    if repr(number) == text:
        return number
    spelled = SpelledFloat(number)
    spelled.spelling = text
    return spelled


def _integer(text: str) -> int:
    number = int(text)
    if str(number) == text:
        return number
    spelled = SpelledInt(number)
    spelled.spelling = text
    return spelled


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser, if PyYAML was built with it


class ConfigLoader(_Loader):  # type: ignore[misc, valid-type]
    """Loads configurations: YAML in which a version such as 1.10 is text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping with keys as they are written. A key must not occur twice."""
        self.refuse_twice(node)
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep) for key, value in node.value}

    @staticmethod
    def refuse_twice(node: yaml.MappingNode) -> None:
        """Raise if a key occurs twice, or is not plain text."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key is not text", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value!r} is there twice", problem_mark=key.start_mark
                )
            seen.add(key.value)


class DocumentLoader(ConfigLoader):
    """Loads documents: the same YAML with all kinds of numbers."""


def _construct_float(loader: DocumentLoader, node: yaml.ScalarNode) -> float:
    return _finite(str(loader.construct_scalar(node)))


def _construct_int(loader: ConfigLoader, node: yaml.ScalarNode) -> int:
    return _integer(str(loader.construct_scalar(node)))


ConfigLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("merge", r"<<", "<"),
):
    _resolver = re.compile(f"^(?:{_pattern})$")
    ConfigLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _resolver, list(_first))
DocumentLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|\.inf|\.nan)$"),
    list("-+.0123456789"),
)
ConfigLoader.add_constructor("tag:yaml.org,2002:int", _construct_int)
DocumentLoader.add_constructor("tag:yaml.org,2002:float", _construct_float)
