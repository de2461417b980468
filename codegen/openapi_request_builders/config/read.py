"""Read the literate configuration: YAML and JSON blocks in a Markdown file, as AutoRest reads them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from openapi_request_builders.config.blocks import blocks, entries
from openapi_request_builders.config.config import Config, fetching, finish, is_remote, joined
from openapi_request_builders.config.guards import holds
from openapi_request_builders.config.keys import KEYS, OTHER_GENERATORS, WITHOUT_EFFECT
from openapi_request_builders.config.settings import REFERENCE, Setting, Settings
from openapi_request_builders.problems import Collector, Notes, problem, suggestion, unreadable

Read = Callable[[Path], str]

CONFIG = Path("autorest.md")
"""The configuration, if the command line names neither one nor a document."""
_START = (
    "name a document: --input-file spec.json --namespace my.service --output-folder out; or --config FILE"
)


def read_config(
    path: Path | None, arguments: Mapping[str, Any], read: Read, notes: Notes
) -> tuple[Config, ...]:
    """Read a configuration file, if there is one. Each entry of ``batch`` is a separate run.

    :param arguments: The settings on the command line, which take precedence over the file.
    :param notes: Collects notes.
    :raises Problems: The file cannot be read, or has something that is not supported.
    """
    command_line = {key: Setting(value, "command line", Path()) for key, value in arguments.items()}
    settings = _settings(path, command_line, read, notes)
    batch = settings.lists.get("batch")
    if not batch:
        return (finish(settings),)
    problems = Collector()
    runs: list[Config] = []
    for entry in batch:
        with problems.each():
            if not isinstance(entry.value, dict):
                raise problem(
                    entry.place, f"batch has {entry.value!r}", "make each entry a mapping of settings"
                )
            given = {key: replace(entry, value=value) for key, value in entry.value.items()}
            settings = _settings(path, {**given, **command_line}, read, notes)
            if not settings.lists.get("input-file"):  # such as AutoRest's `multiapiscript: true`
                notes.add(
                    entry.place, f"the run {entry.value} of the batch has no document, so it is skipped"
                )
                continue
            run = finish(settings)
            if run.output in (other.output for other in runs):
                raise problem(
                    entry.place, f"two runs write to {run.output}", "use different folders or namespaces"
                )
            runs.append(run)
    problems.stop()
    return tuple(runs) or (finish(settings),)


def _settings(path: Path | None, given: Mapping[str, Setting], read: Read, notes: Notes) -> Settings:
    """Read the file's settings. Its conditions can use the given settings."""
    settings = Settings(given, notes)
    for setting in settings.lists.get("require", []):
        with settings.problems.each():
            _require(setting, settings, read, (), optional=False)
    if path is not None:
        settings.file = str(path)
        with settings.problems.each():
            _read_file(path, "command line", settings, read, ())
        if (own := path.with_name("readme.python.md")) != path:  # AutoRest adds it for the language
            _require(Setting(own.name, str(path), path.parent), settings, read, (path,), optional=True)
    _check_keys(settings)
    settings.problems.stop()
    return settings


def _read_file(path: Path, place: str, settings: Settings, read: Read, chain: tuple[Path, ...]) -> None:
    if path in chain:
        raise problem(place, f"{path} requires itself", "break the circle")
    try:
        text = read(path)
    except (OSError, ValueError) as error:
        raise (
            unreadable(place, path, error, _START) if path == CONFIG else unreadable(place, path, error)
        ) from None
    if path in settings.read:
        return  # a file that is required twice counts only once
    settings.read.add(path)
    found = list(blocks(text))
    if not found:
        raise problem(path, "it has no block of YAML or JSON", "put the settings between ``` yaml and ```")
    for block in found:
        settings.see_condition(block.guard)
        try:
            wanted = not block.guard or holds(block.guard, settings.known())
        except ValueError as error:
            message = f"the condition {block.guard!r} is not supported, so its block has no effect: {error}"
            settings.notes.add(f"{path}:{block.line}", message, _GUARD_REMEDY)
            continue
        if wanted:
            for key, value, line in entries(block, path, settings.problems):
                _add(key, Setting(value, f"{path}:{line}", path.parent), settings, read, (*chain, path))


def _add(key: str, setting: Setting, settings: Settings, read: Read, chain: tuple[Path, ...]) -> None:
    """Add a setting of a file, and those of the files that it requires."""
    if key in ("require", "try-require"):
        for file in setting.value if isinstance(setting.value, list) else [setting.value]:
            with settings.problems.each():
                _require(replace(setting, value=file), settings, read, chain, optional=key == "try-require")
    elif key == "python" and isinstance(setting.value, dict):
        for inner, value in setting.value.items():
            _add(inner, replace(setting, value=value), settings, read, chain)
    elif not (key in OTHER_GENERATORS and not isinstance(setting.value, bool)):
        settings.add(key, setting)


def _require(
    setting: Setting, settings: Settings, read: Read, chain: tuple[Path, ...], *, optional: bool
) -> None:
    """Read a file that another one requires. If it is not there, it is skipped."""
    if not isinstance(setting.value, str):
        raise problem(setting.place, f"require has {setting.value!r}", "write the path of a file")
    file = settings.expanded(setting)
    if is_remote(file):
        message = f"{file} is required, but is not on this machine, so it is skipped"
        settings.notes.add(setting.place, message, f"{fetching(file)}, and require the file")
        return
    path = joined(setting.folder, file)
    try:
        read(path)
    except FileNotFoundError:
        if not optional:
            settings.notes.add(
                setting.place, f"{path} is required, but is not there, so it is skipped", "correct the path"
            )
        return
    except (OSError, ValueError):
        pass  # the reading below says why
    _read_file(path, setting.place, settings, read, chain)


def _check_keys(settings: Settings) -> None:
    """Check the settings that have an effect, and note the others."""
    found = {**{key: each[0] for key, each in settings.lists.items()}, **settings.scalars}
    for each in found.values():
        settings.referred.update(REFERENCE.findall(str(each.value)))
    for setting in settings.lists.get("input-file", ()):
        if not isinstance(setting.value, str):
            message = f"input-file has {setting.value!r}"
            settings.problems.add(setting.place, message, "write the path of a file")
    passed_over = []
    for key, setting in found.items():
        if key in KEYS:
            _check_type(key, setting, settings.problems)
        elif key not in settings.referred and key != "python":
            remedy = "" if key in WITHOUT_EFFECT else suggestion(key, KEYS, cutoff=0.8)
            if remedy:
                collector = settings.problems if setting.place == "command line" else settings.notes
                collector.add(setting.place, f"{key} is not a known key", remedy)
            else:
                passed_over.append(key)
    if passed_over:
        message = f"keys without effect on builders: {', '.join(sorted(passed_over))}"
        settings.notes.add(settings.file, message)


def _check_type(key: str, setting: Setting, problems: Collector) -> None:
    expected = KEYS[key]
    if expected is bool and not isinstance(setting.value, bool):
        problems.add(setting.place, f"{key} is {setting.value!r}", "write true or false")
    elif expected is str and isinstance(setting.value, list | dict | bool | None):
        problems.add(setting.place, f"{key} is {setting.value!r}", "write one text")


_GUARD_REMEDY = "write it as in `yaml $(tag) == 'package-2020-10-01' && !$(csharp)`"
