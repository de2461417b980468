"""Include the run time of generated code in the distribution.

Its only source is the client's ``_serialization``, which is outside this folder. An sdist contains a copy, so
that a wheel can be built from it without a checkout.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGED = "openapi_request_builders/run_time"
SOURCE = "azure/messaging/webpubsubservice"


class RunTimeHook(BuildHookInterface):  # type: ignore[type-arg]
    """Include the run time, unless an sdist already contains it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files. An editable installation reads them from the checkout."""
        if version == "editable" or Path(self.root, PACKAGED).is_dir():
            return
        source = Path(self.root).parent / SOURCE
        for path in source.glob("_serialization/*.py"):
            build_data["force_include"][str(path)] = f"{PACKAGED}/{path.relative_to(source).as_posix()}"
