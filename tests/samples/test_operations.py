"""The documentation's table of operations is about the builders that there are."""

import importlib.util
import sys

from azure.messaging.webpubsubservice import rest
from tests.contract.facts import OPERATIONS_PER_VERSION
from tests.samples.conftest import ROOT

path = ROOT / "docs" / "extensions" / "operations.py"
specification = importlib.util.spec_from_file_location("operations_table", path)
assert specification is not None
assert specification.loader is not None
operations = importlib.util.module_from_spec(specification)
sys.modules[specification.name] = operations
specification.loader.exec_module(operations)


def test_each_builder_has_a_row_and_each_version_a_count() -> None:
    versions, rows = operations.read(ROOT / "swagger")
    assert sorted(row.builder for row in rows) == [
        name for name in sorted(rest.__all__) if name.startswith("build_")
    ]
    header, _, *lines, counts = operations.by_version(versions, rows).splitlines()
    assert header == f"|  | {' | '.join(versions[::-1])} |"
    assert len(lines) == len(rows)
    newest_first = [str(count) for count in OPERATIONS_PER_VERSION.values()][::-1]
    assert counts == f"| operations | {' | '.join(newest_first)} |"
    assert "`HEAD /api/health`" in operations.on_the_wire(rows)
