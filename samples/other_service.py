"""Generate builders from any OpenAPI document, and send with azure-core."""

import datetime as dt
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from azure.core import PipelineClient
from azure.core.rest import HttpRequest, HttpResponse

ROOT = Path(__file__).parents[1]


class ToDoService(BaseHTTPRequestHandler):
    """Stands in for the service, and prints its requests."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print(
            f"the service received {self.command} {self.path} {body.decode()}"
        )
        self.send_response(201)
        self.end_headers()

    def log_request(
        self, code: int | str = "-", size: int | str = "-"
    ) -> None:
        """Keep quiet."""


with (
    tempfile.TemporaryDirectory() as folder,
    HTTPServer(("127.0.0.1", 0), ToDoService) as server,
):
    command = [
        sys.executable,
        "-m",
        "openapi_request_builders",
        "--input-file=samples/to_do.json",
        "--namespace=to_do",
    ]
    subprocess.run(
        [*command, f"--output-folder={folder}"], cwd=ROOT, check=True
    )
    sys.path.insert(0, folder)
    from to_do.rest import build_add_request  # type: ignore[import-not-found]

    request = build_add_request(
        "home", json={"text": "water the plants"}, due=dt.date(2030, 1, 31)
    )
    print(request)

    threading.Thread(target=server.serve_forever, daemon=True).start()
    with PipelineClient[HttpRequest, HttpResponse](
        f"http://127.0.0.1:{server.server_port}"
    ) as client:
        request.url = client.format_url(request.url)
        print("answer:", client.send_request(request).status_code)
    server.shutdown()
