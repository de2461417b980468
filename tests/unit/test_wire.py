"""For any text: what a server decodes is what was given, and the token is for the URL that it saw."""

from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azure.messaging.webpubsubservice import odata_filter
from azure.messaging.webpubsubservice.rest import (
    build_close_connection_request,
    build_close_user_connections_request,
    build_send_to_connection_request,
    build_send_to_group_request,
    build_send_to_user_request,
)
from tests.faults import FaultServer, authorized
from tests.unit.clients import KEY, connect

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
LINE_BREAKS = set("\n\r\u2028\u2029")
# What the service takes for a group's name.
NAME = TEXT.filter(
    lambda text: bool(text.strip()) and not LINE_BREAKS & set(text) and text not in {".", ".."}
)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_server_decodes_what_was_given(kind: str) -> None:
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:

        def sent(request: Any) -> tuple[str, dict[str, list[str]], bytes]:
            assert client.send(request).status_code == 202  # the fault server compares audience and URL
            seen = server.requests[-1]
            assert seen.target == request.url
            path, _, query = seen.target.partition("?")
            decoded: dict[str, list[str]] = {}
            for name, value in parse_qsl(query, keep_blank_values=True, errors="strict"):
                decoded.setdefault(name, []).append(value)
            return path, decoded, seen.body

        @given(NAME, TEXT, st.lists(TEXT, min_size=1, max_size=3), TEXT)
        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        def check(name: str, value: str, several: list[str], payload: str) -> None:
            written = odata_filter("userId eq {}", value)
            path, query, body = sent(
                build_send_to_group_request("hub", name, content=payload, filter=written, excluded=several)
            )
            assert unquote(path.split("/")[5], errors="strict") == name
            assert (query["filter"], query["excluded"], body.decode()) == ([written], several, payload)
            path, _, _ = sent(build_send_to_user_request("hub", name, content=payload))
            assert unquote(path.split("/")[5], errors="strict") == name
            path, _, body = sent(build_send_to_connection_request("hub", name, content=payload.encode()))
            assert unquote(path.split("/")[5], errors="strict") == name
            assert body.decode() == payload
            for build in (build_close_connection_request, build_close_user_connections_request):
                path, query, _ = sent(build("hub", name, reason=value))
                assert unquote(path.split("/")[5], errors="strict") == name
                assert query.get("reason", [""]) == [value]

        check()
