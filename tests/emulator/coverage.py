"""What the emulator covers: ``python -m tests.emulator.coverage`` writes ``docs/emulator-coverage.md``.

Operations come from the documents in ``swagger/``, and are supported if the emulator routes them; features
are listed here. Everything supported names the tests that prove it, and a test checks that they exist and
that the page is what this module writes.
"""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from azure.messaging.webpubsubservice.emulator._specification import API_VERSIONS, ROUTES, Route

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "emulator-coverage.md"
TESTS = Path(__file__).parent

#: The tests of each operation, apart from what schemathesis does to all of them.
OPERATIONS: Mapping[str, Sequence[str]] = {
    "HealthApi_GetServiceStatus": ["test_requests::test_health_needs_nothing"],
    "WebPubSub_SendToAll": ["test_sending::test_content_types_arrive_as_frames_and_as_json", "test_model"],
    "WebPubSub_SendToGroup": [
        "test_sending::test_each_send_reaches_its_targets_and_nobody_else",
        "test_model",
    ],
    "WebPubSub_SendToUser": ["test_operations::test_filters_choose_who_receives", "test_model"],
    "WebPubSub_SendToConnection": [
        "test_sending::test_each_send_reaches_its_targets_and_nobody_else",
        "test_model",
    ],
    "WebPubSub_ConnectionExists": ["test_operations::test_what_exists", "test_model"],
    "WebPubSub_GroupExists": ["test_operations::test_what_exists", "test_model"],
    "WebPubSub_UserExists": ["test_operations::test_what_exists", "test_model"],
    "WebPubSub_UserExistsInGroup": ["test_operations::test_what_exists"],
    "WebPubSub_CloseConnection": ["test_operations::test_closing", "test_model"],
    "WebPubSub_CloseAllConnections": ["test_operations::test_closing", "test_model"],
    "WebPubSub_CloseGroupConnections": ["test_operations::test_closing", "test_model"],
    "WebPubSub_CloseUserConnections": ["test_operations::test_closing", "test_model"],
    "WebPubSub_AddConnectionToGroup": [
        "test_operations::test_membership_of_connections_and_users",
        "test_model",
    ],
    "WebPubSub_RemoveConnectionFromGroup": [
        "test_operations::test_membership_of_connections_and_users",
        "test_model",
    ],
    "WebPubSub_RemoveConnectionFromAllGroups": [
        "test_operations::test_membership_of_connections_and_users",
        "test_model",
    ],
    "WebPubSub_AddUserToGroup": ["test_operations::test_membership_of_connections_and_users", "test_model"],
    "WebPubSub_RemoveUserFromGroup": [
        "test_operations::test_membership_of_connections_and_users",
        "test_model",
    ],
    "WebPubSub_RemoveUserFromAllGroups": [
        "test_operations::test_membership_of_connections_and_users",
        "test_model",
    ],
    "WebPubSub_AddConnectionsToGroups": ["test_operations::test_groups_in_bulk", "test_model"],
    "WebPubSub_RemoveConnectionsFromGroups": ["test_operations::test_groups_in_bulk", "test_model"],
    "WebPubSub_ListConnectionsInGroup": ["test_operations::test_pages_of_members", "test_model"],
    "WebPubSub_GrantPermission": ["test_operations::test_permissions_come_and_go", "test_model"],
    "WebPubSub_RevokePermission": ["test_operations::test_permissions_come_and_go", "test_model"],
    "WebPubSub_CheckPermission": ["test_operations::test_permissions_come_and_go", "test_model"],
    "WebPubSub_GenerateClientToken": ["test_operations::test_a_token_of_the_service_lets_a_client_in"],
}


class Feature(NamedTuple):
    """Something a client, an event handler or an application may count on; supported if a test proves it."""

    name: str
    tests: Sequence[str] = ()
    note: str = ""


FEATURES: Mapping[str, Sequence[Feature]] = {
    "Tokens": [
        Feature("primary and secondary access key", ["test_requests::test_tokens_that_are_accepted"]),
        Feature(
            "audience, expiry, clock skew",
            ["test_requests::test_tokens_that_are_refused_say_why_in_the_log_only"],
        ),
        Feature(
            "client token in the query or a header", ["test_handshake::test_the_token_may_come_in_a_header"]
        ),
        Feature(
            "Microsoft Entra tokens on the data plane",
            ["test_operations::test_entra_tokens_are_accepted_on_request_alone"],
            "on request; neither signature nor role assignments are checked",
        ),
        Feature(
            "anonymous clients",
            ["test_handshake::test_clients_without_a_token_come_in_on_request"],
            "on request",
        ),
        Feature(
            "tokens after the clock was moved",
            ["test_tokens::test_tokens_from_before_and_after_a_jump_are_told_apart"],
        ),
        Feature(
            "TLS, with Microsoft Entra credentials of unmodified packages",
            ["test_tls::test_clients_and_requests", "test_tls::test_a_certificate_of_ones_own"],
            "`nox -s official`",
        ),
        Feature("client certificates"),
    ],
    "Sending": [
        Feature("`filter`, in OData", ["test_operations::test_filters_choose_who_receives", "test_odata"]),
        Feature("`excluded`", ["test_sending::test_each_send_reaches_its_targets_and_nobody_else"]),
        Feature(
            "`messageTtlSeconds`",
            [
                "test_reliable_clients::test_a_message_expires_while_nobody_takes_it",
                "test_sockets::test_a_message_that_waits_for_a_slow_client_expires",
            ],
        ),
        Feature(
            "metadata in headers",
            [
                "test_operations::test_metadata_travels_with_a_message",
                "test_like_the_service::test_headers_of_metadata",
            ],
        ),
        Feature(
            "names of query parameters in any case",
            ["test_like_the_service::test_every_query_name_is_known_in_any_case"],
        ),
        Feature(
            "`Content-Encoding` of bodies",
            [
                "test_bodies::test_an_encoded_body_is_the_message",
                "test_bodies::test_a_body_is_decoded_up_to_the_limit",
            ],
        ),
        Feature("protobuf bodies over HTTP"),
    ],
    "Clients": [
        Feature(
            "simple clients, mode `sendEvent`",
            ["test_json_clients::test_frames_of_simple_clients_are_events"],
        ),
        Feature(
            "simple clients, mode `sendToGroup`",
            ["test_json_clients::test_simple_clients_may_publish_to_a_group"],
        ),
        Feature("`json.webpubsub.azure.v1`", ["test_json_clients::test_groups_with_acks"]),
        Feature(
            "`json.reliable.webpubsub.azure.v1`",
            ["test_reliable_clients::test_what_was_not_acknowledged_is_told_again"],
        ),
        Feature(
            "`protobuf.webpubsub.azure.v1`",
            ["test_protobuf_clients::test_groups_with_acks"],
            "extra `protobuf`",
        ),
        Feature(
            "`protobuf.reliable.webpubsub.azure.v1`",
            ["test_protobuf_clients::test_reliable_client_loses_nothing"],
            "extra `protobuf`",
        ),
        Feature(
            "acks, also of duplicates",
            ["test_json_clients::test_a_success_is_not_repeated_and_a_failure_may_be"],
        ),
        Feature("roles, with patterns", ["test_json_clients::test_roles", "test_permissions"]),
        Feature(
            "recovery after a lost socket",
            ["test_published_python_client::test_nothing_is_lost_over_dropped_sockets"],
        ),
        Feature("keep-alive", ["test_sockets::test_a_client_that_answers_no_ping_is_cut_off"]),
        Feature(
            "a client that does not read is cut off",
            ["test_sockets::test_a_client_that_does_not_read_is_cut_off"],
        ),
        Feature("invocation of events (`invoke`)", ["test_json_clients::test_events_and_their_acks"]),
        Feature(
            "streams to groups: acks and nacks, keep-alive, idle time-out, ends, recovery",
            [
                "test_streams::test_a_stream_from_its_start_to_its_end",
                "test_streams::test_each_message_is_published_once_and_in_order",
                "test_streams::test_a_silent_stream_times_out",
                "test_streams::test_a_client_that_comes_back_goes_on",
                "test_protobuf_clients::test_streams",
            ],
        ),
        Feature("streams to event handlers", note="refused with an error; the connection stays"),
        Feature("state of groups", note="refused with an error; the connection stays"),
        Feature("frames must be masked", ["test_sockets::test_frames_must_be_masked"]),
        Feature(
            "recovery with the plain subprotocol or none",
            ["test_reliable_clients::test_recovery_with_the_plain_subprotocol_or_none_goes_on_as_it_was"],
        ),
        Feature("MQTT, Socket.IO, tunnels, chat", note="answered with 501 and the reason"),
    ],
    "Event handlers": [
        Feature("CloudEvents over HTTP, signed", ["test_webhooks::test_life_of_a_connection"]),
        Feature("abuse protection", ["test_webhooks::test_endpoint_allows_events"]),
        Feature("connection state and cookies", ["test_webhooks::test_state_of_a_connection"]),
        Feature("handlers in the same process", ["test_json_clients::test_events_and_their_acks"]),
        Feature(
            "content types of replies",
            ["test_like_the_service::test_a_reply_of_another_content_type_fails"],
        ),
        Feature(
            "calls of clients that are gone",
            ["test_like_the_service::test_a_call_for_a_simple_client_that_is_gone_is_cancelled"],
            "cancelled for simple clients",
        ),
        Feature("Event Hubs"),
        Feature(
            "presence events `joined` and `left`, with group filters",
            [
                "test_presence::test_a_client_joins_and_leaves",
                "test_presence::test_a_handler_asks_for_what_it_gets",
                "test_presence::test_it_begins_after_connected_and_ends_before_disconnected",
            ],
        ),
        Feature(
            "a record of each call, with its attempts",
            ["test_applications::test_attempts_are_on_record_with_their_problems"],
        ),
        Feature(
            "handlers that are ASGI or WSGI applications of the same process",
            ["test_applications::test_an_application_handles_events"],
            "extra `applications`",
        ),
        Feature("authentication to the handler"),
    ],
    "Limits": [
        Feature(
            "size of bodies and messages",
            ["test_json_clients::test_a_message_may_have_a_mebibyte_and_no_more"],
        ),
        Feature(
            "buffer of a reliable client",
            ["test_reliable_clients::test_too_many_messages_end_the_session"],
        ),
        Feature("throttling", ["test_faults::test_a_status_a_number_of_times"], "on demand, as a fault"),
        Feature("quotas and billing"),
    ],
}


def page() -> str:
    """Write the page."""
    lines = [
        "<!-- Written by `python -m tests.emulator.coverage`; not to be edited. -->",
        "",
        "# What the emulator covers",
        "",
        "Every operation of every published api-version, and what clients and event handlers use besides.",
        "A test stands behind each line that says yes; `tests/emulator/` has them.",
        "",
        "## Operations",
        "",
        *_table(("Operation", "Request", "Versions", "Success", "Supported", "Tests"), _operation_rows()),
    ]
    for title, features in FEATURES.items():
        lines += ["", f"## {title}", "", *_table(("Feature", "Supported", "Tests"), _feature_rows(features))]
    return "\n".join(lines) + "\n"


def named_tests() -> Iterator[str]:
    """Yield every test that the page names."""
    for tests in OPERATIONS.values():
        yield from tests
    for features in FEATURES.values():
        for feature in features:
            yield from feature.tests


def exists(test: str) -> bool:
    """Whether there is a module of tests, or a test in it, of this name."""
    module, _, function = test.partition("::")
    path = TESTS / f"{module}.py"
    if not path.exists():
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return not function or function in names


def _operation_rows() -> Iterator[Sequence[str]]:
    routes = {(route.method, route.template): route for route in ROUTES}
    for (method, path), versions in sorted(_documented().items(), key=lambda item: (item[0][1], item[0][0])):
        route = routes.get((method, path))
        name = route.operation.partition("_")[2] if route else "?"
        tests = _names(OPERATIONS[route.operation]) if route else ""
        success = _success(route, versions) if route else ""
        yield name, f"`{method} {path}`", _range(versions), success, "yes" if route else "no", tests


def _documented() -> dict[tuple[str, str], list[str]]:
    """Return the versions of each method and path of the documents."""
    found: dict[tuple[str, str], list[str]] = {}
    for version in API_VERSIONS:
        document: Mapping[str, Any] = json.loads(
            (ROOT / "swagger" / f"{version}.json").read_text(encoding="utf-8")
        )
        for template, methods in document["paths"].items():
            for method in methods.keys() - {"parameters"}:
                found.setdefault((method.upper(), template), []).append(version)
    return found


def _range(versions: Sequence[str]) -> str:
    if versions[-1] == API_VERSIONS[-1]:
        return "all" if len(versions) == len(API_VERSIONS) else f"since {versions[0]}"
    return f"until {versions[-1]}"


def _success(route: Route, versions: Sequence[str]) -> str:
    statuses = [str(route.success_status(version)) for version in versions]
    if statuses[0] == statuses[-1]:
        return statuses[0]
    changed = next(version for version in versions if str(route.success_status(version)) == statuses[-1])
    return f"{statuses[-1]}; {statuses[0]} before {changed}"


def _feature_rows(features: Sequence[Feature]) -> Iterator[Sequence[str]]:
    for feature in features:
        supported = ("yes" if feature.tests else "no") + (f": {feature.note}" if feature.note else "")
        yield feature.name, supported, _names(feature.tests)


def _names(tests: Sequence[str]) -> str:
    return ", ".join(f"`{test}`" for test in tests)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
