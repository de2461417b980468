"""The modules that generated code needs when it runs."""

from collections.abc import Mapping
from pathlib import Path

NAME = "_serialization"
_PACKAGED = Path(__file__).parents[1] / "run_time"
_CHECKOUT = Path(__file__).parents[3] / "azure" / "messaging" / "webpubsubservice"


def run_time_files() -> Mapping[str, str]:
    """Return the source of the run time, by file name. A checkout has it where the client uses it."""
    folder = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((folder / NAME).glob("*.py"))
    }
