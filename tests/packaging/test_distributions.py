"""What the wheel and the sdist hold."""

import os
import re
import zipfile
from pathlib import Path

import pytest

from tests.packaging.distributions import ROOT, Distributions

PINNED = Path(__file__).with_name("wheel.txt")
PACKAGE = "azure/messaging/webpubsubservice/"


def test_the_wheel_holds_these_files_and_no_others(distributions: Distributions) -> None:
    """A file that is new, or no longer there, is added to ``wheel.txt``, or removed from it, by hand."""
    version = distributions.metadata()["Version"]
    files = sorted(name.replace(version, "VERSION") for name in distributions.wheel_files())
    pinned = PINNED.read_text("utf-8").splitlines()
    new, gone = sorted(set(files) - set(pinned)), sorted(set(pinned) - set(files))
    assert files == pinned, f"new: {new}; gone: {gone}. If that is meant, change {PINNED.name}, sorted."


def test_the_namespace_packages_are_left_to_their_other_distributions(distributions: Distributions) -> None:
    """An ``__init__.py`` here would hide azure-core, azure-identity and the client package."""
    names = set(distributions.wheel_files())
    assert f"{PACKAGE}__init__.py" in names
    assert not {"azure/__init__.py", "azure/messaging/__init__.py"} & names


def test_type_checkers_are_told_that_there_are_types(distributions: Distributions) -> None:
    assert distributions.wheel_files()[f"{PACKAGE}py.typed"] == b""
    assert "Typing :: Typed" in distributions.metadata().get_all("Classifier", [])


def test_the_version_is_that_of_the_code(distributions: Distributions) -> None:
    code = distributions.wheel_files()[f"{PACKAGE}_version.py"].decode()
    assert re.search(r'VERSION = "(.+)"', code)
    assert f'VERSION = "{distributions.metadata()["Version"]}"' in code


def test_what_is_required_has_a_lower_bound_and_no_upper_one(distributions: Distributions) -> None:
    """An upper bound would keep people from a fix; a lower one that is missing would give them what fails."""
    requirements = distributions.metadata().get_all("Requires-Dist", [])
    assert requirements
    assert [line for line in requirements if not re.fullmatch(r"[\w.-]+>=[\d.]+(; .*)?", line)] == []


@pytest.mark.skipif("DISTRIBUTIONS" in os.environ, reason="the build compared them, where the sources are")
def test_the_sdist_holds_everything_to_build_the_same_wheel(
    distributions: Distributions, tmp_path: Path
) -> None:
    again = distributions.wheel_from_sdist(tmp_path)
    assert again.name == distributions.wheel.name
    with zipfile.ZipFile(again) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == distributions.wheel_files()


@pytest.mark.skipif("DISTRIBUTIONS" in os.environ, reason="there are no sources to compare with")
def test_the_sdist_holds_what_the_tests_need(distributions: Distributions) -> None:
    names = set(distributions.sdist_files())
    for folder in ("codegen", "docs", "samples", "swagger", "tests"):
        here = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.suffix in {".py", ".json", ".md", ".rst", ".jinja", ".txt"} and "_build" not in path.parts
        }
        assert here <= names
