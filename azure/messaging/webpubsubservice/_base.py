"""What both clients have in common: their arguments, and a request made ready for the pipeline."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from azure.core.rest import HttpRequest

from ._auth import ClientAccessToken, ClientTokenRequest, ConnectionString
from ._body import as_replayable
from ._endpoint import Endpoint
from ._options import check_names
from ._pipeline import Flavour, authenticate, replaced_policies, standard_policies
from ._request import PreparedRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["DEFAULT_API_VERSION", "DEFAULT_SCOPES", "ClientBase"]

DEFAULT_API_VERSION = "2024-12-01"
DEFAULT_SCOPES = ("https://webpubsub.azure.com/.default",)

_API_VERSION = r"\d{4}-\d{2}-\d{2}(-[A-Za-z0-9.]+)?"


class ClientBase:
    """The arguments of a client, checked, and what follows from them."""

    def __init__(
        self,
        flavour: Flavour,
        endpoint: str,
        credential: Any,
        reverse_proxy_endpoint: str | None,
        api_version: str,
        credential_scopes: Iterable[str],
        options: Mapping[str, Any],
    ) -> None:
        check_names(options)
        if not isinstance(api_version, str) or not re.fullmatch(_API_VERSION, api_version):
            raise ValueError(f"api_version={api_version!r}: must be written like {DEFAULT_API_VERSION!r}.")
        if isinstance(credential_scopes, str):
            credential_scopes = (credential_scopes,)
        self._given_endpoint = endpoint
        self._endpoint = Endpoint.parse(endpoint, reverse_proxy_endpoint)
        self._credential = credential
        self._api_version = api_version
        # Checked even where it is not used, because the whole pipeline is the caller's.
        known = authenticate(flavour, self._endpoint, credential, credential_scopes, options)
        policies = options.get("policies")
        if policies is None:
            self._policies = standard_policies(flavour, self._endpoint, known, options)
        else:
            self._policies = replaced_policies(policies, options)

    @property
    def endpoint(self) -> str:
        """The endpoint, as it was given."""
        return self._given_endpoint

    @property
    def api_version(self) -> str:
        """The ``api-version`` of requests that name none."""
        return self._api_version

    def __repr__(self) -> str:
        return f"<{type(self).__name__} endpoint:'{self._given_endpoint}'>"

    def _prepare(self, request: HttpRequest, body: bytes | None) -> HttpRequest:
        """Make the request that goes down the pipeline, and leave the caller's as it is.

        :param body: Sent as it is.
        :raises ValueError: The URL is not the endpoint's, or the body is over 1 MiB.
        """
        url = self._endpoint.resolve(request.url, self._api_version)
        return PreparedRequest(request.method, url, request.headers, body)

    @staticmethod
    def _content(request: object) -> tuple[object, Any]:
        """Give a request's content, and the body to send: ``None`` if that has to be read first."""
        if not isinstance(request, HttpRequest):
            raise TypeError(
                "send_request takes an azure.core.rest.HttpRequest, as the build_*_request functions make, "
                f"not {type(request).__name__}."
            )
        content = request.content
        if content is None or isinstance(content, bytes):
            return content, content
        if isinstance(content, (dict, list)) and getattr(request, "files", None):
            raise TypeError("The service takes no forms with files. Give the request's body as content=.")
        return content, as_replayable(content)

    @staticmethod
    def _connection_arguments(connection_string: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        parsed = ConnectionString.parse(connection_string)
        if twice := {"endpoint", "credential"} & set(arguments):
            raise TypeError(f"{min(twice)} is part of the connection string.")
        from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415 - imported by then

        return {"endpoint": parsed.endpoint, "credential": AzureKeyCredential(parsed.access_key), **arguments}

    def _sign_client_token(self, asked: ClientTokenRequest) -> ClientAccessToken | None:
        """Sign a client's token, or give ``None`` if the client has no key and has to ask the service."""
        key = getattr(self._credential, "key", None)
        if key is not None:
            service = self._endpoint.service.url
            return asked.answer(service, asked.sign(service, key, time.time()))
        if asked.jwt_headers is not None:
            raise ValueError(
                "jwt_headers is for clients with an access key; with Microsoft Entra the service makes the "
                "token."
            )
        return None

    def _client_token_request(self, asked: ClientTokenRequest) -> HttpRequest:
        from .rest import build_generate_client_token_request  # noqa: PLC0415 - for Microsoft Entra alone

        optional: dict[str, Any] = {}
        if asked.protocol != "default":
            optional["client_type"] = asked.client_type
        if asked.groups:
            optional["group"] = list(asked.groups)
        return build_generate_client_token_request(
            asked.hub,
            user_id=asked.user_id,
            role=list(asked.roles) or None,
            minutes_to_expire=asked.minutes,
            api_version=self._api_version,
            **optional,
        )
