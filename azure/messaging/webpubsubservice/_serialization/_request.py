"""Check a builder's values and write them into a request."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, TypeAlias

from azure.core.rest import HttpRequest

from ._headers import Headers
from ._kinds import Text
from ._parameter import Parameter, Values
from ._text import header_name, header_value
from ._versions import ApiVersion

BodyValues: TypeAlias = tuple[Parameter, Any, Any, str | None]
"""A body's parameter, and the arguments ``content``, ``json`` and ``content_type``."""
_NOTHING: Values = {}


def request(
    method: str,
    url: str,
    *,
    path: Values = _NOTHING,
    query: Values = _NOTHING,
    header: Values = _NOTHING,
    cookie: Values = _NOTHING,
    form: Values = _NOTHING,
    multipart: bool = False,
    body: BodyValues | None = None,
    accept: str | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpRequest:
    """Check the values and write the request.

    :param url: The path, with ``{name}`` for each of the values in ``path``.
    :param path: The values in the path. Like the next four, they are in the order of the wire.
    :param multipart: Whether a form is ``multipart/form-data``. A body that may be a form decides itself.
    :param accept: The media types that the response may have.
    :param params: The caller's query. It takes precedence over defaults; arguments take precedence over it.
    :param headers: The caller's headers, with the same precedence.
    :raises TypeError: A value is missing, or of the wrong type.
    :raises ValueError: A value breaks a rule, or the api-version does not know it.
    """
    if params is not None or headers is not None:
        _check_mappings(params=params, headers=headers)
    chosen = _chosen_version(((query, params), (header, headers and Headers(headers)), (path, None)))
    if chosen:
        api_version, version = chosen
        api_version.check_operation(version, f"{method} {url}")
        path, query, header, cookie, form = (
            _in_version(part, api_version, version) for part in (path, query, header, cookie, form)
        )
        body = body and _body_in_version(body, api_version, version)
    target = _url(url, path, query, params)  # first, because its values come first in a call
    data, content_type, argument = _data(body, form, multipart=multipart)
    all_headers = _headers(header, accept, content_type, argument, headers)
    if body and content_type == "" and "Content-Type" not in all_headers:
        raise body[0].unknown_type()
    if cookie:
        _optional("styles").add_cookies(all_headers, cookie)
    return ReadyRequest(method, target, all_headers, data)


class ReadyRequest(HttpRequest):
    """An ``HttpRequest`` whose parts are ready.

    azure-core's constructor finds out what kind of content there is, merges headers twice, and looks each
    attribute up in a list of old names.
    """

    def __init__(self, method: str, url: str, headers: Headers, content: Any) -> None:
        if content and isinstance(content, bytes):
            headers.by_name["content-length"] = ("Content-Length", str(len(content)))
        # Attributes of azure-core's; the names of the last two are those that its own transports read.
        self.__dict__.update(method=method, url=url, headers=headers, _data=content, _files=None)

    def __copy__(self) -> "ReadyRequest":
        made = ReadyRequest.__new__(ReadyRequest)
        made.__dict__.update(self.__dict__)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        # As azure-core's own class, so that a process without this package can read it.
        return HttpRequest, (self.method, self.url), self.__dict__


def _optional(module: str) -> Any:
    """Import a module that few operations need. A generated package has it only if one of them does."""
    return import_module(f".{module}", __package__)


def _check_mappings(**mappings: object) -> None:
    for name, mapping in mappings.items():
        if mapping is not None and not isinstance(mapping, Mapping):
            raise TypeError(f"{name} must be a mapping of str to str, not {type(mapping).__name__}")
        for key in mapping or ():
            if not isinstance(key, str):
                raise TypeError(f"{name} must be a mapping of str to str; {key!r} is not a str")


def _chosen_version(
    parts: Iterable[tuple[Values, Mapping[str, str] | None]],
) -> tuple[ApiVersion, str] | None:
    """Find the api-version in the request, unless it is the default one."""
    for part, callers in parts:
        for name, (parameter, value) in part.items():
            if type(parameter) is ApiVersion:
                if value is not parameter.default:
                    return parameter, value
                return (parameter, callers[name]) if callers and name in callers else None
    return None


def _in_version(part: Values, api_version: ApiVersion, version: str) -> Values:
    return {name: api_version.for_version(*item, version) for name, item in part.items()}


def _body_in_version(body: BodyValues, api_version: ApiVersion, version: str) -> BodyValues:
    parameter, content, json, content_type = body
    shape = api_version.shape(parameter, content if json is None else json, version)
    return shape, content, json, content_type


def _url(url: str, path: Values, query: Values, params: Mapping[str, str] | None) -> str:
    for name, (parameter, value) in path.items():
        url = url.replace(f"{{{name}}}", parameter.segment(value))
    items = _query_items(_with_params(query, params) if params else query)
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(items)}" if items else url


def _query_items(query: Values) -> list[str]:
    items = []
    for name, (parameter, value) in query.items():
        if value is not None:
            items.append(parameter.query_item(name, value))
        elif parameter.required:
            parameter.require(value)
    return [item for item in items if item]  # an empty list may write nothing


def _with_params(query: Values, params: Mapping[str, str]) -> Values:
    """Replace defaults by values in the caller's query, and append the rest of that query."""
    callers = {name: (Text(f"params[{name!r}]", required=True), value) for name, value in params.items()}
    replaced = {
        name: callers[name] if name in callers and parameter.is_overridable(value) else (parameter, value)
        for name, (parameter, value) in query.items()
    }
    return {**replaced, **{name: item for name, item in callers.items() if name not in query}}


def _data(body: BodyValues | None, form: Values, *, multipart: bool) -> tuple[Any, str | None, str | None]:
    """Return the body, its default content type, and the content type that the caller passed."""
    if body:
        parameter, content, json, content_type = body
        chosen = parameter.chosen_form(form, content, json, content_type) if form else None
        if chosen is None:
            return *parameter.body(content, json, content_type), content_type
        multipart, form = chosen[0] == "multipart/form-data", chosen[1]
    if not form:
        return None, None, None
    if multipart:
        return *_optional("forms").write_multipart(form), None
    return "&".join(_query_items(form)).encode(), "application/x-www-form-urlencoded", None


def _headers(
    header: Values,
    accept: str | None,
    content_type: str | None,
    argument: str | None,
    headers: Mapping[str, str] | None,
) -> Headers:
    """Return the headers. Arguments take precedence over the caller's headers, and those over defaults.

    :param content_type: The default content type of the body.
    :param argument: The content type that the caller passed.
    """
    merged = Headers.of({"accept": ("Accept", accept)} if accept else {})
    given: dict[str, str] = {}
    for name, (parameter, value) in header.items():
        if parameter.require(value):
            (merged if parameter.is_default(value) else given).update(parameter.headers(name, value))
    if argument is not None:
        given["Content-Type"] = argument
    elif content_type:
        merged.by_name["content-type"] = ("Content-Type", content_type)
    if headers:
        for name, value in headers.items():
            merged[header_name("headers", name)] = header_value(f"headers[{name!r}]", value)
    for name, value in given.items():
        merged[name] = value
    merged.are_checked = True
    return merged
