"""Docstrings and literals from the text of documents. No text can change the code around it."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from openapi_request_builders.model.package import Field, Response, Sample
from openapi_request_builders.model.shape import Shape
from openapi_request_builders.write.annotations import annotation

# Pairs of constraints that become one sentence: unit, lower and upper bound, and the flags that exclude them.
RANGES = (
    (" character", "min_length", "max_length", "", ""),
    (" item", "min_items", "max_items", "", ""),
    ("", "minimum", "maximum", "exclusive_minimum", "exclusive_maximum"),
)


SCREEN = 40
"""The most lines of a sample whose comments are whole descriptions."""


def literal(value: object) -> str:
    """Write a value as a Python literal. A pattern becomes a raw string if that is more readable."""
    text = repr(value)
    if isinstance(value, str) and "\\" in value and text[1:-1] == value.replace("\\", "\\\\"):
        return text if value.endswith("\\") else f"r{text[0]}{value}{text[0]}"
    return text


_TAG = re.compile(
    r"</?(?:a|b|br|code|div|em|h[1-6]|i|li|ol|p|pre|span|strong|ul)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_RESPONSES = {
    "array": "a list",
    "boolean": "true or false",
    "file": "a file",
    "integer": "an integer",
    "number": "a number",
    "object": "an object",
    "string": "text",
}


def prose(text: str) -> str:
    """Return a description without HTML tags."""
    return _TAG.sub(" ", text).strip() if "<" in text else text.strip()


def sentence(text: str) -> str:
    """Return text with a full stop at its end, unless it already ends like a sentence."""
    text = prose(text)
    if not text or text.rstrip("\"')]*_`")[-1:] in (".", ":", ";", "!", "?", "\u3002"):
        return text
    return f"{text}."


def response_words(response: Response) -> str:
    """Describe the body of a response, by its name if it has one."""
    if response.schema is None:
        return ""
    if response.is_named:
        return f", with {'a list of ' if response.is_list else ''}{code(response.schema)}"
    return f", with {_RESPONSES.get(response.schema, 'a value')}"


def first_sentence(text: str) -> tuple[str, str]:
    """Split prose into its first sentence and the rest."""
    match = re.match(r"(.+?[.!?])\s+(?=[^\W\d_a-z])", text.strip(), re.DOTALL)
    return (match[1], text.strip()[match.end() :]) if match else (text.strip(), "")


def wrapped(text: str, width: int, indent: int = 4, hanging: int = 4, first: str = "") -> str:
    """Wrap prose to the width of the page. The first line starts with ``first``, indented by ``indent``."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
    folded = [
        textwrap.fill(
            f"{first if number == 0 else ''}{paragraph}",
            width - indent,
            subsequent_indent=" " * hanging,
            initial_indent=" " * hanging if number else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for number, paragraph in enumerate(paragraphs)
    ]
    return "\n\n".join(folded)


def sample_text(sample: Sample, width: int, indent: int) -> str:
    """Write a sample as a Python value for ``json=``, with shorter comments if it is long."""
    lines = list(_sample_lines(sample, width - indent, brief=False))
    if len(lines) > SCREEN:
        lines = list(_sample_lines(sample, width - indent, brief=True))
    return textwrap.indent("\n".join(lines), " " * indent)


def _sample_lines(sample: Sample, width: int, *, brief: bool) -> Iterator[str]:
    if sample.fields:
        yield "{"
        for field in sample.fields:
            yield from (f"    {line}" for line in _field_lines(field, width - 4, brief=brief))
        if sample.more:
            yield f"    # and {sample.more} more"
        yield "}"
    elif sample.items:
        lines = list(_sample_lines(sample.items, width - 4, brief=brief))
        yield from [f"[{lines[0]}]"] if len(lines) == 1 else ["[", *(f"    {line}" for line in lines), "]"]
    else:
        yield "..." if sample.value is ... else _quoted(sample.value)


def _field_lines(field: Field, width: int, *, brief: bool) -> Iterator[str]:
    """Yield a comment and the field. Without a description, an optional field has a comment behind it."""
    described = prose(field.description)
    if brief:
        described, _ = first_sentence(described)
    optional = "" if field.required else "Optional."
    if text := " ".join(f"{optional} {described}".split()) if described else "":
        if brief:
            text = textwrap.shorten(text, max(width - 6, 20), placeholder=" ...")
        yield from textwrap.wrap(
            text, width - 4, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
        )
    lines = list(_sample_lines(field.value, width, brief=brief))
    lines[0] = f"{_quoted(field.name)}: {lines[0]}"
    lines[-1] += ","
    if optional and not text:
        lines[0] += f"  # {optional}"
    yield from lines


def _quoted(value: Any) -> str:
    """Write a value with double quotes, as in JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def constraint_sentences(shape: Shape) -> str:
    """Return sentences about the constraints."""
    rules = dict(shape.constraints)
    unchecked = ", which only the service checks" if shape.unchecked else ""
    sentences = [f"Matches {code(shape.pattern)}{unchecked}." if shape.pattern else ""]
    sentences += (_range(rules, *names) for names in RANGES)
    sentences.append(f"A multiple of {rules['multiple_of']}." if "multiple_of" in rules else "")
    sentences.append("No item may be there twice." if "unique_items" in rules else "")
    enum = () if shape.is_constant else shape.enum
    for before, values in (("One of ", enum), ("Known values: ", shape.known_values)):
        sentences.append(f"{before}{', '.join(map(code, values))}." if values else "")
    if shape.items and (items := constraint_sentences(shape.items)):
        sentences.append(f"Each item: {items}")
    sentences += _compound_sentences(shape)
    if shape.service_default is not None:
        sentences.append(f"The service assumes {code(shape.service_default)} if it is left out.")
    return " ".join(filter(None, sentences))


def _compound_sentences(shape: Shape) -> Iterator[str]:
    """Yield the members of an object, or the alternatives for a value, as sentences."""
    for name, member in shape.members:
        kind = f"({annotation(member)}{', required' if name in shape.needed else ''})"
        rules = constraint_sentences(member)
        yield f"{code(name)} {kind}: {rules}" if rules else f"{code(name)} {kind}."
    either = [constraint_sentences(each) or f"{code(annotation(each))}." for each in shape.alternatives]
    if any(map(constraint_sentences, shape.alternatives)):
        yield f"Either: {' Or: '.join(either)}"
    if shape.content_types:
        yield f"Sent as {' or '.join(map(code, shape.content_types))}."


def _range(
    rules: Mapping[str, Any], unit: str, low: str, high: str, low_excluded: str, high_excluded: str
) -> str:
    least, most = rules.get(low), rules.get(high)
    if rules.get(low_excluded) or rules.get(high_excluded):
        least = "" if least is None else f"{'More than' if rules.get(low_excluded) else 'At least'} {least}."
        most = "" if most is None else f"{'Less than' if rules.get(high_excluded) else 'At most'} {most}."
        return f"{least} {most}".strip()
    if least is not None and most is not None:
        return f"{least} to {_counted(most, unit)}."
    if least is not None:
        return f"At least {_counted(least, unit)}."
    return "" if most is None else f"At most {_counted(most, unit)}."


def _counted(number: Any, unit: str) -> str:
    return f"{number}{unit}{'s' if unit and number != 1 else ''}"


def code(value: object) -> str:
    """Write a value as an inline literal of reStructuredText, in quotes if it has unusual white space."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else str(value)
    return f"``{text if text and text == ' '.join(text.split()) else repr(text)}``"


def docstring(text: str, indent: int = 4) -> str:
    """Write text as a docstring. The text, which comes from documents, cannot end the string early."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    plain = "\n".join(lines)
    raw = ""
    if "\\" in plain:
        raw = "r"
    if '"""' in plain or not all(line.isprintable() for line in lines):
        raw = ""
        plain = "\n".join(_escaped(line) for line in lines)
    elif plain.endswith('"') and len(lines) == 1:
        raw, plain = "", _escaped(plain)
    space = " " * indent
    body = "\n".join(f"{space}{line}" if line else "" for line in plain.split("\n")).lstrip()
    return f'{space}{raw}"""{body}"""' if len(lines) == 1 else f'{space}{raw}"""{body}\n{space}"""'


def _escaped(line: str) -> str:
    return printable(line.replace("\\", "\\\\").replace('"', '\\"'))


def printable(text: str) -> str:
    """Escape characters that are invisible, or that hide others."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
