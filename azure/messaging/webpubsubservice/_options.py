"""The keyword options of clients and of calls: azure-core's own, by name and type, in one place.

The types are for readers and type checkers. The names are also what a client's constructor accepts: one that
is not here is a slip, which azure-core's clients would ignore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

__all__ = ["ClientOptions", "RequestOptions", "check_names"]


class _Shared(TypedDict, total=False):
    """Options of clients and of calls."""

    headers: Mapping[str, str]
    """Headers added to each request."""
    request_id: str | None
    """Value of ``x-ms-client-request-id``; ``None`` leaves the header out. By default a new one for each
    call.
    """
    user_agent: str
    """Put in front of the ``User-Agent``."""
    user_agent_overwrite: bool
    """Whether ``user_agent`` is the whole ``User-Agent``."""
    logging_enable: bool
    """Log requests and responses in full at DEBUG, secrets masked."""
    logger: logging.Logger
    """Where method, URL, status and headers are logged, secrets masked."""
    http_logging_level: int
    """The level for that; INFO by default."""
    raw_request_hook: Callable[[Any], None]
    """Called with each attempt's ``PipelineRequest``, signed already."""
    raw_response_hook: Callable[[Any], None]
    """Called with each attempt's ``PipelineResponse``."""
    permit_redirects: bool
    redirect_max: int
    retry_total: int
    """Attempts after the first, of all kinds; 0 turns retries off. Default 10."""
    retry_connect: int
    """Attempts after a connection that was never made. Default 3."""
    retry_read: int
    """Attempts after a connection that broke, for methods that may be repeated. Default 3."""
    retry_status: int
    """Attempts after an answer that asks for it. Default 3."""
    retry_on_methods: Iterable[str]
    """Methods sent again after a broken connection. Default ``HEAD GET PUT DELETE OPTIONS TRACE``."""
    retry_backoff_factor: float
    """Seconds; the first retry does not wait, the second waits twice as long as this, the third four
    times. Default 0.8.
    """
    retry_backoff_max: int
    """Longest wait in seconds that is not the service's own ``Retry-After``. Default 120."""
    timeout: float
    """Seconds for all attempts of a call together. Default a week."""
    connection_timeout: float
    """Seconds for a connection to be made. Default 300."""
    read_timeout: float
    """Seconds without a byte from the service. Default 300."""
    connection_verify: bool | str
    """Whether certificates are verified, or the file or folder of those to trust."""
    connection_cert: str | tuple[str, str] | None
    """The client's own certificate: one file with its key, or both files."""
    proxies: MutableMapping[str, str]
    """Proxies by scheme, or by ``scheme://host``; what is not named here comes from the environment."""
    enforce_https: bool
    """``False`` lets a Microsoft Entra token go over plain HTTP, to an emulator for instance."""
    network_span_namer: Callable[[Any], str]
    tracing_attributes: Mapping[str, Any]


class RequestOptions(_Shared, total=False):
    """Keyword options of one call."""

    tracing_options: Mapping[str, Any]


class ClientOptions(_Shared, total=False):
    """Keyword options of a client's constructor."""

    transport: Any
    """An azure-core transport in place of the client's own."""
    policies: Sequence[Any]
    """The whole pipeline in place of the client's own, authentication and retries included."""
    per_call_policies: Any
    """A policy or several, run once a call, before everything else."""
    per_retry_policies: Any
    """A policy or several, run once an attempt, before it is signed."""
    session: Any
    """A ``requests.Session`` or ``aiohttp.ClientSession`` for azure-core's own transport to use."""
    session_owner: bool
    use_env_settings: bool
    """Whether proxies and certificates are looked up in the environment. Default true."""
    connection_data_block_size: int
    auto_request_id: bool
    request_id_header_name: str
    user_agent_use_env: bool
    """Whether ``AZURE_HTTP_USER_AGENT`` is added to the ``User-Agent``. Default true."""
    sdk_moniker: str
    additional_allowed_query_params: Iterable[str]
    """Query parameters whose values may be logged, beyond those known to be safe."""
    redirect_remove_headers: Iterable[str]
    redirect_on_status_codes: Iterable[int]
    retry_mode: Any
    """``azure.core.pipeline.policies.RetryMode``: exponential by default, or fixed."""
    retry_on_status_codes: Iterable[int]
    """Statuses that ask for a retry, beyond 408, 429, 500, 502, 503 and 504."""
    enable_cae: bool
    """Whether Microsoft Entra tokens are asked for with Continuous Access Evaluation."""
    instrumentation_config: Mapping[str, Any]
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


_CLIENT_NAMES = frozenset(ClientOptions.__annotations__) | frozenset(_Shared.__annotations__)


def check_names(options: Mapping[str, object]) -> None:
    """Refuse a constructor's keyword that means nothing.

    :raises TypeError: There is one.
    """
    unknown = sorted(set(options) - _CLIENT_NAMES)
    if unknown:
        from difflib import get_close_matches  # noqa: PLC0415 - for mistakes alone

        hint = "".join(f" Did you mean {name}?" for name in get_close_matches(unknown[0], _CLIENT_NAMES, 1))
        if unknown[0] == "hub":
            hint = " One client serves all hubs: a hub is the first argument of each build_*_request."
        raise TypeError(
            f"WebPubSubServiceClient() got an unexpected keyword argument {unknown[0]!r}.{hint} It takes "
            "endpoint, credential, reverse_proxy_endpoint, api_version, credential_scopes and the options of "
            "azure-core's clients."
        )
