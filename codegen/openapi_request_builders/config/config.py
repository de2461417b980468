"""A configuration as the generator's stages take it: paths joined, defaults filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from os.path import normpath
from pathlib import Path
from typing import TypeVar

from openapi_request_builders.config.keys import LICENSES
from openapi_request_builders.config.settings import Setting, Settings
from openapi_request_builders.problems import Problems, problem

T = TypeVar("T")

NEEDED: Mapping[str, str] = {"input-file": "spec.json", "namespace": "my.service", "output-folder": "out/"}
"""The keys that a run needs, and examples of them."""


@dataclass(frozen=True)
class Config:
    """What one run of the pipeline is asked to do.

    :param output: The folder that the generator owns: ``rest`` in the package's own.
    :param places: Where the inputs were asked for.
    :param package: Name and version of the distribution, for the docstring.
    :param body_overloads: Whether signatures tell type checkers that a body is JSON or content, and not both.
        They are longer then.
    :param operation_groups: Whether each operation group has a module; None if that is left to the generator.
    :param keep_parameter_order: Whether the parameters of a path are arguments in the order of the document's
        list, rather than in that of the path.
    :param samples: Whether docstrings show what bodies and answers look like; by default, bodies, and answers
        unless there are many operations.
    :param serialization_module: Where the generated code finds what it needs at run time; by default that is
        written beside it.
    :param hook: A function that documents pass through, as ``module:function``.
    """

    inputs: tuple[Path, ...]
    output: Path
    namespace: str
    title: str | None = None
    package: str = ""
    license_header: str = ""
    body_overloads: bool = False
    clear_output_folder: bool = False
    client_side_validation: bool = True
    operation_groups: bool | None = None
    keep_parameter_order: bool = False
    samples: bool | None = None
    serialization_module: str | None = None
    directives: tuple[Setting, ...] = ()
    hook: Setting | None = None
    places: Mapping[Path, str] = field(default_factory=dict, compare=False)


def finish(settings: Settings) -> Config:
    """Make settings final.

    :raises Problems: Something is missing or wrong.
    """
    places = _inputs(settings)
    _check_names(settings)
    header = settings.text("license-header") or ""
    config = Config(
        inputs=tuple(places),
        places=places,
        output=_output(settings),
        namespace=settings.text("namespace") or "_",
        title=settings.text("title"),
        package=" ".join(filter(None, (settings.text("package-name"), settings.text("package-version")))),
        license_header=LICENSES.get(re.sub("_NO_(VERSION|CODEGEN)$", "", header), header),
        body_overloads=_flag(settings, "body-overloads", False),
        clear_output_folder=_flag(settings, "clear-output-folder", False),
        client_side_validation=_flag(settings, "client-side-validation", True),
        operation_groups=_flag(settings, "operation-groups", None),
        keep_parameter_order=_flag(settings, "keep-parameter-order", False),
        samples=_flag(settings, "samples", None),
        serialization_module=settings.text("serialization-module"),
        directives=tuple(settings.lists.get("directive", [])),
        hook=settings.scalars.get("hook"),
    )
    settings.problems.stop()
    return config


def _flag(settings: Settings, key: str, default: T) -> bool | T:
    setting = settings.scalars.get(key)
    return default if setting is None else bool(setting.value)


def _inputs(settings: Settings) -> dict[Path, str]:
    places: dict[Path, str] = {}
    for setting in settings.lists.get("input-file", []):
        with settings.problems.each():
            file = settings.expanded(setting)
            if is_remote(file):
                raise not_here(file, setting.place)
            places.setdefault(joined(setting.folder, str(file)), setting.place)
    return places


def _check_names(settings: Settings) -> None:
    for key, example in NEEDED.items():
        given = settings.first(key)
        if given is None or given.value == "":
            remedy = f"pass --{key} {example}"
            if key == "input-file" and settings.tags:
                remedy = f"pass --tag with one of {', '.join(settings.tags)}, or --{key} {example}"
            settings.problems.add(settings.file, f"{key} is not given", remedy)
    for key in ("namespace", "serialization-module"):
        name = settings.text(key)
        if name and not all(each.isidentifier() and not iskeyword(each) for each in name.split(".")):
            remedy = "write identifiers with dots between them, such as my.service"
            message = f"{key} is {name!r}, which cannot be imported"
            settings.problems.add(settings.scalars[key].place, message, remedy)


def _output(settings: Settings) -> Path:
    output = settings.scalars.get("output-folder")
    folder = joined(output.folder, str(settings.expanded(output))) if output else Path()
    if not _flag(settings, "no-namespace-folders", False):
        folder = folder.joinpath(*(settings.text("namespace") or "_").split("."))
    return folder / "rest"


def joined(folder: Path, name: str) -> Path:
    """Return the path of a file that is named in a folder; AutoRest runs on Windows too."""
    return Path(normpath(folder / name.replace("\\", "/")))


def is_remote(name: object) -> bool:
    """Whether a file is named by an address."""
    return re.match(r"[A-Za-z][A-Za-z+.-]+://", str(name)) is not None


def not_here(address: object, place: str) -> Problems:
    """Return the error for a file that is named by an address."""
    return problem(place, f"{address} is not on this machine", f"{fetching(address)}, and name the file")


def fetching(address: object) -> str:
    """Return how to fetch a file; GitHub shows a page at the address of one, and has the file at another."""
    raw = re.sub(
        r"^https://github\.com/([^/]+/[^/]+)/(?:blob|tree|raw)/",
        r"https://raw.githubusercontent.com/\1/",
        str(address),
    )
    return f"fetch it: curl -LO {raw}"
