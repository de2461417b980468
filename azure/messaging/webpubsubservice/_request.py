"""The request that goes down the pipeline: the caller's, with an absolute URL and a body of known length."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from azure.core.rest import HttpRequest

from ._body import check_length
from ._headers import HEADER_NAME, check_headers, framing, headers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PreparedRequest", "check_no_files", "checked_method"]

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"})


class PreparedRequest(HttpRequest):
    """A request whose body is bytes or nothing.

    azure-core prepares each request for ``multipart/mixed``, which this service does not know, and looks the
    attributes for that up the long way round. Here they are found at once. Together with the builders' own
    class of requests, that makes a send 1.2 times as fast in both clients (``nox -s bench -- --tricks``).

    :param method: HTTP method; it goes out in capitals, as all of HTTP's own are written.
    :param url: Absolute URL.
    :param headers: The caller's headers; they are copied. Those that say where the body ends are replaced.
    :param body: Sent as it is, with its length.
    :raises TypeError: A header is not text.
    :raises ValueError: The body is over the service's limit, or the method or a header cannot be sent.
    """

    multipart_mixed_info: Any = None
    is_sent: bool
    """Whether an attempt began to be written, or was handed to a transport that does not say."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> None:
        if method not in _METHODS:
            method = checked_method(method)
        prepared = headers_of(headers).copy()
        if not prepared.are_checked:
            check_headers(dict(prepared.by_name.values()))
            prepared.are_checked = True
        by_name = prepared.by_name
        by_name.pop("transfer-encoding", None)
        if body is not None:
            check_length(len(body), body)
        length = framing(body, method)
        if length is None:
            by_name.pop("content-length", None)
        else:
            by_name["content-length"] = length
        # Attributes of azure-core's; assigning them one by one would look each up in its list of old names.
        self.__dict__.update(method=method, url=url, headers=prepared, _data=body, _files=None, is_sent=False)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, as a policy or a hook may do.

        :raises ValueError: It is ``method``, and the value is not an HTTP method.
        """
        super().__setattr__(name, checked_method(value) if name == "method" else value)

    def mark_sent(self) -> None:
        """Note that an attempt begins to be written."""
        self.__dict__["is_sent"] = True  # past azure-core's list of old names, too

    def prepare_multipart_body(self, content_index: int = 0) -> int:
        """Do nothing."""
        return content_index


def check_no_files(request: HttpRequest, content: object) -> None:
    """Refuse a form with files.

    :param content: The request's content, which azure-core makes of its form and of its files.
    :raises TypeError: There are files.
    """
    if isinstance(content, (dict, list)) and getattr(request, "files", None):
        raise TypeError("The service takes no forms with files. Pass the request's body as content=.")


def checked_method(method: object) -> str:
    """Return an HTTP method in capitals.

    :raises ValueError: It is not one, or not one of a request to the service.
    """
    if not isinstance(method, str) or not re.fullmatch(HEADER_NAME, method):  # RFC 9110, section 9.1
        raise ValueError(f"{method!r:.60} is not an HTTP method.")
    if method.upper() == "CONNECT":
        raise ValueError("CONNECT makes a tunnel through a proxy, and is not a request to the service.")
    return method.upper()
