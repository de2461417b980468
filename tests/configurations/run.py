"""Read every AutoRest configuration below a folder, unedited: ``python -m tests.configurations.run FOLDER``.

A configuration is a file ``readme.md`` that names documents. It gets a namespace and a folder for the output,
which such files leave to their users, and goes through all stages up to the model of the package.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_request_builders.config.read import read_config
from openapi_request_builders.documents.load import load
from openapi_request_builders.documents.resolve import resolve
from openapi_request_builders.model.assemble import assemble
from openapi_request_builders.problems import Notes, Problems

ASKED: dict[str, Any] = {"namespace": "my.service", "output-folder": "out"}
SHOWN = 15


def read(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8-sig")


def configurations(folder: Path) -> Iterator[Path]:
    """Yield the configurations below a folder."""
    for path in sorted(folder.rglob("*.md")):
        if path.name.lower() == "readme.md" and re.search(r"^\s*-?\s*input-file:", read(path), re.MULTILINE):
            yield path


def problems(path: Path, notes: Notes) -> list[str]:
    """Return what stops a configuration."""
    try:
        for config in read_config(path, ASKED, read, notes):
            assemble(config, resolve(load(config, read, notes), notes), notes)
    except Problems as error:
        return [each.message for each in error.problems]
    return []


def kind(message: str) -> str:
    """Return a message without what is particular about it."""
    return re.sub(r"'[^']*'|\S*[/.]\S*|\d+|build_\w+", "...", message)[:90]


def main() -> int:
    """Print how many configurations are accepted, what stops the others, and what is noted."""
    accepted, stopped, noted = 0, Counter[str](), Counter[str]()
    paths = [path for folder in sys.argv[1:] for path in configurations(Path(folder))]
    for path in paths:
        notes = Notes()
        found = problems(path, notes)
        accepted += not found
        stopped.update({kind(message) for message in found})
        noted.update({kind(note.message) for note in notes.found})
        for message in found:
            print(f"{path}: {message}", file=sys.stderr)
    print(f"{accepted} of {len(paths)} configurations are accepted")
    for title, counted in (("stopped by", stopped), ("noted", noted)):
        for message, number in counted.most_common(SHOWN):
            print(f"{number:>6} {title}: {message}")
    return 0 if paths else 1


if __name__ == "__main__":
    sys.exit(main())
