"""The picture of the wings in ``docs/design.md``: ``python -m tests.house.design`` writes it.

It is drawn from the rules for imports, so it cannot be out of date. A test compares the two, and looks up
every name in the page's walks.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "design.md"
LAYERS = Path(__file__).with_name("layers.toml")
BLOCK = re.compile(r"(?<=<!-- wings -->\n```\{code-block\} none\n).*?(?=```\n)", re.DOTALL)
#: A row of a walk: a step, and the function or class for it, as module:name.
STEP = re.compile(r"^\| \d+ \|[^|]*\| `([\w.]+):([\w.]+)` \|", re.MULTILINE)
PACKAGE = "azure.messaging.webpubsubservice"

WIDTH = 74
TOML = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
TITLES = {
    PACKAGE: "the package",
    f"{PACKAGE}.emulator": "the emulator",
    "openapi_request_builders": "the generator",
}


def contracts() -> Iterator[Mapping[str, Any]]:
    """Yield the stacks of the wings, outermost folders only."""
    rules = TOML.loads(LAYERS.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    yield from (rule for rule in rules if rule["type"] == "layers" and rule["containers"][0] in TITLES)


def picture() -> str:
    """Return the picture: a box for each wing, a row for each layer; a row imports only rows below it."""
    lines: list[str] = []
    for rule in contracts():
        title = TITLES[rule["containers"][0]]
        lines.append(f"┌─ {title} {'─' * (WIDTH - len(title) - 3)}┐")
        for layer in rule["layers"]:
            names = [name.strip(" ()") for name in layer.split("|")]
            lines += [f"│ {row:<{WIDTH - 2}} │" for row in _wrapped(names)]
        lines.append(f"└{'─' * WIDTH}┘")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _wrapped(names: list[str]) -> Iterator[str]:
    row = names[0]
    for name in names[1:]:
        if len(row) + len(name) + 3 > WIDTH - 2:
            yield row
            row = f"   {name}"
        else:
            row = f"{row} · {name}"
    yield row


def steps() -> list[tuple[str, str]]:
    """Return module and name of each step of the page's walks."""
    return [(module, name) for module, name in STEP.findall(PAGE.read_text(encoding="utf-8"))]


def main() -> None:
    """Write the picture into the page."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda _: picture(), text), encoding="utf-8")


if __name__ == "__main__":
    main()
