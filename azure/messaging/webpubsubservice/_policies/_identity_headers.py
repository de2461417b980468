"""Headers that say who sends a request, and which call it belongs to."""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING, Any

from azure.core.pipeline.policies import SansIOHTTPPolicy

from azure.messaging.webpubsubservice._headers import put
from azure.messaging.webpubsubservice._version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azure.core.pipeline import PipelineRequest

__all__ = ["IdentityHeadersPolicy"]

_PARTS = ("request_id", "headers", "user_agent")
_DEFAULTS = {
    "request_id": None,
    "auto_request_id": True,
    "headers": None,
    "user_agent": None,
    "user_agent_overwrite": False,
}
_NAMES = frozenset(_DEFAULTS)


class IdentityHeadersPolicy(SansIOHTTPPolicy[Any, Any]):
    """Set the request id, the headers of the options, and ``User-Agent``, in one step.

    It takes the options of azure-core's ``RequestIdPolicy``, ``HeadersPolicy`` and ``UserAgentPolicy``, which
    take 1.2 times as long as a whole send otherwise: they ask the clock for each id and the environment for
    each ``User-Agent``.

    :param options: The options of the client.
    :param parts: What to set; the caller's own policies set the rest.
    """

    def __init__(self, options: Mapping[str, Any], parts: Iterable[str] = _PARTS) -> None:
        self._setters = [getattr(self, f"_set_{part}") for part in parts]
        self._headers = dict(options.get("headers") or {})
        self._id_name = options.get("request_id_header_name", "x-ms-client-request-id")
        self._defaults = {**_DEFAULTS, **{name: options[name] for name in _DEFAULTS if name in options}}
        self._defaults.update(headers=None, user_agent=None)
        self._agent = _user_agent(options)
        application = options.get("user_agent")
        if application:
            overwrite = self._defaults["user_agent_overwrite"]
            self._agent = application if overwrite else f"{application} {self._agent}"
        # Else it comes from the environment, and is checked with each request.
        self._agent_is_valid = self._agent.isascii() and self._agent.isprintable()

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the headers."""
        options = request.context.options
        values = self._defaults
        if not _NAMES.isdisjoint(options):
            values = {name: options.pop(name, default) for name, default in values.items()}
        headers = request.http_request.headers
        for set_part in self._setters:
            set_part(headers, values)

    def _set_request_id(self, headers: Any, values: Mapping[str, Any]) -> None:
        if values["request_id"] is not None:
            headers[self._id_name] = values["request_id"]
        elif values["auto_request_id"] and self._id_name not in headers:
            put(headers, self._id_name.lower(), self._id_name, _random_uuid())

    def _set_headers(self, headers: Any, values: Mapping[str, Any]) -> None:
        if self._headers:
            headers.update(self._headers)
        if values["headers"]:
            headers.update(values["headers"])

    def _set_user_agent(self, headers: Any, values: Mapping[str, Any]) -> None:
        application, overwrite = values["user_agent"], values["user_agent_overwrite"]
        if application is not None:
            headers["User-Agent"] = application if overwrite else f"{application} {self._agent}"
        elif overwrite or "User-Agent" not in headers:
            if self._agent_is_valid:
                put(headers, "user-agent", "User-Agent", self._agent)
            else:
                headers["User-Agent"] = self._agent


def _random_uuid() -> str:
    """Return a random UUID, in a third of the time that ``uuid.uuid1`` takes to make one from the clock."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def _user_agent(options: Mapping[str, Any]) -> str:
    """Return the name of the package, of Python and of the system, as Azure's clients send them.

    ``platform.platform()`` would add the version of the C library, and reads the interpreter's whole file for
    it.
    """
    moniker = options.get("sdk_moniker", f"messaging-webpubsubservice/{VERSION}")
    system = f"{platform.system()}-{platform.release()}-{platform.machine()}"
    python = ".".join(map(str, sys.version_info[:3]))
    agent = f"azsdk-python-{moniker} Python/{python} ({system})"
    addition = os.environ.get("AZURE_HTTP_USER_AGENT") if options.get("user_agent_use_env", True) else None
    return f"{agent} {addition}" if addition else agent
