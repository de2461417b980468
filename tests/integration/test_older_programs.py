"""A program that was written for 1.0.0b1 of Microsoft's package runs; only its imports change.

``programs/1.0.0b1.txt`` runs with 1.0.0b1 as it is.
"""

import os
import subprocess
import sys
from pathlib import Path

from azure.messaging.webpubsubservice.emulator import Emulator
from tests.limits import PATIENCE

PROGRAM = Path(__file__).with_name("programs") / "1.0.0b1.txt"
IMPORTS = {"from azure.messaging.webpubsubservice.core.rest import": "from azure.core.rest import"}
PRINTED = """\
health 200
connected True
user True
nobody False
received {'to': 'all'}
received to all
received ['to', 'connection']
received dG8gdXNlcg==
group True
received {'to': 'group'}
group False
permission True
permission False
error 404
gone True
"""
WARNINGS = [
    "build_healthapi_get_health_status_request is now called build_get_service_status_request",
    "build_close_client_connection_request is now called build_close_connection_request",
    "build_authentication_token is deprecated: write client.get_client_access_token(",
]


def test_a_program_for_1_0_0b1_runs_with_only_its_imports_changed() -> None:
    program = PROGRAM.read_text(encoding="utf-8")
    for old, new in IMPORTS.items():
        assert old in program
        program = program.replace(old, new)
    with Emulator() as emulator:
        done = subprocess.run(
            [sys.executable, "-W", "default", "-c", program],
            env={**os.environ, "WEBPUBSUB_CONNECTION_STRING": emulator.connection_string},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, PRINTED), done.stderr
    for warning in WARNINGS:
        assert f"DeprecationWarning: {warning}" in done.stderr
