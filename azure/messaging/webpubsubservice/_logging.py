"""What may be logged and shown: text, URLs, headers, bodies and errors without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "REDACTED",
    "SAFE_HEADERS",
    "SAFE_QUERY_PARAMETERS",
    "credentials_in",
    "hides_body",
    "is_sensitive_name",
    "loggable_body",
    "loggable_headers",
    "redact",
    "redact_error",
    "redact_header",
    "redact_url",
    "without",
]

REDACTED: Final = "REDACTED"

# Patterns are compiled when the first thing is logged, which is never in most programs. All take linear time:
# what they search comes from strangers, such as a server's response.
_SENSITIVE_NAME = (
    r"(?i)authorization|cookie|token|secret|password|signature|credential|apikey|accesskey"
    r"|(?:^|[-_.])(?:key|sig|code)$"
)
# What a JWT is made of. Each run of these characters is looked at once.
_WORD = r"[A-Za-z0-9_.-]+"
_SENSITIVE_TEXT = (
    # A user name and password in a URL.
    (r"(//)[^\s/'\"]+@", rf"\1{REDACTED}@"),
    (r"(?i)\b(bearer\s+)[^\s'\",;]+", rf"\1{REDACTED}"),
    (r"(?i)\b(access_token|awps_reconnection_token|accesskey)(=)[^\s&'\",;#]+", rf"\1\2{REDACTED}"),
    (r"""(?i)(["'](?:access_token|accesskey)["']\s*:\s*["'])[^"']*""", rf"\1{REDACTED}"),
    (r"(?i)\b(password=)'[^']*'", rf"\1'{REDACTED}'"),
    (r"(?i)\b(basic\s+)[a-z0-9+/]{4,}=*", rf"\1{REDACTED}"),
)

# Beyond azure-core's own lists: what tells how a request went, and nothing about whom.
SAFE_QUERY_PARAMETERS = (
    "api-version",
    "maxpagesize",
    "top",
    "messageTtlSeconds",
    "minutesToExpire",
    "clientType",
)
SAFE_HEADERS = (
    "api-supported-versions",
    "Allow",
    "Content-Encoding",
    "retry-after-ms",
    "x-ms-retry-after-ms",
    "x-ms-error-code",
    "x-ms-request-id",
    "x-ms-client-request-id",
)
_TEXT = ("application/json", "application/problem+json", "text/", "application/x-www-form-urlencoded")
_LONGEST_BODY = 4096
_LONGEST_WORD = 15
"""Most characters of a part of a secret header that may be no secret, such as the scheme."""

_PLAIN = (int, float, bool, type(None), type)


def redact(text: str) -> str:
    """Replace everything in free text that looks like a token, a password or a key given by name."""
    if "eyJ" in text:
        text = re.sub(_WORD, _without_jwt, text)
    for pattern, replacement in _SENSITIVE_TEXT:
        text = re.sub(pattern, replacement, text)
    return text


def _without_jwt(word: re.Match[str]) -> str:
    before, found, rest = word[0].partition("eyJ")
    return before + REDACTED if found and rest.count(".") >= 2 else word[0]


def is_sensitive_name(name: str) -> bool:
    """Return whether the name of a header or a query parameter says that its value is a secret."""
    return re.search(_SENSITIVE_NAME, name) is not None


def credentials_in(headers: Any) -> list[str]:
    """Return the secrets in a request's headers, the longest first: a server may repeat them."""
    values = [value for name, value in headers.items() if isinstance(value, str) and is_sensitive_name(name)]
    parts = {part for value in values for part in value.split() if len(part) > _LONGEST_WORD}
    return sorted(parts, key=len, reverse=True)


def without(text: str, secrets: Iterable[str]) -> str:
    """Replace known secrets in text."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text


def redact_error(error: BaseException) -> str:
    """Take the secrets out of an error, its causes and its contexts, and return its text.

    Errors are shown, logged, kept and sent to other processes. So what is text stays without its secrets, and
    what refers to requests, connections or frames goes, unless the error's own text is made of it. An error
    whose text is made of something secret is replaced by a :class:`RedactedError` where another refers to it.
    """
    errors, seen = [error], {id(error)}
    replaced: dict[int, BaseException] = {}
    for current in errors:  # which grows meanwhile
        if not _redact_one(current):
            replaced[id(current)] = RedactedError(f"{type(current).__name__}: {redact(str(current))}")
        for other in _referred(current):
            if id(other) not in seen:
                seen.add(id(other))
                errors.append(other)
    for current in errors:
        _replace_referred(current, replaced)
    return redact(str(error))


class RedactedError(Exception):
    """Stand in for an error of a library that holds a secret in its attributes."""


def _redact_one(error: BaseException) -> bool:
    """Redact an error's own arguments and attributes; return whether all secrets are out of them."""
    try:
        text = str(error)
    except Exception:
        return False
    error.args = tuple(_redacted_part(part) for part in error.args)
    attributes = vars(error)
    for name, value in list(attributes.items()):
        if name in _KEPT_ATTRIBUTES or isinstance(value, (*_PLAIN, BaseException)):
            continue
        attributes[name] = redact(value) if isinstance(value, str) else None
        if isinstance(value, str) or _text_is(error, text):
            continue
        attributes[name] = value
        if redact(repr(value)) != repr(value):
            return False
    return True


_KEPT_ATTRIBUTES = frozenset({"response", "error", "history", "__notes__"})
"""What azure-core's errors hold for their users. The client takes the secrets out of these beforehand."""


def _redacted_part(part: object) -> object:
    if isinstance(part, str):
        return redact(part)
    return part if isinstance(part, (*_PLAIN, BaseException)) else f"<{type(part).__name__}>"


def _text_is(error: BaseException, text: str) -> bool:
    try:
        return redact(str(error)) == redact(text)
    except Exception:
        return False


def _referred(error: BaseException) -> list[BaseException]:
    """Return the errors that an error refers to."""
    others = (error.__cause__, error.__context__, *error.args, *vars(error).values())
    return [other for other in others if isinstance(other, BaseException)]


def _replace_referred(error: BaseException, replaced: Mapping[int, BaseException]) -> None:
    suppressed = error.__suppress_context__
    error.__cause__ = replaced.get(id(error.__cause__), error.__cause__)
    error.__context__ = replaced.get(id(error.__context__), error.__context__)
    error.__suppress_context__ = suppressed
    error.args = tuple(replaced.get(id(part), part) for part in error.args)
    for name, value in list(vars(error).items()):
        vars(error)[name] = replaced.get(id(value), value)


def redact_url(url: str) -> str:
    """Replace the values of query parameters whose names say that they are secret, and a password."""
    head, question, query = url.partition("?")
    head = re.sub(r"//[^/@]*@", f"//{REDACTED}@", head)
    if not question:
        return head
    return head + "?" + "&".join(_redact_parameter(parameter) for parameter in query.split("&"))


def _redact_parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    hidden = is_sensitive_name(name) and name.lower() != "continuationtoken"
    return f"{name}{equals}{REDACTED}" if hidden else f"{name}{equals}{redact(value)}"


def hides_body(url: str) -> bool:
    """Return whether bodies are secret as a whole at this URL: ``:generateToken`` responds with a token."""
    return ":generatetoken" in url.partition("?")[0].lower().replace("%3a", ":")


def loggable_headers(headers: Any, secrets: Iterable[str] = ()) -> str:
    """Return headers as lines, with the values of those that are secret replaced, and known secrets too."""
    return "".join(
        f"\n    {name!r}: {REDACTED if is_sensitive_name(name) else redact_header(value, secrets)!r}"
        for name, value in headers.items()
    )


def redact_header(value: str, secrets: Iterable[str] = ()) -> str:
    """Return a header's value without secrets, also if it is a URL, such as that of ``Location``."""
    value = without(value, secrets)
    return redact(redact_url(value) if "?" in value else value)


def loggable_body(url: str, content_type: str | None, content: object, secrets: Iterable[str] = ()) -> str:
    """Return a body as text without secrets, or its length where it is no text."""
    if not content:
        return "(none)"
    if hides_body(url):
        return REDACTED
    if not isinstance(content, bytes):
        return f"({type(content).__name__})"
    if not (content_type or "").lower().startswith(_TEXT):
        return f"({len(content)} bytes)"
    # Known secrets are replaced first: half of one, at the end of what is shown, would not be found.
    text = redact(without(content.decode(errors="replace"), secrets)[:_LONGEST_BODY])
    return text if len(content) <= _LONGEST_BODY else f"{text}... ({len(content)} bytes)"
