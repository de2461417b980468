"""The keyword options of clients and of calls: azure-core's, by name and type, in one place.

``None`` means the default, whatever the option: a setting that is not set never switches anything off. All
other values are checked when they are given, before anything is signed or sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import logging
    import os
    import ssl
    from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

__all__ = ["ClientOptions", "RequestOptions"]


class _Shared(TypedDict, total=False):
    """Options of clients and of calls."""

    headers: Mapping[str, str] | None
    """Headers added to each request."""
    request_id: str | None
    """Value of ``x-ms-client-request-id``. By default each call has a random one, which its attempts share.
    """
    auto_request_id: bool | None
    """``False`` leaves ``x-ms-client-request-id`` out, unless ``request_id`` or a header sets it."""
    user_agent: str | None
    """Put in front of the ``User-Agent``."""
    user_agent_overwrite: bool | None
    """``True`` makes ``user_agent`` the whole ``User-Agent``."""
    logging_enable: bool | None
    """``True`` logs requests and responses in full at DEBUG, without secrets."""
    logger: logging.Logger | None
    """Where method, URL, status and headers are logged, without secrets."""
    http_logging_level: int | None
    """The level for that. Default INFO."""
    raw_request_hook: Callable[[Any], object] | None
    """Called with the ``PipelineRequest`` of each attempt, signed already."""
    raw_response_hook: Callable[[Any], object] | None
    """Called with the ``PipelineResponse`` of each attempt."""
    permit_redirects: bool | None
    """``False`` returns redirects to the caller instead of following them."""
    redirect_max: int | None
    """The most redirects that a call follows. Default 30."""
    redirect_across_origins: bool | None
    """``True`` lets body and headers follow a redirect to another origin, or from ``https`` to ``http``.
    By default a request with a body is not redirected there, and one without loses your headers. Credentials
    never go there.
    """
    retry_total: int | None
    """Attempts after the first, of all kinds; 0 turns retries off. Default 10."""
    retry_connect: int | None
    """Attempts after a connection that was never made. Default 3."""
    retry_read: int | None
    """Attempts after a connection that broke, for methods that may be repeated. Default 3."""
    retry_status: int | None
    """Attempts after a response that asks for it. Default 3."""
    retry_on_methods: Iterable[str] | None
    """Methods sent again after a broken connection. Default ``HEAD GET PUT DELETE OPTIONS TRACE``."""
    retry_backoff_factor: float | None
    """Seconds; the first retry does not wait, the second waits twice as long as this, the third four
    times. Default 0.8.
    """
    retry_backoff_max: float | None
    """Longest wait in seconds. A response whose ``Retry-After`` is longer is returned at once.
    Default 120.
    """
    timeout: float | None
    """Seconds for a call. By default it has no limit of its own.

    In the asynchronous client it bounds the call exactly, whatever the call waits for: content that is read,
    a token, a free connection, the network, pauses, and the response's body, unless ``stream=True`` leaves
    that unread. In the synchronous client no attempt and no pause begins or goes on after it, and no single
    wait for the network is longer than what was left when the attempt began. What it cannot interrupt is a
    name lookup, a credential, content that is slow to read, and a service that sends byte after byte.
    """
    connection_timeout: float | None
    """Seconds for a connection to be made. Default 300."""
    read_timeout: float | None
    """Seconds without a byte from the service. Default 300."""
    connection_verify: bool | str | os.PathLike[str] | ssl.SSLContext | None
    """The file or folder of certificates to trust, or an ``SSLContext``; ``False`` verifies none."""
    connection_cert: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    """The client's own certificate: one file with its key, or both files."""
    proxies: MutableMapping[str, str] | None
    """Proxies by scheme, or by ``scheme://host``; what is not named here comes from the environment."""
    enforce_https: bool | None
    """``False`` lets a Microsoft Entra token go over plain HTTP, to an emulator for instance."""
    network_span_namer: Callable[[Any], str] | None
    tracing_attributes: Mapping[str, Any] | None


class RequestOptions(_Shared, total=False):
    """Keyword options of one call. They take precedence over the client's."""

    tracing_options: Mapping[str, Any] | None


class ClientOptions(_Shared, total=False):
    """Keyword options of a client's constructor."""

    transport: Any
    """An azure-core transport in place of the client's own."""
    policies: Sequence[Any] | None
    """The whole pipeline in place of the client's own, authentication and retries included."""
    per_call_policies: Any
    """A policy or several, run once a call, before everything else."""
    per_retry_policies: Any
    """A policy or several, run once an attempt, before it is signed."""
    session: Any
    """A ``requests.Session`` or ``aiohttp.ClientSession`` for azure-core's own transport to use."""
    session_owner: bool | None
    use_env_settings: bool | None
    """``False`` ignores proxies and certificates that the environment names."""
    connection_data_block_size: int | None
    """Bytes of a response read at a time. Default 4096."""
    connection_pool_size: int | None
    """Connections kept open for each server, at least 1. Default 100. The asynchronous client opens no more
    than these; requests wait for one, at most ``connection_timeout``.
    """
    request_id_header_name: str | None
    user_agent_use_env: bool | None
    """``False`` does not add ``AZURE_HTTP_USER_AGENT`` to the ``User-Agent``."""
    sdk_moniker: str | None
    additional_allowed_query_params: Iterable[str] | None
    """Query parameters whose values may be logged, beyond those known to be safe."""
    redirect_remove_headers: Iterable[str] | None
    """Headers that follow no redirect."""
    redirect_on_status_codes: Iterable[int] | None
    """Statuses that are redirects, beyond 300, 301, 302, 303, 307 and 308."""
    retry_mode: Any
    """``azure.core.pipeline.policies.RetryMode``: exponential by default, or fixed."""
    retry_on_status_codes: Iterable[int] | None
    """Statuses that ask for a retry, beyond 408, 429, 500, 502, 503 and 504."""
    enable_cae: bool | None
    """``True`` asks for Microsoft Entra tokens with Continuous Access Evaluation."""
    instrumentation_config: Mapping[str, Any] | None
    request_id_policy: Any
    headers_policy: Any
    user_agent_policy: Any
    proxy_policy: Any
    redirect_policy: Any
    retry_policy: Any
    authentication_policy: Any
    custom_hook_policy: Any
    logging_policy: Any
    http_logging_policy: Any
