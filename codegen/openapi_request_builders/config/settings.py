"""Settings as they are found, one after the other."""

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
    """A value of the configuration, and where it was given."""

    value: Any
    place: str
    folder: Path


class Settings:
    """Settings as they are found.

    :param given: What takes precedence over all files: the command line's, or those of an entry of ``batch``.
    :param notes: Takes what is passed over.
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
        self.add("python", Setting(True, "command line", Path()))  # what is asked for by asking here
        for key, setting in given.items():
            self.add(key, setting)

    def add(self, key: str, setting: Setting) -> None:
        """Add a setting. Scalars replace, lists append, and what takes precedence stays."""
        if KEYS.get(key) is list:
            values = setting.value if isinstance(setting.value, list) else [setting.value]
            self.lists.setdefault(key, []).extend(replace(setting, value=value) for value in values)
        elif key not in self.given or setting is self.given[key]:
            self.scalars[key] = setting

    def known(self) -> Mapping[str, Any]:
        """Return what conditions and ``$(key)`` see."""
        lists = {key: [setting.value for setting in settings] for key, settings in self.lists.items()}
        return {**lists, **{key: setting.value for key, setting in self.scalars.items()}}

    def see_condition(self, guard: str) -> None:
        """Remember what a condition asks for."""
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
        """Return the value of a setting, with values in place of ``$(key)``."""

        def value(match: re.Match[str]) -> str:
            key = match[1]
            self.referred.add(key)
            if key == "this-folder":
                return str(setting.folder.absolute())
            if key in inside:
                self.problems.add(setting.place, f"$({key}) refers to itself", "break the circle")
            elif key not in self.scalars:
                remedy = f"give it one: --{key}=..., or in a block above"
                self.problems.add(setting.place, f"$({key}) has no value", remedy)
            else:
                found = self.expanded(self.scalars[key], (*inside, key))
                return str(found).lower() if isinstance(found, bool) else str(found)
            return ""

        return REFERENCE.sub(value, setting.value) if isinstance(setting.value, str) else setting.value
