"""Generate builders for an api-version of your own, beside the package's."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)

    # The newest published document, with one more operation, as a new version.
    newest = max((ROOT / "swagger").glob("*.json"))
    document = json.loads(newest.read_text(encoding="utf-8"))
    document["info"]["version"] = "2099-01-01"
    document["paths"]["/api/hubs/{hub}/:pause"] = {
        "post": {
            "operationId": "WebPubSub_PauseHub",
            "summary": "Deliver nothing for a while.",
            "parameters": [
                {"$ref": "#/parameters/Hub"},
                {
                    "name": "seconds",
                    "in": "query",
                    "type": "integer",
                    "minimum": 1,
                    "required": True,
                },
                {"$ref": "#/parameters/ApiVersion"},
            ],
            "responses": {"204": {"description": "The hub pauses."}},
        }
    }
    (folder / "2099-01-01.json").write_text(
        json.dumps(document), encoding="utf-8"
    )

    # In the repository you add the document to autorest.md. Here, everything
    # is on the command line.
    documents = [
        *sorted((ROOT / "swagger").glob("*.json")),
        folder / "2099-01-01.json",
    ]
    inputs = [f"--input-file={path}" for path in documents]
    command = [
        sys.executable,
        "-m",
        "openapi_request_builders",
        "--namespace=preview.webpubsub",
        f"--output-folder={name}",
    ]
    subprocess.run([*command, *inputs], cwd=ROOT, check=True)

    sys.path.insert(0, name)
    from preview.webpubsub.rest import (  # type: ignore[import-not-found]
        build_pause_hub_request,
    )

    print(build_pause_hub_request("chat", seconds=5))
    try:
        build_pause_hub_request("chat", seconds=5, api_version=newest.stem)
    except ValueError as error:
        print(error)
