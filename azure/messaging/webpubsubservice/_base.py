"""What both clients have in common: their arguments, and the request that goes down the pipeline."""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from azure.core.credentials import AzureKeyCredential
from azure.core.rest import HttpRequest

from ._arguments import list_of
from ._body import as_replayable
from ._connection_string import ConnectionString
from ._endpoint import Endpoint
from ._keywords import explaining
from ._migration import hub_in_connection_string_call
from ._option_checks import checked_call_options, checked_client_options, takes_options_of_others
from ._pipeline import Driver, authenticate, caller_policies, default_policies
from ._request import PreparedRequest, check_no_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Self, Unpack

    from ._client_tokens import ClientAccessToken, ClientTokenRequest
    from ._options import ClientOptions

__all__ = ["ClientBase"]

_SCOPES = ("https://webpubsub.azure.com/.default",)
_API_VERSION = r"\d{4}-\d{2}-\d{2}(-[A-Za-z0-9.]+)?"


TokenCredentialT = TypeVar("TokenCredentialT")
"""The kind of token credential that a client takes."""


class ClientBase(Generic[TokenCredentialT]):
    """The arguments of a client, checked, and what follows from them."""

    _driver: ClassVar[Driver]

    def __init__(
        self,
        endpoint: str,
        credential: AzureKeyCredential | TokenCredentialT,
        *,
        reverse_proxy_endpoint: str | None = None,
        api_version: str | None = None,
        credential_scopes: Iterable[str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        driver = self._driver
        self._options = checked_client_options(options)
        self._for_others = takes_options_of_others(self._options)
        self._given_endpoint = endpoint
        self._endpoint = Endpoint.parse(endpoint, reverse_proxy_endpoint)
        self._credential: Any = credential
        self._api_version = _checked_api_version(api_version)
        # Checked even where it is not used, because the whole pipeline is the caller's.
        scopes = _checked_scopes(credential_scopes)
        authentication = authenticate(driver, self._endpoint, credential, scopes, self._options)
        policies = self._options.get("policies")
        self._has_default_policies = policies is None
        if policies is None:
            self._policies = default_policies(driver, self._endpoint, authentication, self._options)
        else:
            self._policies = caller_policies(policies, self._options)
        self._timeout: float = self._options.get("timeout", math.inf)
        transport = self._options.get("transport")
        self._transport: Any = driver.make_transport(self._options) if transport is None else transport
        self._pipeline: Any = driver.make_pipeline(self._transport, self._policies)

    @classmethod
    @explaining(hub_in_connection_string_call)
    def from_connection_string(
        cls,
        connection_string: str,
        *,
        reverse_proxy_endpoint: str | None = None,
        api_version: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Create a client from ``Endpoint=<url>;AccessKey=<key>;Version=1.0;``.

        :param connection_string: The connection string, as the Azure portal shows it under Keys.
        :keyword reverse_proxy_endpoint: As for the constructor; so are the others.
        :raises TypeError: An argument is of the wrong kind, or unknown.
        :raises ValueError: The connection string is malformed. The message does not repeat it.
        """
        parsed = ConnectionString.parse(connection_string)
        if twice := {"endpoint", "credential"} & set(options):
            raise TypeError(f"{min(twice)} is part of the connection string.")
        return cls(
            parsed.endpoint,
            AzureKeyCredential(parsed.access_key),
            reverse_proxy_endpoint=reverse_proxy_endpoint,
            api_version=api_version,
            **options,
        )

    @property
    def endpoint(self) -> str:
        """The endpoint, as it was given."""
        return self._given_endpoint

    @property
    def api_version(self) -> str:
        """The ``api-version`` of requests that name none."""
        return self._api_version

    if not TYPE_CHECKING:  # which would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            from ._migration import missing_attribute  # noqa: PLC0415 - for mistakes only

            raise missing_attribute(self, name)

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError(
            f"a {type(self).__name__} cannot be pickled or copied, because it holds connections and a "
            "credential. Create one in each process, and pass on what it is created from."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} endpoint:'{self._given_endpoint}'>"

    def _options_for_later(self, options: Mapping[str, Any], function: str, *names: str) -> dict[str, Any]:
        """Return the options of calls that a method makes later, when a mistake would come late.

        :param function: The method that was called.
        :param names: The keyword arguments that only this method has.
        :raises TypeError: An option is unknown or of the wrong type.
        :raises ValueError: An option makes no sense, or the client was closed.
        """
        checked = checked_call_options(options, self._for_others, function, names)
        if "stream" in checked:  # where a caller's policies may take options of their own
            raise TypeError(f"{function} reads the responses; it takes no stream=.")
        check_open = getattr(self._transport, "check_open", None)  # only our transports have it
        if check_open is not None:
            check_open()
        return checked

    def _prepare(self, request: HttpRequest) -> PreparedRequest | None:
        """Return the request that goes down the pipeline, and leave the caller's as it is.

        :return: ``None`` if its content can be read only once; see :meth:`_with_body`.
        :raises TypeError: It is not a request, or has files.
        :raises ValueError: The URL is not the endpoint's, or the body is over 1 MiB.
        """
        if not isinstance(request, HttpRequest):
            raise TypeError(
                "send_request takes an azure.core.rest.HttpRequest, as the build_*_request functions make, "
                f"not {type(request).__name__}."
            )
        body = request.content
        if body is not None and not isinstance(body, bytes):
            check_no_files(request, body)
            body = as_replayable(body)
            if body is None:
                return None
        return self._with_body(request, body)

    def _with_body(self, request: HttpRequest, body: bytes | None) -> PreparedRequest:
        """Return the request with the body that its content was read into, which is sent as it is."""
        url = self._endpoint.resolve(request.url, self._api_version)
        return PreparedRequest(request.method, url, request.headers, body)

    def _sign_client_token(self, token_request: ClientTokenRequest) -> ClientAccessToken | None:
        """Sign a client's token, or return ``None`` if there is no key and the service has to make it."""
        key = getattr(self._credential, "key", None)
        if key is not None:
            service = self._endpoint.service.url
            return token_request.access_token(service, token_request.sign(service, key, time.time()))
        if token_request.jwt_headers is not None:
            raise ValueError(
                "jwt_headers is for clients with an access key; with Microsoft Entra the service makes the "
                "token."
            )
        return None

    def _client_token_request(self, token_request: ClientTokenRequest) -> HttpRequest:
        from .rest import build_generate_client_token_request  # noqa: PLC0415 - for Microsoft Entra only

        return build_generate_client_token_request(
            token_request.hub,
            user_id=token_request.user_id,
            role=token_request.roles or None,
            minutes_to_expire=token_request.minutes,
            group=token_request.groups or None,
            client_type=token_request.client_type,
            api_version=self._api_version,
        )


def _checked_api_version(api_version: str | None) -> str:
    from .rest._versions import DEFAULT_API_VERSION  # noqa: PLC0415 - rest imports this package

    if api_version is None:
        return DEFAULT_API_VERSION
    if not isinstance(api_version, str) or not re.fullmatch(_API_VERSION, api_version):
        raise ValueError(f"api_version={api_version!r}: must be written like {DEFAULT_API_VERSION!r}.")
    return api_version


def _checked_scopes(scopes: Iterable[str] | None) -> tuple[str, ...]:
    if scopes is None:
        return _SCOPES
    checked = (scopes,) if isinstance(scopes, str) else list_of(str, "credential_scopes", scopes)
    if not all(checked) or not checked:
        raise ValueError(f"credential_scopes={scopes!r}: must name at least one scope, like {_SCOPES[0]!r}.")
    return checked
