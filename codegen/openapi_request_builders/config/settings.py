"""Read the literate configuration: YAML and JSON blocks of a Markdown file, as AutoRest reads them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from keyword import iskeyword
from os.path import normpath
from pathlib import Path
from typing import Any, TypeVar

import yaml
from markdown_it import MarkdownIt

from openapi_request_builders.config.guards import holds
from openapi_request_builders.parse import ConfigLoader, yaml_error
from openapi_request_builders.problems import Collector, problem, unreadable

T = TypeVar("T")

Read = Callable[[Path], str]

# Every key that is read, with the type of its value.
KEYS: Mapping[str, type] = {
    "batch": list,
    "clear-output-folder": bool,
    "client-side-validation": bool,
    "directive": list,
    "input-file": list,
    "license-header": str,
    "low-level-client": bool,
    "namespace": str,
    "no-namespace-folders": bool,
    "operation-groups": bool,
    "output-folder": str,
    "package-name": str,
    "package-version": str,
    "python": bool,
    "require": list,
    "serialization-module": str,
    "tag": str,
    "title": str,
}
# Sections that AutoRest has for other languages.
OTHER_LANGUAGES = frozenset(
    (
        "az",
        "cli",
        "cpp",
        "csharp",
        "go",
        "java",
        "nodejs",
        "php",
        "powershell",
        "ruby",
        "swift",
        "terraform",
        "typescript",
    )
)
# Keys that AutoRest has, and that say nothing about requests.
UNREAD: Mapping[str, frozenset[str]] = {
    "the client and its credential, which are not generated": frozenset(
        (
            *("add-credential", "add-credentials", "azure-arm", "credential-default-policy-type"),
            *("credential-key-header-name", "credential-scopes", "default-api-version", "head-as-boolean"),
            *("no-async", "override-client-name", "public-clients", "security", "security-header-name"),
            *("security-scopes",),
        )
    ),
    "other tools": frozenset(
        (
            *(
                "azure-validator",
                "commit",
                "description",
                "generate-metadata",
                "multiapiscript",
                "no-telemetry",
            ),
            *("openapi-subtype", "openapi-type", "output-artifact", "perform-load", "suppressions"),
            *("swagger-to-sdk", "use-extension", "v3"),
        )
    ),
    "models, which are not generated": frozenset(
        (
            *(
                "enable-xml",
                "from-typespec",
                "modelerfour",
                "models-mode",
                "multiapi",
                "only-path-params-positional",
            ),
            *("payload-flattening-threshold", "vanilla", "vendor", "version-tolerant"),
        )
    ),
    "packaging and formatting, which the project has tools of its own for": frozenset(
        ("basic-setup-py", "black", "keep-version-file", "package-mode", "python-mode", "python3-only", "use")
    ),
}
_MIT = "Copyright (c) Microsoft Corporation. All rights reserved.\nLicensed under the MIT License."
_APACHE = "Copyright (c) Microsoft Corporation. All rights reserved.\nLicensed under the Apache License 2.0."
# The names that AutoRest has for license headers; anything else is the text itself.
LICENSES: Mapping[str, str] = {
    "MICROSOFT_APACHE": _APACHE,
    "MICROSOFT_MIT": _MIT,
    "MICROSOFT_MIT_SMALL": _MIT,
    "NONE": "",
}


@dataclass(frozen=True)
class Setting:
    """A value of the configuration, and where it was given."""

    value: Any
    place: str
    folder: Path


@dataclass(frozen=True)
class Config:
    """What one run of the pipeline is asked to do.

    :param output: The folder that the generator owns: ``rest`` in the package's own.
    :param places: Where the inputs were asked for.
    :param package: Name and version of the distribution, for the docstring.
    :param serialization_module: Where the generated code finds what it needs at run time; by default that is
        written beside it.
    """

    inputs: tuple[Path, ...]
    output: Path
    namespace: str
    title: str | None = None
    package: str = ""
    license_header: str = ""
    clear_output_folder: bool = False
    client_side_validation: bool = True
    operation_groups: bool | None = None
    serialization_module: str | None = None
    directives: tuple[Setting, ...] = ()
    places: Mapping[Path, str] = field(default_factory=dict, compare=False)


class Settings:
    """Settings as they are found.

    :param given: What goes before all files: the command line's, or those of an entry of ``batch``.
    """

    def __init__(self, given: Mapping[str, Setting]) -> None:
        self.given = given
        self.file = "command line"
        self.read: set[Path] = set()
        self.scalars: dict[str, Setting] = {}
        self.lists: dict[str, list[Setting]] = {}
        self.referred: set[str] = set()
        self.problems = Collector()
        self.add("python", Setting(True, "command line", Path()))  # what is asked for by asking here
        for key, setting in given.items():
            self.add(key, setting)

    def add(self, key: str, setting: Setting) -> None:
        """Take a setting in: scalars replace, lists append, and what is given before all files stays."""
        if KEYS.get(key) is list:
            values = setting.value if isinstance(setting.value, list) else [setting.value]
            self.lists.setdefault(key, []).extend(replace(setting, value=value) for value in values)
        elif key not in self.given or setting is self.given[key]:
            self.scalars[key] = setting

    def known(self) -> Mapping[str, Any]:
        """Return what guards and ``$(key)`` see."""
        lists = {key: [setting.value for setting in settings] for key, settings in self.lists.items()}
        return {**lists, **{key: setting.value for key, setting in self.scalars.items()}}

    def expanded(self, setting: Setting, inside: tuple[str, ...] = ()) -> Any:
        """Put values in place of ``$(key)``."""

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

        return _REFERENCE.sub(value, setting.value) if isinstance(setting.value, str) else setting.value


def read_config(path: Path | None, arguments: Mapping[str, Any], read: Read) -> tuple[Config, ...]:
    """Read a configuration file, if there is one; each entry of ``batch`` is a run of its own.

    :param arguments: What the command line says, which goes before the file.
    :raises Problems: It cannot be read, or says something that is not understood.
    """
    command_line = {key: Setting(value, "command line", Path()) for key, value in arguments.items()}
    settings = _settings(path, command_line, read)
    batch = settings.lists.get("batch")
    if not batch:
        return (_finish(settings),)
    problems = Collector()
    runs: list[Config] = []
    for entry in batch:
        with problems.each():
            if not isinstance(entry.value, dict):
                raise problem(
                    entry.place, f"batch has {entry.value!r}", "make each entry a mapping of settings"
                )
            given = {key: replace(entry, value=value) for key, value in entry.value.items()}
            run = _finish(_settings(path, {**given, **command_line}, read))
            if run.output in (other.output for other in runs):
                raise problem(
                    entry.place, f"two runs write to {run.output}", "give each a folder or namespace"
                )
            runs.append(run)
    problems.stop()
    return tuple(runs)


def _settings(path: Path | None, given: Mapping[str, Setting], read: Read) -> Settings:
    """Read the file's settings, all conditions judged with what is given."""
    settings = Settings(given)
    if path is not None:
        settings.file = str(path)
        with settings.problems.each():
            _read_file(path, "command line", settings, read, ())
    _refuse_unknown(settings)
    settings.problems.stop()
    return settings


def _read_file(path: Path, place: str, settings: Settings, read: Read, chain: tuple[Path, ...]) -> None:
    if path in chain:
        raise problem(place, f"{path} requires itself", "break the circle")
    try:
        text = read(path)
    except (OSError, ValueError) as error:
        raise unreadable(place, path, error) from None
    if path in settings.read:
        return  # required along two ways, it counts once
    settings.read.add(path)
    blocks = list(_blocks(text))
    if not blocks:
        raise problem(path, "it has no block of YAML or JSON", "put the settings between ``` yaml and ```")
    for line, language, guard, block in blocks:
        where = f"{path}:{line}"
        settings.referred.update(_REFERENCE.findall(guard))
        try:
            wanted = not guard or holds(guard, settings.known())
        except ValueError as error:
            settings.problems.add(where, f"the condition {guard!r} is not understood: {error}", _GUARD_REMEDY)
            continue
        if wanted:
            for key, value, key_line in _entries(block, language, path, line, settings.problems):
                setting = Setting(value, f"{path}:{key_line}", path.parent)
                if key == "require":
                    with settings.problems.each():
                        file = _local(settings.expanded(setting), setting.place)
                        _read_file(_joined(path.parent, file), setting.place, settings, read, (*chain, path))
                elif key == "python" and isinstance(value, dict):
                    for inner, inner_value in value.items():
                        settings.add(inner, replace(setting, value=inner_value))
                elif not (key in OTHER_LANGUAGES and isinstance(value, dict)):
                    settings.add(key, setting)


def _blocks(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield line, language, condition and text of each block that is configuration."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.map:
            language, _, guard = token.info.strip().partition(" ")
            language, sign, rest = language.partition("$")
            if language.lower() in ("yaml", "yml", "json"):
                yield token.map[0] + 1, language.lower(), f"{sign}{rest} {guard}".strip(), token.content


def _entries(
    block: str, language: str, path: Path, line: int, problems: Collector
) -> Iterator[tuple[str, Any, int]]:
    """Yield the keys of a block with their values and lines. JSON is YAML too."""
    loader = ConfigLoader(block)
    try:
        node = loader.get_single_node()
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            problems.add(f"{path}:{line}", "the block is not a mapping", "write `key: value`")
            return
        loader.refuse_twice(node)
        for key, value in node.value:
            # The items of a list each have their own line.
            is_list = KEYS.get(key.value) is list and isinstance(value, yaml.SequenceNode)
            for each in value.value if is_list else [value]:
                yield key.value, loader.construct_document(each), line + 1 + each.start_mark.line
    except yaml.YAMLError as error:
        said = yaml_error(error)
        where = f"{path}:{line + (said.line or 0)}"
        problems.add(
            where, str(said).replace("it", "the block", 1).replace("YAML", language.upper()), said.remedy
        )
    finally:
        loader.dispose()


def _refuse_unknown(settings: Settings) -> None:
    found = {**{key: each[0] for key, each in settings.lists.items()}, **settings.scalars}
    for each in found.values():
        settings.referred.update(_REFERENCE.findall(str(each.value)))
    for key in ("input-file", "require"):
        for setting in settings.lists.get(key, ()):
            if not isinstance(setting.value, str):
                settings.problems.add(
                    setting.place, f"{key} has {setting.value!r}", "write the path of a file"
                )
    for key, setting in found.items():
        if key in KEYS:
            _check_type(key, setting, settings.problems)
        elif key not in settings.referred:
            close = get_close_matches(key, KEYS, 1)
            remedy = f"did you mean {close[0]}?" if close else f"remove it; the keys are {', '.join(KEYS)}"
            for subject, keys in UNREAD.items():
                if key in keys:
                    remedy = f"remove it: it is about {subject}"
            settings.problems.add(setting.place, f"{key} is not a key that is read", remedy)
    for key, value, remedy in (
        ("low-level-client", False, "remove it: a low-level client is all that is generated"),
        ("python", False, "remove it: Python is all that is generated"),
    ):
        if key in settings.scalars and settings.scalars[key].value is value:
            settings.problems.add(settings.scalars[key].place, f"{key} is {str(value).lower()}", remedy)


def _check_type(key: str, setting: Setting, problems: Collector) -> None:
    expected = KEYS[key]
    if expected is bool and not isinstance(setting.value, bool):
        problems.add(setting.place, f"{key} is {setting.value!r}", "write true or false")
    elif expected is str and isinstance(setting.value, list | dict | bool | None):
        problems.add(setting.place, f"{key} is {setting.value!r}", "write one text")


def _finish(settings: Settings) -> Config:
    """Make settings final: paths are joined, defaults are filled in."""

    def text(key: str) -> str | None:
        setting = settings.scalars.get(key)
        return None if setting is None else str(settings.expanded(setting))

    def flag(key: str, default: T) -> bool | T:
        setting = settings.scalars.get(key)
        return default if setting is None else bool(setting.value)

    places: dict[Path, str] = {}
    for setting in settings.lists.get("input-file", []):
        with settings.problems.each():
            file = _local(settings.expanded(setting), setting.place)
            places.setdefault(_joined(setting.folder, file), setting.place)
    missing = {"input-file": "spec.json", "namespace": "my.service", "output-folder": "out/"}
    for key, example in missing.items():
        given = settings.scalars.get(key) or next(iter(settings.lists.get(key, ())), None)
        if given is None or given.value == "":
            settings.problems.add(settings.file, f"{key} is not given", f"pass --{key} {example}")
    for key in ("namespace", "serialization-module"):
        if (name := text(key)) and not all(
            each.isidentifier() and not iskeyword(each) for each in name.split(".")
        ):
            remedy = "write identifiers with dots between them, such as my.service"
            settings.problems.add(
                settings.scalars[key].place, f"{key} is {name!r}, which cannot be imported", remedy
            )
    namespace = text("namespace") or "_"
    output = settings.scalars.get("output-folder")
    folder = _joined(output.folder, str(settings.expanded(output))) if output else Path()
    if not flag("no-namespace-folders", False):
        folder = folder.joinpath(*namespace.split("."))
    header = text("license-header") or ""
    config = Config(
        inputs=tuple(places),
        places=places,
        output=folder / "rest",
        namespace=namespace,
        title=text("title"),
        package=" ".join(filter(None, (text("package-name"), text("package-version")))),
        license_header=LICENSES.get(re.sub("_NO_(VERSION|CODEGEN)$", "", header), header),
        clear_output_folder=flag("clear-output-folder", False),
        client_side_validation=flag("client-side-validation", True),
        operation_groups=flag("operation-groups", None),
        serialization_module=text("serialization-module"),
        directives=tuple(settings.lists.get("directive", [])),
    )
    settings.problems.stop()
    return config


def _joined(folder: Path, name: str) -> Path:
    return Path(normpath(folder / name))


def _local(name: object, place: str) -> str:
    if re.match(r"[A-Za-z]+://", str(name)):
        raise problem(place, f"{name} is not on this machine", "download it, and name the file")
    return str(name)


_REFERENCE = re.compile(r"\$\(([^()]+)\)")
_GUARD_REMEDY = "write it as in `yaml $(tag) == 'package-2020-10-01' && !$(csharp)`"
