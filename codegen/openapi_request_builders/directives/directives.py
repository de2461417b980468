"""Directives: changes that a configuration makes to documents before they are read.

Directives that cannot affect requests are ignored: those that suppress warnings, rename models, or are for
other stages of AutoRest. So are directives that match nothing, and unsupported scripts that could only change
models. A note says so.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openapi_request_builders.config.settings import Setting
from openapi_request_builders.directives.changes import CHANGES, Change
from openapi_request_builders.directives.choices import WHERE, Choice, choice
from openapi_request_builders.directives.javascript import ScriptError
from openapi_request_builders.directives.jsonpath import PathError
from openapi_request_builders.problems import Collector, Notes, problem, suggestion

DOCUMENTS = ("swagger-document", "openapi-document")
# Keys that only describe a directive.
REMARKS = ("reason", "debug", "approved-by")
# Keys that change models, which do not affect requests.
OF_MODELS = ("rename-model", "remove-model", "rename-property", "remove-property")
# Known keys.
_KEYS = ("from", *WHERE, *REMARKS, *CHANGES, *OF_MODELS, "suppress")
# Stages of AutoRest that follow the documents.
STAGES = re.compile(
    r"code-model|source-file|openapi-document-converter|.*-files?-|.*\.(cs|go|ts|py|java|ps1)$"
)
# The beginnings of paths that can only change models or security, which are not part of a request.
MODELS = re.compile(r"""\$(\.|\[['"])(definitions|securityDefinitions|security|components\.schemas)\b""")

Hook = Callable[[Any], Any]
"""Takes a document, and returns the changed document."""


@dataclass
class Directive:
    """A directive that may change documents.

    :param names: The documents that it applies to.
    :param matched: Whether it has found something to change.
    """

    setting: Setting
    names: tuple[str, ...]
    choose: Choice
    change: Change
    matched: bool = False

    def is_for(self, path: Path) -> bool:
        """Whether the directive applies to a document."""
        return any(name in DOCUMENTS or Path(name).name == path.name for name in self.names)


@dataclass
class Directives:
    """The directives of a configuration, and a hook that changes documents after them."""

    directives: Sequence[Directive] = ()
    hook: Hook | None = None
    documents: set[str] = field(default_factory=set)

    def apply(self, path: Path, tree: Any, notes: Notes) -> Any:
        """Return a document after the directives and the hook have changed it.

        :param notes: Collects notes on ignored scripts.
        :raises Problems: A directive fails.
        """
        self.documents.add(path.name)
        root = {"$": tree}  # in a container, so that it can be replaced like any other value
        problems = Collector()
        for directive in self.directives:
            if directive.is_for(path):
                with problems.each():
                    _apply(directive, root, notes)
        problems.stop()
        return root["$"] if self.hook is None else self._hooked(path, root["$"])

    def _hooked(self, path: Path, tree: Any) -> Any:
        assert self.hook is not None
        try:
            return self.hook(tree)
        except Exception as error:
            raise problem(
                path, f"the hook fails: {type(error).__name__}: {error}", "correct the function"
            ) from error

    def note_unmatched(self, notes: Notes) -> None:
        """Note the directives that found nothing to change in any document."""
        for directive in self.directives:
            if not directive.matched:
                value = directive.setting.value
                described = ", ".join(
                    f"{key}: {value[key]}" for key in value if key not in ("from", "transform")
                )
                is_read = any(directive.is_for(Path(name)) for name in self.documents)
                missing = "" if is_read else f": no document is called {' or '.join(directive.names)}"
                notes.add(directive.setting.place, f"the directive {described} matches nothing{missing}")


def read_directives(settings: Sequence[Setting], hook: Hook | None, notes: Notes) -> Directives:
    """Read directives.

    :param notes: Collects notes on ignored directives.
    :raises Problems: Some are not supported.
    """
    problems = Collector()
    found: list[Directive] = []
    for setting in settings:
        with problems.each():
            found.extend(_read(setting, notes))
    problems.stop()
    return Directives(found, hook)


def _read(setting: Setting, notes: Notes) -> Iterator[Directive]:
    value = setting.value
    if not isinstance(value, dict):
        notes.add(setting.place, f"the directive {value!r} is not a mapping, and has no effect", _REMEDY)
        return
    for key in value:
        if key not in _KEYS and (remedy := suggestion(key, _KEYS, cutoff=0.7)):
            notes.add(setting.place, f"{key} is not a key of a directive", remedy)
    names = value.get("from", DOCUMENTS[0])
    names = tuple(map(str, names if isinstance(names, list) else [names]))
    changes = [key for key in value if key in CHANGES]
    if (reason := _without_effect(value, names, changes)) is not None:
        notes.add(setting.place, reason)
        return
    for key in changes:
        compile_change, of_operations = CHANGES[key]
        try:
            yield Directive(
                setting, names, choice(value, of_operations=of_operations), compile_change(value[key])
            )
        except ScriptError as error:
            _pass_over_or_raise(setting, error, notes)
        except PathError as error:
            raise problem(setting.place, f"the path {error}", _PATH_REMEDY) from None
        except (ValueError, re.error) as error:
            raise problem(setting.place, f"the directive is not supported: {error}", _REMEDY) from None


def _without_effect(value: Mapping[str, Any], names: Sequence[str], changes: Sequence[str]) -> str | None:
    """Return why a directive has no effect on builders, or None if it has one."""
    if "suppress" in value:
        return "directives with suppress have no effect on builders"
    if all(map(STAGES.match, names)):
        return "directives for stages after the documents have no effect on builders"
    if not changes:
        others = [key for key in value if key not in ("from", *WHERE, *REMARKS)]
        return f"directives with {', '.join(others) or 'nothing to change'} have no effect on builders"
    return None


def _apply(directive: Directive, root: Any, notes: Notes) -> None:
    try:
        places = directive.choose(root)
        # From the end, so that removing an item of a list does not move the remaining ones.
        changed = [directive.change(root, *place) for place in reversed(places)]
        directive.matched = directive.matched or any(changed)
    except ScriptError as error:
        directive.matched = True
        _pass_over_or_raise(directive.setting, error, notes)
    except ValueError as error:
        raise problem(directive.setting.place, f"the directive fails: {error}", _REMEDY) from None


def _pass_over_or_raise(setting: Setting, error: ScriptError, notes: Notes) -> None:
    paths = setting.value.get("where", "$")
    message = f"the transform is not supported: {error}"
    if "where-model" in setting.value or all(
        MODELS.match(str(path)) for path in (paths if isinstance(paths, list) else [paths])
    ):
        notes.add(setting.place, f"{message}; it only changes models, so requests are not affected")
        return
    raise problem(setting.place, message, _SCRIPT_REMEDY) from None


_SCRIPT_REMEDY = (
    "write it with assignments, conditions, loops and the usual methods of texts and lists,"
    " or as a Python function from document to document: --hook module:function"
)
_PATH_REMEDY = "use .child, ['child'], [0], * and .. and filters such as [?(@.name == 'x')]"
_REMEDY = f"choose by from, {', '.join(WHERE)}, and change by {', '.join(CHANGES)}"
