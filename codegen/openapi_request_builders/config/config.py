"""The configuration for the later stages: paths are joined, and defaults are filled in."""

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
    """The configuration of one run of the pipeline.

    :param output: The folder that the generator owns: ``rest`` in the package's folder.
    :param places: The places that name the inputs.
    :param package: Name and version of the distribution, for the docstring.
    :param body_overloads: Whether there are overloads, so that type checkers accept either JSON or content as
        a body, and not both. They make the code longer.
    :param operation_groups: Whether each operation group has a module; None lets the generator decide.
    :param keep_parameter_order: Whether arguments for parameters of the path have the order of the document's
        list instead of that of the path.
    :param samples: Whether docstrings show examples of bodies and responses. By default, they show bodies,
        and responses unless there are many operations.
    :param serialization_module: The module that generated code uses at run time. By default, it is written
        beside the generated code.
    :param hook: A function that changes documents, as ``module:function``.
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
    """Return the configuration for some settings.

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
    """Return the path of a file in a folder. Configurations of AutoRest may use backslashes."""
    return Path(normpath(folder / name.replace("\\", "/")))


def is_remote(name: object) -> bool:
    """Whether a file is on the network."""
    return re.match(r"[A-Za-z][A-Za-z+.-]+://", str(name)) is not None


def not_here(address: object, place: str) -> Problems:
    """Return the error for a file that is on the network."""
    return problem(place, f"{address} is not on this machine", f"{fetching(address)}, and name the file")


def fetching(address: object) -> str:
    """Return how to fetch a file. At GitHub, the address of its page is not the address of the file."""
    raw = re.sub(
        r"^https://github\.com/([^/]+/[^/]+)/(?:blob|tree|raw)/",
        r"https://raw.githubusercontent.com/\1/",
        str(address),
    )
    return f"fetch it: curl -LO {raw}"
