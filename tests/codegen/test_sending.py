"""The lines with which the generator's README sends what a builder made, by azure-core's own client."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from azure.core import PipelineClient

from tests.codegen.conftest import Generate, document, operation


class Echo(BaseHTTPRequestHandler):
    """Answers with the target of the request."""

    def do_GET(self) -> None:
        """Answer."""
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Run a server on a free port."""
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_azure_cores_client_sends_a_request_once_its_url_is_formatted(
    generate: Generate, address: str
) -> None:
    top = {"name": "top", "in": "query", "type": "integer"}
    made = generate(document({"/things": {"get": operation(top, name="listThings")}}))
    client: PipelineClient[Any, Any] = PipelineClient(f"{address}/base", policies=[])
    with client:
        request = made.build_list_things_request(top=5)
        request.url = client.format_url(request.url)
        response = client.send_request(request)
    assert response.text() == "/base/things?top=5"
