import os
from pathlib import Path

import pytest
from hatchling import build

from tests.packaging.distributions import ROOT, Distributions


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The wheel and the sdist: those that ``nox -s build`` made, or new ones from this tree."""
    if given := os.environ.get("DISTRIBUTIONS"):
        return Distributions.found_in(Path(given))
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where a build frontend would run it
        build.build_sdist(str(folder))
        build.build_wheel(str(folder))
    return Distributions.found_in(folder)
