from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice.emulator._service.permissions import (
    MAX_GROUPS,
    MAX_PATTERNS,
    GroupPattern,
    PatternError,
    Permission,
    PermissionLimitError,
    Permissions,
)

JOIN = Permission.JOIN_LEAVE_GROUP
SEND = Permission.SEND_TO_GROUP


@pytest.mark.parametrize(
    ("role", "permission", "group", "allowed"),
    [
        ("webpubsub.joinLeaveGroup", JOIN, "g", True),
        ("webpubsub.joinLeaveGroup", SEND, "g", False),
        ("webpubsub.sendToGroup", SEND, "g", True),
        ("webpubsub.sendToGroup", JOIN, "g", False),
        ("webpubsub.joinLeaveGroup.g", JOIN, "g", True),
        ("webpubsub.joinLeaveGroup.g", JOIN, "G", False),
        ("webpubsub.joinLeaveGroup.g", SEND, "g", False),
        ("webpubsub.sendToGroup.a.b", SEND, "a.b", True),
        ("webpubsub.sendToGroup.*", SEND, "g", False),
        ("webpubsub.sendToGroup.*", SEND, "*", True),
        ("webpubsub.sendToGroups.*", SEND, "g", True),
        ("webpubsub.sendToGroups.*", JOIN, "g", False),
        ("webpubsub.sendToGroups.line\nbreak", SEND, "line\nbreak", True),
        # Not roles of the service.
        ("webpubsub.sendToGroups", SEND, "g", False),
        ("webpubsub.sendtogroup", SEND, "g", False),
        ("webpubsub.sendToGrouping", SEND, "ing", False),
        ("xwebpubsub.sendToGroup", SEND, "g", False),
        ("sendToGroup", SEND, "g", False),
    ],
)
def test_one_role(role: str, permission: Permission, group: str, allowed: bool) -> None:
    assert Permissions.from_roles([role]).allows(permission, group) is allowed


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("chat-*", ["chat-", "chat-1", "chat-room"], ["chat.1", "chat-a.b", "xchat-1", "chat"]),
        ("clientA.*", ["clientA.alpha", "clientA."], ["clientA.alpha.room1", "clientB.alpha", "clientA"]),
        ("clientA.**", ["clientA.alpha", "clientA.alpha.room1", "clientA."], ["clientB.x", "clientA"]),
        ("rooms.?1", ["rooms.a1", "rooms.11"], ["rooms.1", "rooms.a.1", "rooms..1"]),
        ("literal\\*star", ["literal*star"], ["literalXstar", "literal\\*star"]),
        ("\\?\\\\", ["?\\"], ["a\\", "\\?\\\\"]),
        ("**", ["a", "a.b", "\U0001f600"], []),
        ("******", ["room.nested"], []),
        ("*.*.*.*.*", ["a.b.c.d.e", "...."], ["a.b.c.d", "a.b.c.d.e.f"]),
        ("**end", ["end", "the.end", "endend"], ["ends", "en"]),
        ("a**b*c", ["abc", "a.b.bc", "axxbyyc"], ["a.b.c", "abcd"]),
        ("?", ["a", "\u00e9", "\U0001f600"], ["", ".", "ab"]),
        ("plain", ["plain"], ["plainly", "Plain"]),
    ],
)
def test_pattern(pattern: str, yes: list[str], no: list[str]) -> None:
    compiled = GroupPattern(pattern)
    assert [group for group in yes if not compiled.matches(group)] == []
    assert [group for group in no if compiled.matches(group)] == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "a pattern has 1 to 1024 characters, not 0"),
        ("x" * 1025, "a pattern has 1 to 1024 characters, not 1025"),
        ("*.*.*.*.*.*", "a pattern has at most 5 of '*' and '**', not 6"),
        ("ab\\", "the backslash at 2 is not before '?', '*' or '\\'"),
        ("\\d", "the backslash at 0 is not before '?', '*' or '\\'"),
    ],
)
def test_bad_pattern_gives_nothing_and_says_why(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError, match=re.escape(reason)):
        GroupPattern(pattern)
    role = f"webpubsub.sendToGroups.{pattern}"
    permissions = Permissions.from_roles([role, "webpubsub.sendToGroups.fine"])
    assert permissions.ignored == [(role, reason)]
    assert permissions.allows(SEND, "fine")
    assert not permissions.allows(SEND, pattern or "x")


PIECES = {
    "*": "[^.]*",
    "**": ".*",
    "?": "[^.]",
    "\\*": r"\*",
    "\\?": r"\?",
    "\\\\": r"\\",
    ".": r"\.",
    "a": "a",
}


@given(
    st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=8).filter(
        lambda pieces: sum(piece in ("*", "**") for piece in pieces) <= 5
    ),
    st.text(alphabet="a.*?\\b", max_size=12),
)
def test_pattern_agrees_with_a_regular_expression(pieces: list[str], group: str) -> None:
    merged: list[str] = []
    for piece in pieces:
        star = piece in ("*", "**") and merged and merged[-1] in ("*", "**")
        merged[-1 if star else len(merged) :] = ["**" if star else piece]
    expected = re.fullmatch("".join(PIECES[piece] for piece in merged), group, re.DOTALL) is not None
    assert GroupPattern("".join(pieces)).matches(group) is expected


@given(st.text(min_size=1, max_size=30).filter(lambda text: not text.isspace()))
@example("a.b*c?d\\e")
def test_escaped_text_matches_itself_only(group: str) -> None:
    pattern = GroupPattern(re.sub(r"([?*\\])", r"\\\1", group))
    assert pattern.matches(group)
    assert not pattern.matches(group + "x")


def test_hostile_pattern_is_answered() -> None:
    hostile = GroupPattern("**".join(["a" * 200] * 5) + "**b")
    # A matcher that backtracks would try billions of ways to share out these letters.
    assert not hostile.matches("a" * 1024)
    assert hostile.matches("a" * 1023 + "b")


def test_roles_add_up() -> None:
    permissions = Permissions.from_roles(
        ["webpubsub.joinLeaveGroup.g1", "webpubsub.joinLeaveGroups.t.*", "webpubsub.sendToGroup.g2"]
    )
    assert permissions.ignored == []
    assert [group for group in ("g1", "g2", "t.1", "t.1.2") if permissions.allows(JOIN, group)] == [
        "g1",
        "t.1",
    ]
    assert [group for group in ("g1", "g2", "t.1") if permissions.allows(SEND, group)] == ["g2"]


def test_grant_and_revoke_apply_to_one_permission_of_one_group() -> None:
    permissions = Permissions()
    permissions.grant(SEND, "g")
    assert permissions.allows(SEND, "g")
    assert not permissions.allows(JOIN, "g")
    assert not permissions.allows(SEND, "h")
    permissions.revoke(SEND, "g")
    assert not permissions.allows(SEND, "g")


@pytest.mark.parametrize(
    "role", ["webpubsub.sendToGroup", "webpubsub.sendToGroups.**", "webpubsub.sendToGroup.g"]
)
def test_revoke_overrides_a_role_until_granted_again(role: str) -> None:
    permissions = Permissions.from_roles([role])
    permissions.revoke(SEND, "g")
    assert not permissions.allows(SEND, "g")
    permissions.grant(SEND, "g")
    assert permissions.allows(SEND, "g")


def test_granted_name_is_literal() -> None:
    permissions = Permissions()
    permissions.grant(SEND, "*")
    assert permissions.allows(SEND, "*")
    assert not permissions.allows(SEND, "g")


def test_limit_of_groups_one_by_one() -> None:
    permissions = Permissions.from_roles([f"webpubsub.sendToGroup.{number}" for number in range(MAX_GROUPS)])
    assert permissions.ignored == []
    with pytest.raises(PermissionLimitError, match="1000 groups"):
        permissions.grant(SEND, "one more")
    assert not permissions.allows(SEND, "one more")
    permissions.grant(SEND, "7")  # again is the same as once
    permissions.grant(JOIN, "one more")  # each permission has its own limit
    permissions.revoke(SEND, "7")
    permissions.grant(SEND, "one more")
    assert permissions.allows(SEND, "one more")


def test_limit_of_revoked_groups() -> None:
    permissions = Permissions.from_roles(["webpubsub.sendToGroup"])
    for number in range(MAX_GROUPS):
        permissions.revoke(SEND, str(number))
    with pytest.raises(PermissionLimitError):
        permissions.revoke(SEND, "one more")
    assert permissions.allows(SEND, "one more")


def test_group_that_a_pattern_covers_does_not_count() -> None:
    roles = [f"webpubsub.sendToGroup.{number}" for number in range(MAX_GROUPS)]
    permissions = Permissions.from_roles([*roles, "webpubsub.sendToGroup.t.1", "webpubsub.sendToGroups.t.*"])
    assert permissions.ignored == []
    assert permissions.allows(SEND, "t.1")


def test_limits_of_roles_are_told() -> None:
    groups = [f"webpubsub.sendToGroup.{number}" for number in range(MAX_GROUPS + 1)]
    patterns = [f"webpubsub.joinLeaveGroups.{number}.*" for number in range(MAX_PATTERNS + 1)]
    permissions = Permissions.from_roles([*groups, *patterns, "webpubsub.sendToGroup. ", "nonsense"])
    assert permissions.ignored == [
        (patterns[-1], "a connection has at most 10 patterns"),
        ("nonsense", "the service has no such role"),
        (groups[-1], "1000 groups have been granted or revoked one by one"),
        ("webpubsub.sendToGroup. ", "a group name has 1 to 1024 characters, not all white space"),
    ]
    assert not permissions.allows(SEND, str(MAX_GROUPS))
    assert not permissions.allows(JOIN, f"{MAX_PATTERNS}.x")
