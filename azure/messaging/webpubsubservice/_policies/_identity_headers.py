"""Headers that say who sends a request, and which call it belongs to."""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from azure.core.pipeline.policies import SansIOHTTPPolicy

from azure.messaging.webpubsubservice._headers import headers_of
from azure.messaging.webpubsubservice._version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azure.core.pipeline import PipelineRequest

__all__ = ["IdentityHeadersPolicy"]

_PARTS = ("request_id", "headers", "user_agent")
_OPTIONS = frozenset({"request_id", "auto_request_id", "headers", "user_agent", "user_agent_overwrite"})


class _Header(NamedTuple):
    """A header to set."""

    lower: str
    """The name in lower case."""
    name: str
    value: str | None
    """``None`` for a random UUID."""
    replaces: bool
    """Whether it takes precedence over one that the request has."""


class IdentityHeadersPolicy(SansIOHTTPPolicy[Any, Any]):
    """Set the request id, the headers of the options, and ``User-Agent``, in one step.

    It takes the options of azure-core's ``RequestIdPolicy``, ``HeadersPolicy`` and ``UserAgentPolicy``, which
    take 1.2 times as long as a whole send otherwise: they ask the clock for each id and the environment for
    each ``User-Agent``.

    :param options: The options of the client.
    :param parts: What to set; the caller's own policies set the rest.
    """

    def __init__(self, options: Mapping[str, Any], parts: Iterable[str] = _PARTS) -> None:
        self._parts = frozenset(parts)
        self._options = {name: options[name] for name in _OPTIONS if name in options}
        self._id_name = options.get("request_id_header_name", "x-ms-client-request-id")
        self._agent = _user_agent(options)
        self._headers = self._headers_for({})
        # The rest of it comes from options, which were checked; this comes from the environment, too.
        self._are_checked = self._agent.isascii() and self._agent.isprintable()

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the headers."""
        options = request.context.options
        headers = self._headers
        if not _OPTIONS.isdisjoint(options):
            headers = self._headers_for({name: options.pop(name) for name in _OPTIONS & options.keys()})
        target: Any = request.http_request.headers
        if not hasattr(target, "by_name"):  # the request was not prepared: somebody runs the pipeline itself
            target = request.http_request.headers = headers_of(target)
        by_name = target.by_name
        for lower, name, value, replaces in headers:
            if replaces or lower not in by_name:
                by_name[lower] = (name, _random_uuid() if value is None else value)
        if not self._are_checked:
            target.are_checked = False

    def _headers_for(self, call: Mapping[str, Any]) -> list[_Header]:
        """Return the headers for a call with these options."""
        options = {**self._options, **call}
        found: list[tuple[str, str | None, bool]] = []
        if "request_id" in self._parts:
            if "request_id" in options:
                found.append((self._id_name, options["request_id"], True))
            elif options.get("auto_request_id", True):
                found.append((self._id_name, None, False))
        if "headers" in self._parts:
            for given in (self._options, call):
                found += [(name, value, True) for name, value in given.get("headers", {}).items()]
        if "user_agent" in self._parts:
            found.append(("User-Agent", *self._user_agent_for(call, options)))
        return [_Header(name.lower(), name, value, replaces) for name, value, replaces in found]

    def _user_agent_for(self, call: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[str, bool]:
        """Return the ``User-Agent``, and whether it replaces that of the request."""
        agent = self._agent
        overwrites = options.get("user_agent_overwrite", False)
        for given in (self._options, call):
            application = given.get("user_agent")
            if application is not None:
                agent = application if overwrites else f"{application} {agent}"
        return agent, overwrites or "user_agent" in call


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
