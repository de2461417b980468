"""What the responses of both clients share: everything except reading from a socket."""

from __future__ import annotations

import codecs
import copy
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from azure.core.exceptions import (
    HttpResponseError,
    ODataV4Format,
    ResponseNotReadError,
    StreamClosedError,
    StreamConsumedError,
)
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._headers import decode_value, joined
from azure.messaging.webpubsubservice._logging import (
    REDACTED,
    credentials_in,
    is_sensitive_name,
    redact,
    redact_url,
    without,
)

from ._decoding import Decoder, decoder_for
from ._hints import status_hint

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from typing_extensions import Self

    from azure.messaging.webpubsubservice._serialization import Headers

__all__ = ["ResponseBase"]

_CHARSET = re.compile(r";\s{0,9}charset\s{0,9}=\s{0,9}\"?([^\s;\"]{1,99})", re.IGNORECASE)


class ResponseBase:
    """The part of ``azure.core.rest``'s response interface that does no I/O.

    A response that was read can be pickled and copied. Its copy has the request without credentials.
    """

    _header_codec: ClassVar[tuple[str, str]]
    """How an HTTP library has decoded headers: the encoding, and what became of bytes that are not in it."""
    _name = "HttpResponse"
    _headers: Headers | None = None
    _content: bytes | None = None
    _encoding: str | None = None
    _is_closed = False
    _is_stream_consumed = False
    _shown_in_errors: bytes | None = None
    """The body of an error without the credentials of its request, which are taken off when it was sent."""

    def __init__(
        self, request: HttpRequest, status_code: int, reason: str, header_items: Any, block_size: int
    ) -> None:
        self._request = request
        self._status_code = status_code
        self._raw_reason = reason
        self._header_items = header_items
        self._block_size = block_size
        if status_code >= 300:
            self._hide_credentials()

    def _hide_credentials(self) -> None:
        """Replace the request's own credentials, should the server have repeated them in the head."""
        secrets = credentials_in(self._request.headers)
        self._raw_reason = without(self._raw_reason, secrets)
        self._header_items = [(name, without(value, secrets)) for name, value in self._header_items]

    @property
    def request(self) -> HttpRequest:
        """The request as it was sent, with the whole URL; not the caller's object."""
        return self._request

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._status_code

    @property
    def reason(self) -> str:
        """The HTTP reason phrase, without what looks like a token."""
        return redact(self._header_text(self._raw_reason))

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers, by names in any case; the values of repeated ones are joined by commas."""
        if self._headers is None:  # few callers look at them
            items = [(name, self._header_text(value)) for name, value in self._header_items]
            self._headers = joined(items)
        return self._headers

    @classmethod
    def _header_text(cls, value: str) -> str:
        """Return the text of a header or a reason phrase."""
        if value.isascii() and "\n" not in value:
            return value.strip(" \t")
        return decode_value(value.encode(*cls._header_codec))

    @property
    def content_type(self) -> str | None:
        """The value of ``Content-Type``."""
        value: str | None = self.headers.get("Content-Type")
        return value

    @property
    def url(self) -> str:
        """The URL that was requested."""
        return self._request.url

    @property
    def is_closed(self) -> bool:
        """Whether the connection was given back or closed."""
        return self._is_closed

    @property
    def is_stream_consumed(self) -> bool:
        """Whether the body was read."""
        return self._is_stream_consumed

    @property
    def encoding(self) -> str | None:
        """The body's encoding: what was set here, or what ``Content-Type`` says, if Python knows it."""
        if self._encoding is None:
            match = _CHARSET.search(self.content_type or "")
            with suppress(LookupError):
                if match:
                    codecs.lookup(match[1])
                    self._encoding = match[1]
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    @property
    def content(self) -> bytes:
        """The body.

        :raises ~azure.core.exceptions.ResponseNotReadError: It was not read; see ``stream=True``.
        """
        if self._content is None:
            raise ResponseNotReadError(self)
        return self._content

    def text(self, encoding: str | None = None) -> str:
        """Return the body as text; as UTF-8 if nothing says otherwise.

        :raises UnicodeDecodeError: It is not in the encoding that it is said to be in. The error's ``object``
            does not hold the body.
        """
        chosen = encoding or self.encoding
        if chosen is None:
            return self.content.decode("utf-8-sig", errors="replace")
        codec = "utf-8-sig" if codecs.lookup(chosen).name == "utf-8" else chosen
        try:
            return self.content.decode(codec)
        except UnicodeDecodeError as error:
            start, end = error.start, error.end
            # Without the body, which such an error holds; with the bytes and the place that its text names.
            safe = UnicodeDecodeError(
                error.encoding, bytes(start) + error.object[start:end], start, end, error.reason
            )
        raise safe

    def json(self) -> Any:
        """Return the value of the body, which is JSON.

        :raises ValueError: It is not JSON (``json.JSONDecodeError``, whose ``doc`` does not hold the body),
            or nested so deep that Python cannot read it.
        """
        text = self.text()
        safe = ValueError("The body is JSON that is nested too deep.")
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            # The place in the body is computed from the lines before it.
            safe = json.JSONDecodeError(error.msg, re.sub(r"[^\n]", " ", text[: error.pos]), error.pos)
        except RecursionError:
            pass
        raise safe

    def raise_for_status(self) -> None:
        """Raise an error if the status is one.

        :raises ~azure.core.exceptions.HttpResponseError: The status is 400 or above. Its ``error`` has the
            service's ``code`` and ``message``. Where there is no body (HEAD), the code comes from
            ``x-ms-error-code``.
        """
        if self._status_code < 400:
            return
        error = HttpResponseError(response=self.for_error())
        code = self.headers.get("x-ms-error-code")
        if error.error is None and code and not self._content:
            error.error = ODataV4Format(
                {"code": code, "message": f"{self._status_code} {self.reason}".strip()}
            )
            error.message = f"({code}) Operation returned an invalid status '{self.reason}'"
        hint = status_hint(self._status_code, self.headers, self._content)
        error.message = without(redact(error.message), credentials_in(self._request.headers)) + hint
        error.args = (error.message,)
        # azure-core notes whatever exception is being handled, with its traceback, which cannot be pickled.
        error.exc_type, error.exc_value, error.exc_traceback = None, None, None
        error.exc_msg = error.message
        raise error

    def for_error(self) -> Self:
        """Return the response for an error, which shows its body: a copy without secrets if it has any."""
        content = self._content or b""
        shown = self._without_secrets(content)
        if shown == content:
            return self
        copied = copy.copy(self)
        vars(copied).update(_content=shown)
        return copied

    def __repr__(self) -> str:
        kind = f", Content-Type: {self.content_type}" if self.content_type else ""
        return f"<{self._name}: {self._status_code} {self.reason}{kind}>"

    def __getstate__(self) -> dict[str, Any]:
        content = self.content  # or ResponseNotReadError
        request = self._request
        headers = {
            name: REDACTED if is_sensitive_name(name) else value for name, value in request.headers.items()
        }
        body = request.content if isinstance(request.content, (bytes, str)) else None
        copied = HttpRequest(request.method, redact_url(request.url), headers=headers, content=body)
        return {
            "_request": copied,
            "_status_code": self._status_code,
            "_raw_reason": redact(self._raw_reason),
            "_headers": self.headers,
            "_block_size": self._block_size,
            "_content": self._safe_content(content),
            "_encoding": self._encoding,
            "_is_closed": True,
            "_is_stream_consumed": True,
        }

    def _safe_content(self, content: bytes) -> bytes:
        # The body of a success is what was asked for, and stays as it is.
        return self._without_secrets(content) if self._status_code >= 300 else content

    def _without_secrets(self, content: bytes) -> bytes:
        text = redact((self._shown_in_errors or content).decode("latin-1"))
        return without(text, credentials_in(self._request.headers)).encode("latin-1")

    def _begin_stream(self) -> None:
        if self._is_stream_consumed:
            raise StreamConsumedError(self)
        if self._is_closed:
            raise StreamClosedError(self)
        self._is_stream_consumed = True

    def _decoder(self) -> Decoder | None:
        return decoder_for(self.headers.get("Content-Encoding"))

    def _decoded(self, content: bytes) -> bytes:
        """Return a whole body, decoded."""
        if not content:
            return content
        decoder = self._decoder()
        decoded = content if decoder is None else decoder.decode_all(content)
        shown = decoded
        for secret in credentials_in(self._request.headers):  # while the request still has them
            shown = shown.replace(secret.encode("latin-1", "ignore"), REDACTED.encode())
        if shown is not decoded:
            self._shown_in_errors = shown
        return decoded

    def _blocks(self, content: bytes) -> list[bytes]:
        size = self._block_size
        return [content[at : at + size] for at in range(0, len(content), size)]
