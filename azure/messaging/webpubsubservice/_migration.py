"""What other releases of Microsoft's package had: it still works, or the error says what to write instead.

Clients and modules come here only for names that they do not have, and for calls that they do not take. Type
checkers and ``dir()`` see nothing of it. ``docs/from-1.3.0.md`` and ``docs/from-1.0.0b1.md`` tell the rest.
"""

from __future__ import annotations

import inspect
import sys
import time
import warnings
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from ._keywords import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ._client_tokens import ClientAccessToken

__all__ = [
    "build_authentication_token",
    "hub_in_connection_string_call",
    "hub_in_constructor",
    "hub_is_missing",
    "missing_attribute",
    "missing_name",
]

_PACKAGE: Final = __name__.rpartition(".")[0]
_REST: Final = f"{_PACKAGE}.rest"

# --- Attributes of clients

_OPERATIONS: Final = {
    "has_permission": "check_permission",
    "list_connections": "list_connections_in_group",
    "close_client_connection": "close_connection",
    "get_health_status": "get_service_status",
}
"""Methods whose names are not those of their operations."""

_RENAMED: Final = {"list": "list_items", "send": "send_request", "token": "get_client_access_token"}
"""Names that a method might have had."""


def missing_attribute(client: object, name: str) -> AttributeError:
    """Return the error for an attribute that a client does not have, with what replaces a method of 1.3.0."""
    text = f"{type(client).__name__!r} object has no attribute {name!r}"
    if name == "hub":
        return AttributeError(f"{text}: one client serves all hubs. Pass the hub to each build_*_request.")
    builder = f"build_{_OPERATIONS.get(name, name)}_request"
    rest = import_module(_REST)
    if builder not in rest.__all__:
        if name in _RENAMED:
            return AttributeError(f"{text}. Did you mean {_RENAMED[name]}?")
        return AttributeError(text, name=name, obj=client)  # Python looks for a similar name
    parameters = inspect.signature(getattr(rest, builder)).parameters
    instead = _call(client, name, f"{builder}({', '.join(_arguments(parameters))})")
    return AttributeError(
        f"{text}. Write {instead}, with {builder} from {_REST}.{_notes(instead, parameters)}"
    )


def _notes(instead: str, parameters: Mapping[str, inspect.Parameter]) -> str:
    """Return what else is to know of the call that replaces a method."""
    notes = {
        "Text and bytes are content=... instead of json=...": "message_ttl_seconds" in parameters,
        "Other keywords stay the same.": not _OPTIONAL.isdisjoint(parameters),
        "Items are dicts: item['connectionId'].": "list_items" in instead,
        "Every error status raises HttpResponseError itself, no subclass of it: check its status_code.": (
            "raise_for_status" in instead or "list_items" in instead
        ),
    }
    return "".join(f" {note}" for note, applies in notes.items() if applies)


_OPTIONAL: Final = frozenset({"content_type", "excluded", "filter", "reason", "target_name", "top"})
"""Keywords that methods of 1.3.0 had, too."""


def _arguments(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
    """Return the arguments of a builder's call, as an example."""
    required = [
        each.name if each.kind is each.POSITIONAL_OR_KEYWORD else f"{each.name}=..."
        for each in parameters.values()
        if each.default is each.empty and each.kind is not each.VAR_POSITIONAL
    ]
    return [*required, "json=..."] if "json" in parameters else required


def _call(client: object, name: str, request: str) -> str:
    """Return the call that sends a request, and what to do with its result."""
    is_asynchronous = inspect.iscoroutinefunction(getattr(type(client), "close", None))
    if name.startswith("list_"):
        loop = "async for" if is_asynchronous else "for"
        return f"{loop} item in client.list_items({request})"
    sent = f"client.send_request({request})"
    if is_asynchronous:
        sent = f"(await {sent})"
    if name.endswith("_exists") or name in ("has_permission", "check_permission"):
        return f"{sent}.status_code == 200"
    return f"{sent}.raise_for_status()"


# --- Names in modules

_SUBMODULES: Final = ("events", "senders", "diagnostics", "emulator")


def missing_name(module: str, name: str) -> Exception:
    """Return the error for a name that a module does not have. Only its ``__getattr__`` may call this.

    It is an ``AttributeError``, because ``hasattr`` needs one. In ``from ... import``, Python replaces that
    by its own words, so there it is an ``ImportError`` if there is something to say.
    """
    is_import = sys._getframe(2).f_code.co_name == _IMPORTING  # noqa: SLF001 - only the caller's frame shows it
    text = _instead(module, name)
    if is_import and not text and (hint := did_you_mean(name, sys.modules[module].__all__)):
        text = f"cannot import name {name!r} from {module!r}.{hint}"
    if text:
        return ImportError(text, name=module) if is_import else AttributeError(text)
    text = f"module {module!r} has no attribute {name!r}"
    return AttributeError(text, name=name, obj=sys.modules[module])  # Python looks for a similar name


_IMPORTING: Final = "_handle_fromlist"
"""The function of importlib that asks a package for each name of ``from ... import``."""


def _instead(module: str, name: str) -> str:
    """Return what to write instead of a name that a module does not have; nothing if that is not known."""
    home = _home(module, name)
    if home:
        return f"{name} is in {home}: write 'from {home} import {name}'."
    return f"{name} {_GONE[name]}" if name in _GONE else ""


def _home(module: str, name: str) -> str | None:
    """Return the module to import a name from, if it is a public one of another module."""
    if name.startswith("_") or name in _SUBMODULES:
        return None
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if name.startswith("build_"):
        return _REST if name in import_module(_REST).__all__ else None
    if find_spec(f"{module}.{name}"):
        return None  # a module, such as `aio`; Python asks for it before it imports it
    for candidate in (_PACKAGE, *(f"{_PACKAGE}.{each}" for each in _SUBMODULES)):
        if candidate == module:
            continue
        try:
            found = import_module(candidate)
        except ModuleNotFoundError:  # what an extra would install
            continue
        if name in found.__all__:
            return candidate
    return None


_GONE: Final = {
    "GroupMember": "is gone: client.list_items(build_list_connections_in_group_request(hub, group)) returns "
    "dicts, as the service writes them: item['connectionId'] and item.get('userId'). For annotations, "
    f"{_REST} has a TypedDict of this name.",
    "core": "is gone: its classes are azure-core's. Write 'from azure.core.rest import HttpRequest'.",
    "JwtCredentialPolicy": "is gone: pass an AzureKeyCredential to the client, which signs each request.",
    "AsyncWebPubSubServiceClient": "does not exist: both clients are called WebPubSubServiceClient. Write "
    f"'from {_PACKAGE}.aio import WebPubSubServiceClient'.",
}
_ELSEWHERE: Final = {
    "build_authentication_token": _PACKAGE,
    "AzureKeyCredential": "azure.core.credentials",
    "HttpRequest": "azure.core.rest",
    "HttpResponse": "azure.core.rest",
    "AsyncHttpResponse": "azure.core.rest",
    "HttpResponseError": "azure.core.exceptions",
}


def build_authentication_token(
    endpoint: str,
    hub: str,
    *,
    accesskey: str | None = None,
    ttl: timedelta = timedelta(hours=1),
    user: str | None = None,
    roles: Iterable[str] | None = None,
) -> ClientAccessToken:
    """Return what a WebSocket client needs to connect to a hub, as 1.0.0b1 did.

    :param endpoint: The endpoint or, without ``accesskey``, a connection string.
    """
    from ._client_tokens import ClientTokenRequest  # noqa: PLC0415 (few programs come here)
    from ._connection_string import ConnectionString  # noqa: PLC0415
    from ._endpoint import Endpoint  # noqa: PLC0415

    warnings.warn(
        "build_authentication_token is deprecated: write client.get_client_access_token(hub, user_id=..., "
        "roles=..., expires_in=...), with client = WebPubSubServiceClient.from_connection_string(...).",
        DeprecationWarning,
        stacklevel=2,
    )
    if accesskey is None:
        parsed = ConnectionString.parse(endpoint)
        endpoint, accesskey = parsed.endpoint, parsed.access_key
    request = ClientTokenRequest.validated(hub, user_id=user or None, roles=roles, expires_in=ttl)
    service = Endpoint.parse(endpoint).service.url
    return request.access_token(service, request.sign(service, accesskey, time.time()))


# --- Calls, for explain_calls


_ONE_CLIENT: Final = (
    "one client serves all hubs. Pass the hub to each build_*_request and to get_client_access_token."
)


def hub_in_constructor(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    """Explain ``WebPubSubServiceClient(endpoint, hub, credential)``."""
    if len(arguments) == 4 or (len(arguments) == 3 and "credential" in named):
        return f"WebPubSubServiceClient(endpoint, credential) takes no hub: {_ONE_CLIENT}"
    return ""


def hub_in_connection_string_call(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    """Explain ``from_connection_string(connection_string, hub)``."""
    if len(arguments) == 3 or "hub" in named:
        return f"from_connection_string(connection_string) takes no hub: {_ONE_CLIENT}"
    return ""


def hub_is_missing(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    """Explain ``get_client_access_token(user_id=...)``."""
    if len(arguments) == 1 and "hub" not in named:
        return (
            "get_client_access_token needs the hub first, as in get_client_access_token('chat', "
            "user_id='alice'): one client serves all hubs."
        )
    return ""
