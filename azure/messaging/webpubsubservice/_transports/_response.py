"""What both transports' responses have in common: everything but reading from a socket."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import (
    HttpResponseError,
    ODataV4Format,
    ResponseNotReadError,
    StreamClosedError,
    StreamConsumedError,
)

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from azure.core.rest import HttpRequest

__all__ = ["ResponseBase"]

_CHARSET = r"(?i);\s*charset\s*=\s*\"?([^\s;\"]+)"


class ResponseBase:
    """The part of ``azure.core.rest``'s response interface that does no I/O."""

    def __init__(
        self,
        request: HttpRequest,
        status_code: int,
        reason: str | None,
        content_type: str | None,
        block_size: int,
    ) -> None:
        self._request = request
        self._status_code = status_code
        self._reason = reason or ""
        self._content_type = content_type
        self._block_size = block_size
        self._content: bytes | None = None
        self._encoding: str | None = None
        self._is_closed = False
        self._is_stream_consumed = False

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
        """The HTTP reason phrase."""
        return self._reason

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers, by names in any case; repeated ones are joined by commas."""
        raise NotImplementedError

    @property
    def content_type(self) -> str | None:
        """The value of ``Content-Type``."""
        return self._content_type

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
            match = re.search(_CHARSET, self._content_type or "")
            try:
                self._encoding = codecs.lookup(match[1]).name if match else None
            except LookupError:
                return None
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
        """Give the body as text; as UTF-8 if nothing says otherwise."""
        chosen = encoding or self.encoding
        if chosen is None:
            return self.content.decode("utf-8-sig", errors="replace")
        return self.content.decode("utf-8-sig" if codecs.lookup(chosen).name == "utf-8" else chosen)

    def json(self) -> Any:
        """Give the body as the JSON value it is.

        :raises ValueError: It is not JSON.
        """
        return json.loads(self.text())

    def raise_for_status(self) -> None:
        """Raise if the status is an error.

        :raises ~azure.core.exceptions.HttpResponseError: The status is 400 or above. Its ``error`` has the
            service's ``code`` and ``message``. Where there is no body (HEAD), the code comes from
            ``x-ms-error-code``.
        """
        if self._status_code < 400:
            return
        error = HttpResponseError(response=self)
        code = self.headers.get("x-ms-error-code")
        if error.error is None and code and not self._content:
            error.error = ODataV4Format(
                {"code": code, "message": f"{self._status_code} {self._reason}".strip()}
            )
            error.message = f"({code}) Operation returned an invalid status '{self._reason}'"
            error.args = (error.message,)
        raise error

    def __repr__(self) -> str:
        kind = f", Content-Type: {self._content_type}" if self._content_type else ""
        return f"<{self._name}: {self._status_code} {self._reason}{kind}>"

    _name = "HttpResponse"

    def _begin_stream(self) -> None:
        if self._is_stream_consumed:
            raise StreamConsumedError(self)
        if self._is_closed:
            raise StreamClosedError(self)
        self._is_stream_consumed = True

    def _blocks(self, content: bytes) -> list[bytes]:
        size = self._block_size
        return [content[at : at + size] for at in range(0, len(content), size)]
