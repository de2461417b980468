"""Settings, in the order in which they are found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openapi_request_builders.config.keys import KEYS
from openapi_request_builders.problems import Collector, Notes

REFERENCE = re.compile(r"\$\(([^()]+)\)")
_TAG = re.compile(r"""\$\(tag\) ?={2,3} ?['"]([^'"]+)['"]""")


@dataclass(frozen=True)
class Setting:
    """A value of the configuration, and its place."""

    value: Any
    place: str
    folder: Path


class Settings:
    """The settings found so far.

    :param given: Settings that take precedence over all files: those of the command line or of an entry of
        ``batch``.
    :param notes: Collects notes.
    """

    def __init__(self, given: Mapping[str, Setting], notes: Notes) -> None:
        self.given = given
        self.notes = notes
        self.file = "command line"
        self.read: set[Path] = set()
        self.scalars: dict[str, Setting] = {}
        self.lists: dict[str, list[Setting]] = {}
        self.referred: set[str] = set()
        self.tags: list[str] = []
        self.problems = Collector()
        self.add("python", Setting(True, "command line", Path()))  # this generator writes Python
        for key, setting in given.items():
            self.add(key, setting)

    def add(self, key: str, setting: Setting) -> None:
        """Add a setting. Scalars replace earlier ones, lists append, and given settings stay."""
        if KEYS.get(key) is list:
            values = setting.value if isinstance(setting.value, list) else [setting.value]
            self.lists.setdefault(key, []).extend(replace(setting, value=value) for value in values)
        elif key not in self.given or setting is self.given[key]:
            self.scalars[key] = setting

    def known(self) -> Mapping[str, Any]:
        """Return the values for conditions and for ``$(key)``."""
        lists = {key: [setting.value for setting in settings] for key, settings in self.lists.items()}
        return {**lists, **{key: setting.value for key, setting in self.scalars.items()}}

    def see_condition(self, guard: str) -> None:
        """Remember the tags in a condition."""
        self.referred.update(REFERENCE.findall(guard))
        self.tags += [tag for tag in _TAG.findall(guard) if tag not in self.tags]

    def first(self, key: str) -> Setting | None:
        """Return a setting, or the first of a list."""
        return self.scalars.get(key) or next(iter(self.lists.get(key, ())), None)

    def text(self, key: str) -> str | None:
        """Return a setting as text."""
        setting = self.scalars.get(key)
        return None if setting is None else str(self.expanded(setting))

    def expanded(self, setting: Setting, inside: tuple[str, ...] = ()) -> Any:
        """Return the value of a setting, with each ``$(key)`` replaced by its value."""

        def value(match: re.Match[str]) -> str:
            key = match[1]
            self.referred.add(key)
            if key == "this-folder":
                return str(setting.folder.absolute())
            if key in inside:
                self.problems.add(setting.place, f"$({key}) refers to itself", "break the circle")
            elif key not in self.scalars:
                remedy = f"set it with --{key}=..., or in a block above"
                self.problems.add(setting.place, f"$({key}) has no value", remedy)
            else:
                found = self.expanded(self.scalars[key], (*inside, key))
                return str(found).lower() if isinstance(found, bool) else str(found)
            return ""

        return REFERENCE.sub(value, setting.value) if isinstance(setting.value, str) else setting.value
