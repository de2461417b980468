"""The design page and CONTRIBUTING show what is there."""

import re
from functools import reduce
from importlib import import_module

import pytest

from tests.house.design import BLOCK, PACKAGE, PAGE, ROOT, picture, steps

CONTRIBUTING = ROOT / "CONTRIBUTING.md"

pytestmark = pytest.mark.skipif(not (ROOT / "azure").exists(), reason="the sources are not here")


def test_the_picture_is_drawn_from_the_rules_of_imports() -> None:
    drawn = BLOCK.search(PAGE.read_text(encoding="utf-8"))
    assert drawn is not None
    assert drawn[0] == picture(), "python -m tests.house.design draws it again"


def test_there_are_walks() -> None:
    assert len(steps()) > 10


@pytest.mark.parametrize(("module", "name"), steps(), ids=str)
def test_every_step_of_a_walk_exists(module: str, name: str) -> None:
    start = import_module(f"{PACKAGE}.{module}")
    assert callable(reduce(getattr, name.split("."), start))


def test_every_file_that_contributors_are_sent_to_exists() -> None:
    text = CONTRIBUTING.read_text(encoding="utf-8").partition("## Where is ...")[2].partition("\n## ")[0]
    named = re.findall(r"\]\(([^)#]+)\)", text)
    assert len(named) >= 10
    assert [path for path in named if not (ROOT / path).exists()] == []
