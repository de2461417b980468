"""The keyword options of clients and of calls: azure-core's, by name and type, in one place.

``None`` means the default, whatever the option: a setting that is not set never switches anything off. All
other values are checked when they are given, before anything is signed or sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from ._keywords import describe_inherited

if TYPE_CHECKING:
    import logging
    import os
    import ssl
    from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

__all__ = ["ClientOptions", "RequestOptions"]


class _Shared(TypedDict, total=False):
    """Options of clients and of calls.

    :ivar headers: Headers added to each request.
    :ivar request_id: Value of ``x-ms-client-request-id``. By default each call has a random one, which
        its attempts share.
    :ivar auto_request_id: ``False`` leaves ``x-ms-client-request-id`` out, unless ``request_id`` or a
        header sets it.
    :ivar user_agent: Put in front of the ``User-Agent``.
    :ivar user_agent_overwrite: ``True`` makes ``user_agent`` the whole ``User-Agent``.
    :ivar logging_enable: ``True`` logs requests and responses in full at DEBUG, without secrets.
    :ivar logger: Where method, URL, status and headers are logged, without secrets.
    :ivar http_logging_level: The level for that. Default INFO.
    :ivar raw_request_hook: Called with the ``PipelineRequest`` of each attempt, signed already.
    :ivar raw_response_hook: Called with the ``PipelineResponse`` of each attempt.
    :ivar permit_redirects: ``False`` returns redirects to the caller instead of following them.
    :ivar redirect_max: The most redirects that a call follows. Default 30.
    :ivar redirect_across_origins: ``True`` lets body and headers follow a redirect to another origin, or
        from ``https`` to ``http``. By default a request with a body is not redirected there, and one
        without loses your headers. Credentials never go there.
    :ivar retry_total: Attempts after the first, of all kinds; 0 turns retries off. Default 10.
    :ivar retry_connect: Attempts after a connection that was never made. Default 3.
    :ivar retry_read: Attempts after a connection that broke, for methods that may be repeated. Default 3.
    :ivar retry_status: Attempts after a response that asks for it. Default 3.
    :ivar retry_on_methods: Methods sent again after a broken connection. Default ``HEAD GET PUT DELETE
        OPTIONS TRACE``.
    :ivar retry_backoff_factor: Seconds; the first retry does not wait, the second waits twice as long as
        this, the third four times. Default 0.8.
    :ivar retry_backoff_max: Longest wait in seconds. A response whose ``Retry-After`` is longer is
        returned at once. Default 120.
    :ivar timeout: Seconds for a call. By default it has no limit of its own. In the asynchronous client
        it bounds the call exactly, whatever the call waits for: content that is read, a token, a free
        connection, the network, pauses, and the response's body, unless ``stream=True`` leaves that
        unread. In the synchronous client no attempt and no pause begins or goes on after it, and no
        single wait for the network is longer than what was left when the attempt began. What it cannot
        interrupt is a name lookup, a credential, content that is slow to read, and a service that sends
        byte after byte.
    :ivar connection_timeout: Seconds for a connection to be made. Default 300.
    :ivar read_timeout: Seconds without a byte from the service. Default 300.
    :ivar connection_verify: The file or folder of certificates to trust, or an ``SSLContext``; ``False``
        verifies none.
    :ivar connection_cert: The client's own certificate: one file with its key, or both files.
    :ivar proxies: Proxies by scheme, or by ``scheme://host``; what is not named here comes from the
        environment.
    :ivar enforce_https: ``False`` lets a Microsoft Entra token go over plain HTTP, to an emulator for
        instance.
    """

    headers: Mapping[str, str] | None
    request_id: str | None
    auto_request_id: bool | None
    user_agent: str | None
    user_agent_overwrite: bool | None
    logging_enable: bool | None
    logger: logging.Logger | None
    http_logging_level: int | None
    raw_request_hook: Callable[[Any], object] | None
    raw_response_hook: Callable[[Any], object] | None
    permit_redirects: bool | None
    redirect_max: int | None
    redirect_across_origins: bool | None
    retry_total: int | None
    retry_connect: int | None
    retry_read: int | None
    retry_status: int | None
    retry_on_methods: Iterable[str] | None
    retry_backoff_factor: float | None
    retry_backoff_max: float | None
    timeout: float | None
    connection_timeout: float | None
    read_timeout: float | None
    connection_verify: bool | str | os.PathLike[str] | ssl.SSLContext | None
    connection_cert: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    proxies: MutableMapping[str, str] | None
    enforce_https: bool | None
    network_span_namer: Callable[[Any], str] | None
    tracing_attributes: Mapping[str, Any] | None


class RequestOptions(_Shared, total=False):
    """Keyword options of one call. They take precedence over the client's."""

    tracing_options: Mapping[str, Any] | None


class ClientOptions(_Shared, total=False):
    """Keyword options of a client's constructor.

    :ivar transport: An azure-core transport in place of the client's own.
    :ivar policies: The whole pipeline in place of the client's own, authentication and retries included.
    :ivar per_call_policies: A policy or several, run once a call, before everything else.
    :ivar per_retry_policies: A policy or several, run once an attempt, before it is signed. Your own
        ``authentication_policy`` runs before them, as in azure-core.
    :ivar session: A ``requests.Session`` or ``aiohttp.ClientSession`` for azure-core's own transport to
        use.
    :ivar use_env_settings: ``False`` ignores proxies and certificates that the environment names.
    :ivar connection_data_block_size: Bytes of a response read at a time. Default 4096.
    :ivar connection_pool_size: Connections kept open for each server, at least 1. Default 100. The
        asynchronous client opens no more than these; requests wait for one, at most
        ``connection_timeout``.
    :ivar user_agent_use_env: ``False`` does not add ``AZURE_HTTP_USER_AGENT`` to the ``User-Agent``.
    :ivar additional_allowed_query_params: Query parameters whose values may be logged, beyond those known
        to be safe.
    :ivar redirect_remove_headers: Headers that follow no redirect.
    :ivar redirect_on_status_codes: Statuses that are redirects, beyond 300, 301, 302, 303, 307 and 308.
    :ivar retry_mode: ``azure.core.pipeline.policies.RetryMode``: exponential by default, or fixed.
    :ivar retry_on_status_codes: Statuses that ask for a retry, beyond 408, 429, 500, 502, 503 and 504.
    :ivar enable_cae: ``True`` asks for Microsoft Entra tokens with Continuous Access Evaluation.
    """

    transport: Any
    policies: Sequence[Any] | None
    per_call_policies: Any
    per_retry_policies: Any
    session: Any
    session_owner: bool | None
    use_env_settings: bool | None
    connection_data_block_size: int | None
    connection_pool_size: int | None
    request_id_header_name: str | None
    user_agent_use_env: bool | None
    sdk_moniker: str | None
    additional_allowed_query_params: Iterable[str] | None
    redirect_remove_headers: Iterable[str] | None
    redirect_on_status_codes: Iterable[int] | None
    retry_mode: Any
    retry_on_status_codes: Iterable[int] | None
    enable_cae: bool | None
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


for _options in (ClientOptions, RequestOptions):
    describe_inherited(_options, _Shared)
