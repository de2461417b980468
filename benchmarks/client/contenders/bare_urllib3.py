"""urllib3 with nothing around it: one pool, one URL, one token for all messages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATH = "/api/hubs/hub/:send?api-version=2024-12-01"
HEADERS = {"Content-Type": "application/octet-stream", "Authorization": "Bearer " + "x" * 200}


@contextmanager
def sync(endpoint: str) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that sends one message."""
    import urllib3

    with urllib3.PoolManager() as pool:

        def send(body: bytes) -> None:
            response = pool.request("POST", endpoint + PATH, body=body, headers=HEADERS)
            assert response.status == 202

        yield send
