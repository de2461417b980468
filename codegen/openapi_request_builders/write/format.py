"""Format Python source with ruff, all files in one run."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from openapi_request_builders.problems import problem


def format_files(files: Mapping[str, str], line_length: int) -> Mapping[str, str]:
    """Return the formatted files. Only valid Python can be formatted, so this is also a check."""
    with TemporaryDirectory() as folder:
        paths = {name: Path(folder, name) for name in files}
        for name, path in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], encoding="utf-8", newline="\n")
        command = [
            *(sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache"),
            *("--line-length", str(line_length), "--target-version", "py310"),
            # A temporary folder may be inside one that ruff excludes by default, such as .nox.
            *("--config", "exclude=[]", folder),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own command)
        if done.returncode:
            raise problem(
                "ruff", done.stderr.strip().replace(folder, "rest"), "report this: the generator is wrong"
            )
        return {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
