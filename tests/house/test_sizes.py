"""Files and functions stay short enough to read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WINGS = (ROOT / "azure", ROOT / "codegen" / "openapi_request_builders")
GENERATED = ROOT / "azure" / "messaging" / "webpubsubservice" / "rest"
FILE, FUNCTION = 400, 50


def sources() -> Iterator[Path]:
    for wing in WINGS:
        for path in sorted(wing.rglob("*.py")):
            if GENERATED not in path.parents:
                yield path


def long_ones(path: Path) -> Iterator[tuple[str, int]]:
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    if lines > FILE:
        yield name, lines
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION:
                yield f"{name}: {node.name}", length


@pytest.mark.skipif(not GENERATED.exists(), reason="the sources are not here")
def test_no_file_and_no_function_is_too_long() -> None:
    assert {name: length for path in sources() for name, length in long_ones(path)} == {}
