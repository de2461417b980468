import os
from pathlib import Path

import pytest

from tests.packaging.distributions import ROOT, Distributions


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The package's wheel and sdist: those that ``nox -s build`` made, or new ones from this tree."""
    if given := os.environ.get("DISTRIBUTIONS"):
        return Distributions.found_in(Path(given))
    return Distributions.built(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def generator_distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The generator's wheel and sdist, likewise."""
    if given := os.environ.get("DISTRIBUTIONS"):
        return Distributions.found_in(Path(given, "codegen"))
    return Distributions.built(ROOT / "codegen", tmp_path_factory.mktemp("codegen"))
