"""The modules that generated code needs at run time."""

from collections.abc import Iterable, Mapping
from pathlib import Path

NAME = "_serialization"
_PACKAGED = Path(__file__).parents[1] / "run_time"
_CHECKOUT = Path(__file__).parents[3] / "azure" / "messaging" / "webpubsubservice"


# The distributions that parts of the run time need, in addition to azure-core.
_REQUIREMENTS: Mapping[str, tuple[str, ...]] = {"formats": ("isodate", "msrest"), "forms": ("urllib3",)}


def requirements(files: Iterable[str]) -> list[str]:
    """Return the distributions that a package needs at run time, if it includes the run time."""
    names = set(files)
    if f"{NAME}/__init__.py" not in names:
        return []
    needed = [each for part, each in _REQUIREMENTS.items() if f"{NAME}/{part}.py" in names]
    return ["azure-core", *sorted(name for each in needed for name in each)]


def run_time_files() -> Mapping[str, str]:
    """Return the source of the run time, by file name. In a checkout, it is a part of the client."""
    folder = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((folder / NAME).glob("*.py"))
    }
