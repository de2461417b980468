"""A server of the npm packages that judge generated code, as a process."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PRELOAD = Path(__file__).with_name("conformance") / "preload.js"


@contextmanager
def running(script: Path, arguments: Sequence[str], log: Path) -> Iterator[int]:
    """Run a server on 127.0.0.1 and a free port, and yield the port.

    :param arguments: The server's arguments, apart from the port.
    :param log: The file for its output.
    """
    receiver, sender = os.pipe()
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["node", f"--require={PRELOAD}", str(script), *arguments, "--port=0"],
            env={**os.environ, "PORT_FD": str(sender)},
            pass_fds=[sender],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    os.close(sender)
    try:
        with os.fdopen(receiver) as port:
            line = port.readline()
        if not line:
            raise RuntimeError(f"{script} did not start: see {log}")
        yield int(line)
    finally:
        server.terminate()
        server.wait()
