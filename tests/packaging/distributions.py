"""What is published: a wheel and an sdist."""

import tarfile
import zipfile
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest
from hatchling import build

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Distributions:
    wheel: Path
    sdist: Path

    @classmethod
    def found_in(cls, folder: Path) -> "Distributions":
        (wheel,) = folder.glob("*.whl")
        (sdist,) = folder.glob("*.tar.gz")
        return cls(wheel, sdist)

    @classmethod
    def built(cls, project: Path, folder: Path) -> "Distributions":
        """Build those of a project, as a build frontend would."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(project)
            build.build_sdist(str(folder))
            build.build_wheel(str(folder))
        return cls.found_in(folder)

    def wheel_files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.wheel) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def sdist_files(self) -> dict[str, bytes]:
        """By their paths below the sdist's one folder."""
        with tarfile.open(self.sdist) as archive:
            return {
                member.name.partition("/")[2]: file.read()
                for member in archive
                if (file := archive.extractfile(member)) is not None
            }

    def metadata(self) -> Message:
        (text,) = (data for name, data in self.wheel_files().items() if name.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(text)

    def wheel_from_sdist(self, folder: Path) -> Path:
        """Unpack the sdist into a folder, and build a wheel from it."""
        for name, data in self.sdist_files().items():
            path = folder / "sdist" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder / "sdist")
            return folder / build.build_wheel(str(folder))
