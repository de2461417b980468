"""Problems of the input, and notes on what was ignored: where, what, and what to do."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake that stops the generation.

    :param place: A file with a JSON pointer (``spec.json#/info``) or a line (``autorest.md:12``).
    """

    place: str
    message: str
    remedy: str

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}"
        return f"{text}\n    {self.remedy}" if self.remedy else text


class Problems(Exception):  # noqa: N818 (several at once)
    """All problems that were found, in the order of files and places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Notes:
    """Remarks on ignored input and on choices that were made. With ``--strict``, they stop the generation."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, place: object, message: str, remedy: str = "") -> None:
        """Add a note, unless it is there already."""
        note = Problem(str(place), message, remedy)
        if note not in self.found:
            self.found.append(note)

    def lines(self, places: int = 3) -> Iterator[str]:
        """Yield the notes as text. A note on many places appears once, with the first few of them."""
        by_text: dict[tuple[str, str], list[str]] = {}
        for note in self.found:
            by_text.setdefault((note.message, note.remedy), []).append(note.place)
        for (message, remedy), where in by_text.items():
            more = f" (and {len(where) - places} more)" if len(where) > places else ""
            yield f"note: {', '.join(where[:places])}{more}: {message}"
            if remedy:
                yield f"    {remedy}"


class Collector:
    """Collects problems, so that several can be reported at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, place: object, message: str, remedy: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(str(place), message, remedy))

    @contextmanager
    def each(self) -> Iterator[None]:
        """Collect the problems that are raised inside the block."""
        try:
            yield
        except Problems as error:
            self.problems.extend(error.problems)

    def stop(self) -> None:
        """Raise the problems, if there are any."""
        if self.problems:
            raise Problems(self.problems)


def unreadable(place: object, path: object, error: Exception, remedy: str = "correct the path") -> Problems:
    """Return the exception for a file that cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return problem(path, "it is not text in UTF-8", "save it as UTF-8")
    reason = (
        "there is no such file" if isinstance(error, FileNotFoundError) else getattr(error, "strerror", error)
    )
    return problem(place, f"{path} cannot be read: {reason}", remedy)


def suggestion(word: object, known: Iterable[str], otherwise: str = "", *, cutoff: float = 0.6) -> str:
    """Return a remedy for a word that is not known: the one that it resembles, if any."""
    near = [each for each in get_close_matches(str(word), list(known), 2, cutoff) if each != word]
    return f"did you mean {near[0]}?" if near else otherwise


def pointer(*parts: object) -> str:
    """Return a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def problem(place: object, message: str, remedy: str) -> Problems:
    """Return the exception for one problem."""
    return Problems([Problem(str(place), message, remedy)])
