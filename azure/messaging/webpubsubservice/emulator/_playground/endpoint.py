"""The playground's HTTP endpoint: the page and its files, its feed, and tokens for its requests."""

import asyncio
import contextlib
import functools
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

from aiohttp import web

from azure.messaging.webpubsubservice.emulator._access import caller_of, refusal
from azure.messaging.webpubsubservice.emulator._json_bodies import BodyError, parse_object, read_body
from azure.messaging.webpubsubservice.emulator._protocol.subprotocols import CODECS
from azure.messaging.webpubsubservice.emulator._service.service import Service

from .entry import Subject
from .history import History
from .operations import described
from .page_feed import PageFeed
from .programs import programs
from .rates import Rates
from .requests import Call, Client, InvalidRequestError, form_of
from .roster import LISTED

_log = logging.getLogger(__name__)

#: The path of everything except the page itself. The service does not use it.
_PREFIX = "/_playground/"

_MEDIA_TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

#: The most bytes of a request: a message of the largest size, with each byte escaped for JSON.
_LARGEST_REQUEST = 8 * 1024 * 1024
#: Seconds for which a token is valid, apart from the tolerance for clocks. It is used at once.
_TOKEN_LIFETIME = 60

#: The most bytes of a page's message, which says whose traffic to show: a name may have 1,024 characters.
_LARGEST_MESSAGE = 16 * 1024

#: Seconds that a page has to answer a Close frame. A suspended page must not delay the end.
_CLOSE_TIMEOUT = 0.25

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

#: Only scripts, styles and requests of the page's own origin; no markup from text (*trusted types*); no
#: frames around the page.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self' {origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class Playground:
    """Answers the page's requests."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._history = History(service.clock)
        self._rates = Rates()
        for observer in (self._history, self._rates):
            service.observers.add(observer)
        self._sockets: set[web.WebSocketResponse] = set()
        #: Lets a page notice that the emulator was restarted.
        self._name = secrets.token_urlsafe(8)

    @staticmethod
    def takes(request: web.BaseRequest) -> bool:
        """Return whether the request is for the playground."""
        path = request.raw_path.partition("?")[0]
        return path.startswith(_PREFIX) or (path == "/" and request.method in {"GET", "HEAD"})

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.raw_path.partition("?")[0]
        feed = path == _PREFIX + "feed"
        needs_origin = feed or request.method not in {"GET", "HEAD"}
        caller = caller_of(request, needs_origin=needs_origin, navigation=path == "/")
        reason = refusal(caller, self._service.settings.host)
        if reason is not None:
            _log.warning("403 %s %s: %s", request.method, path, reason)
            return _text(403, reason)
        if request.method in {"GET", "HEAD"}:
            return await self._connect_feed(request) if feed else _file(request, path)
        prepare = _PREPARATIONS.get(path.removeprefix(_PREFIX))
        if request.method != "POST" or prepare is None:
            return _text(405 if prepare else 404, "The playground has nothing here.")
        if request.content_type != "application/json":  # a form of another site cannot send this type
            return _text(415, "The playground reads JSON only.")
        try:
            form = parse_object(await read_body(request, limit=_LARGEST_REQUEST))
            answer = prepare(self, request, form)
        except (BodyError, InvalidRequestError) as error:
            return _json(400, {"error": str(error)})
        return _json(200, answer)

    async def stop(self) -> None:
        """Close every page's feed."""
        await asyncio.gather(*(socket.close(code=1001) for socket in self._sockets))

    # --- what the page asks for, such as a token for each of its requests ---

    def _call(self, request: web.BaseRequest, form: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a request whose token is valid for one minute and one URL, and programs that make it."""
        call = Call.read(form)
        url = f"{request.scheme}://{request.host}{call.url}"
        token = self._service.tokens.sign_request(url, seconds=_TOKEN_LIFETIME)
        return {
            "method": call.route.method,
            "url": call.url,
            "contentType": call.content_type,
            "authorization": f"Bearer {token}",
            "programs": programs(call),
        }

    def _programs(self, request: web.BaseRequest, form: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - as the others
        """Return programs for a call that is still being edited, without a token.

        Here, a form that cannot be sent yet is not an error.
        """
        try:
            return {"programs": programs(Call.read(form))}
        except InvalidRequestError as error:
            return {"error": str(error)}

    def _form(self, request: web.BaseRequest, form: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - as the others
        """Return the form that makes a recorded request again."""
        entry = self._history.find(form.get("id"))
        if entry is None:
            raise InvalidRequestError("The emulator no longer remembers this request.")
        filled = form_of(entry)
        if filled is None:
            raise InvalidRequestError("This request did not call an operation, so there is no form for it.")
        return {"form": filled}

    def _client(self, request: web.BaseRequest, form: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a URL that a client can connect to."""
        client = Client.read(form)
        path = f"{request.host}/client/hubs/{client.hub}"
        token = self._service.tokens.issue(
            f"{request.scheme}://{path}",
            minutes=client.minutes,
            user_id=client.user_id,
            roles=client.roles,
            groups=client.groups,
        )
        return {"url": f"{_websocket(request)}://{path}?access_token={token}"}

    def _connection_string(self, request: web.BaseRequest, form: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - as the others
        """Return the connection string. It contains the key, so the page requests it only to copy it."""
        _log.info("The playground's page requested the connection string, to copy it.")
        key = self._service.settings.access_key
        endpoint = f"{request.scheme}://{request.host}"
        return {"connectionString": f"Endpoint={endpoint};AccessKey={key};Version=1.0;"}

    # --- the feed ---

    async def _connect_feed(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            compress=False, heartbeat=30, max_msg_size=_LARGEST_MESSAGE, timeout=_CLOSE_TIMEOUT
        )
        if not socket.can_prepare(request):
            return _text(400, "The feed is a WebSocket.")
        await socket.prepare(request)
        self._sockets.add(socket)
        page = PageFeed(self._service, self._history, self._rates)
        self._history.open(page)
        hello = {
            "endpoint": f"{request.scheme}://{request.host}",
            "emulator": self._name,
            "subprotocols": list(CODECS),
            "listed": LISTED,
            "operations": described(),
            "control": self._service.settings.control != "off",
        }
        await socket.send_str(json.dumps({"hello": hello}))
        sender = asyncio.create_task(page.run(socket.send_str))
        try:
            async for message in socket:
                page.show(_subject(message.data))
        finally:
            self._history.close(page)
            self._sockets.discard(socket)
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sender
        return socket


_PREPARATIONS: Mapping[str, Callable[[Playground, web.BaseRequest, Mapping[str, Any]], Mapping[str, Any]]] = {
    "call": Playground._call,  # noqa: SLF001 - the class's own table
    "programs": Playground._programs,  # noqa: SLF001
    "form": Playground._form,  # noqa: SLF001
    "client": Playground._client,  # noqa: SLF001
    "connection-string": Playground._connection_string,  # noqa: SLF001
}


def _websocket(request: web.BaseRequest) -> str:
    """Return the scheme of WebSockets that goes with the request's."""
    return request.scheme.replace("http", "ws")


def _subject(message: object) -> Subject | None:
    """Read whose traffic to show; ``None``, for everything, if the message makes no sense."""
    try:
        return Subject.of(json.loads(message) if isinstance(message, str) else None)
    except (ValueError, RecursionError):
        return None


@functools.cache
def _files() -> Mapping[str, tuple[str, bytes]]:
    """Return the page's files by name, with their media types. No other files are served."""
    folder = resources.files(__name__.rpartition(".")[0]).joinpath("page")
    return {
        file.name: (_MEDIA_TYPES[file.name.rpartition(".")[2]], file.read_bytes())
        for file in folder.iterdir()
    }


def _file(request: web.BaseRequest, path: str) -> web.Response:
    name = "index.html" if path == "/" else path.removeprefix(_PREFIX)
    found = _files().get(name)
    if found is None:
        return _text(404, "The playground has no such file.")
    media_type, body = found
    headers = {
        **_HEADERS,
        "Content-Type": media_type,
        "Content-Security-Policy": _POLICY.format(origin=f"{_websocket(request)}://{request.host}"),
    }
    return web.Response(body=body, headers=headers)


def _json(status: int, body: Mapping[str, Any]) -> web.Response:
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=data, headers={**_HEADERS, "Content-Type": "application/json"})


def _text(status: int, text: str) -> web.Response:
    headers = {**_HEADERS, "Content-Type": "text/plain; charset=utf-8"}
    return web.Response(status=status, body=text.encode(), headers=headers)
