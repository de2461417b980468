"""requests with nothing around it: one session, one URL, one token for all messages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATH = "/api/hubs/hub/:send?api-version=2024-12-01"
HEADERS = {"Content-Type": "application/octet-stream", "Authorization": "Bearer " + "x" * 200}


@contextmanager
def sync(endpoint: str) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that sends one message."""
    import requests

    with requests.Session() as session:

        def send(body: bytes) -> None:
            session.post(endpoint + PATH, data=body, headers=HEADERS).raise_for_status()

        yield send
