r"""A client's permissions for groups: the roles in its token, and later grants and revocations.

Roles, as the service documents them:

* ``webpubsub.joinLeaveGroup``, ``webpubsub.sendToGroup``: every group;
* ``webpubsub.joinLeaveGroup.<group>``, ``webpubsub.sendToGroup.<group>``: that group;
* ``webpubsub.joinLeaveGroups.<pattern>``, ``webpubsub.sendToGroups.<pattern>``: the groups that match.

In a pattern, ``?`` stands for one character other than ``.``, ``*`` for any number of these, and ``**`` for
anything. ``\`` before one of ``?*\`` makes it an ordinary character.

The service accepts any text as a role, and a misspelt role silently grants nothing. So does a role that
breaks a rule or a limit. Ignored roles are kept with the reason, for the log.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

from azure.messaging.webpubsubservice.emulator._names import is_group

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_GROUPS: Final = 1000
"""Groups named one by one, granted or revoked, for each permission of a connection."""

MAX_PATTERNS: Final = 10
"""Patterns for each permission of a connection."""

MAX_PATTERN_LENGTH: Final = 1024
MAX_STARS: Final = 5
"""``*`` and ``**`` in one pattern. The documentation counts ``**`` twice; it was seen to count once."""


class Permission(enum.Enum):
    """Something that a client may be allowed to do with a group. The values are the data plane's names."""

    SEND_TO_GROUP = "sendToGroup"
    JOIN_LEAVE_GROUP = "joinLeaveGroup"


INVALID_PERMISSION = f"Invalid permission. It must be {' or '.join(each.value for each in Permission)}."


class PermissionLimitError(Exception):
    """Too many groups were granted or revoked one by one; the data plane responds with 409."""


class PatternError(ValueError):
    """The pattern of a role is not valid, so the service ignores the role."""


_ROLE: Final = re.compile(
    r"webpubsub\.(?P<permission>joinLeaveGroup|sendToGroup)(?:(?P<several>s?)\.(?P<name>.*))?", re.DOTALL
)
_PIECE: Final = re.compile(
    r"(?P<stars>\*+)|(?P<one>\?)|\\(?P<escaped>[?*\\])|(?P<character>[^\\])", re.DOTALL
)


class GroupPattern:
    """A pattern, compiled to an automaton whose states are the bits of an integer.

    Bit *i* means that the first *i* pieces have matched. Matching takes one step for each character of the
    name, for any pattern. With backtracking, a token could make the emulator hang.

    :raises PatternError: The pattern breaks a rule.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._step: dict[str, int] = {}  # the states from which a character leads to the next state
        self._step_any = 0  # the states from which any character except a dot leads to the next state
        self._stay_any = 0  # the states in which any character except a dot may be skipped
        self._stay_dot = 0  # the states in which a dot may be skipped
        if not 1 <= len(pattern) <= MAX_PATTERN_LENGTH:
            raise PatternError(f"a pattern has 1 to {MAX_PATTERN_LENGTH} characters, not {len(pattern)}")
        state, position, stars = 1, 0, 0
        while position < len(pattern):
            piece = _PIECE.match(pattern, position)
            if piece is None:
                raise PatternError(f"the backslash at {position} is not before '?', '*' or '\\'")
            position = piece.end()
            if piece["stars"]:
                stars += 1
                self._stay_any |= state
                if len(piece["stars"]) > 1:
                    self._stay_dot |= state
                continue
            if piece["one"]:
                self._step_any |= state
            else:
                character = piece["escaped"] or piece["character"]
                self._step[character] = self._step.get(character, 0) | state
            state <<= 1
        if stars > MAX_STARS:
            raise PatternError(f"a pattern has at most {MAX_STARS} of '*' and '**', not {stars}")
        self._end = state

    def matches(self, group: str) -> bool:
        """Return whether the pattern covers a group."""
        states = 1
        for character in group:
            dot = character == "."
            step = self._step.get(character, 0) | (0 if dot else self._step_any)
            stay = self._stay_dot if dot else self._stay_any
            states = (states & step) << 1 | states & stay
            if not states:
                return False
        return bool(states & self._end)


class GroupGrants:
    """The groups that one permission of one connection covers."""

    __slots__ = ("_groups", "everywhere", "patterns")

    def __init__(self) -> None:
        self.everywhere = False
        self.patterns: tuple[GroupPattern, ...] = ()
        self._groups: dict[str, bool] = {}

    def allows(self, group: str) -> bool:
        allowed = self._groups.get(group)
        return self._allows_by_pattern(group) if allowed is None else allowed

    def set(self, group: str, *, allowed: bool) -> None:
        """Allow or forbid one group. This takes precedence over patterns."""
        if self._allows_by_pattern(group) is allowed:
            self._groups.pop(group, None)
        elif group in self._groups or len(self._groups) < MAX_GROUPS:
            self._groups[group] = allowed
        else:
            raise PermissionLimitError(f"{MAX_GROUPS} groups have been granted or revoked one by one")

    def _allows_by_pattern(self, group: str) -> bool:
        return self.everywhere or any(pattern.matches(group) for pattern in self.patterns)


class Permissions:
    """The permissions of one connection.

    :ivar ignored: The roles that grant nothing, each with the reason.
    """

    __slots__ = ("_join_leave", "_send", "ignored")

    def __init__(self) -> None:
        self.ignored: list[tuple[str, str]] = []
        # Every client has these, and as attributes they take less memory than in a dictionary.
        self._join_leave = GroupGrants()
        self._send = GroupGrants()

    @classmethod
    def from_roles(cls, roles: Iterable[str]) -> Permissions:
        """Create the permissions from the roles in a token or in an event handler's reply."""
        permissions = cls()
        groups: list[tuple[str, Permission, str]] = []
        for role in dict.fromkeys(roles):
            parts = _ROLE.fullmatch(role)
            if parts is None:
                permissions.ignored.append((role, "the service has no such role"))
                continue
            permission = Permission(parts["permission"])
            grants = permissions._grants_of(permission)
            if parts["name"] is None:
                grants.everywhere = True
            elif not parts["several"]:
                groups.append((role, permission, parts["name"]))
            elif len(grants.patterns) == MAX_PATTERNS:
                permissions.ignored.append((role, f"a connection has at most {MAX_PATTERNS} patterns"))
            else:
                try:
                    grants.patterns += (GroupPattern(parts["name"]),)
                except PatternError as reason:
                    permissions.ignored.append((role, str(reason)))
        # Groups come last, so that a group that a pattern covers does not count against the limit.
        for role, permission, group in groups:
            if not is_group(group):
                permissions.ignored.append(
                    (role, "a group name has 1 to 1024 characters, not all white space")
                )
                continue
            try:
                permissions.grant(permission, group)
            except PermissionLimitError as reason:
                permissions.ignored.append((role, str(reason)))
        return permissions

    def allows(self, permission: Permission, group: str) -> bool:
        """Return whether the connection has the permission for a group."""
        return self._grants_of(permission).allows(group)

    def grant(self, permission: Permission, group: str) -> None:
        """Allow one group. The name is taken literally.

        :raises PermissionLimitError: `MAX_GROUPS` others were granted or revoked.
        """
        self._grants_of(permission).set(group, allowed=True)

    def revoke(self, permission: Permission, group: str) -> None:
        """Forbid one group, even if a role for all groups or a pattern allows it.

        :raises PermissionLimitError: `MAX_GROUPS` others were granted or revoked.
        """
        self._grants_of(permission).set(group, allowed=False)

    def _grants_of(self, permission: Permission) -> GroupGrants:
        return self._join_leave if permission is Permission.JOIN_LEAVE_GROUP else self._send
