"""The roles of clients, and what is said of one that grants nothing.

The service accepts any text as a role: an event handler may use it. So only what resembles one of the
service's own roles is a mistake.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["meant_role", "warn_about_roles"]

_PERMISSIONS: Final = ("sendToGroup", "joinLeaveGroup", "sendToGroups", "joinLeaveGroups")
_is_role = re.compile(r"webpubsub\.(sendToGroup|joinLeaveGroup)(s?\..+)?", re.DOTALL).fullmatch


@lru_cache(maxsize=256)
def meant_role(role: str) -> str | None:
    """Return the role that is probably meant: the same one if it is right; None if none is similar."""
    if _is_role(role):
        return role
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes only

    permission, dot, group = role.removeprefix("webpubsub.").partition(".")
    near = get_close_matches(permission, _PERMISSIONS, 1)
    return f"webpubsub.{near[0]}{dot}{group}" if near else None


def warn_about_roles(roles: Iterable[str], stacklevel: int) -> None:
    """Warn about each role that is probably misspelt.

    :param stacklevel: As of ``warnings.warn``, for the caller of this function.
    """
    for role in roles:
        meant = meant_role(role)
        if meant not in (None, role):
            text = f"The role {role!r} grants nothing. Did you mean {meant!r}?"
            warnings.warn(text, UserWarning, stacklevel + 1)
