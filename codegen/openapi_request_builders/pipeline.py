"""All stages, one after another."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from openapi_request_builders.config.config import Config
from openapi_request_builders.documents.load import load
from openapi_request_builders.documents.resolve import resolve
from openapi_request_builders.model.assemble import assemble
from openapi_request_builders.problems import Notes
from openapi_request_builders.write.format import format_files
from openapi_request_builders.write.render import render
from openapi_request_builders.write.run_time import run_time_files


def generate(config: Config, command: str, read: Callable[[Path], str], notes: Notes) -> Mapping[str, str]:
    """Return the files of the package that a configuration describes, by name.

    :param command: The command to generate them again, for the first line of each file.
    :param read: Returns the text of a file.
    :param notes: Collects notes.
    :raises Problems: Something is wrong with the documents.
    """
    with _without_collection():
        roots = resolve(load(config, read, notes), notes)
        package = assemble(config, roots, notes)
        return format_files(render(package, command, run_time_files()), package.line_length)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pause Python's garbage collector.

    A large document consists of millions of objects, none of which is garbage. Visiting them again and again
    took four fifths of the time to read NetBox's document.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
