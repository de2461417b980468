"""Watch requests and responses in the log and as OpenTelemetry spans."""

import contextlib
import logging
import os
import sys

from azure.core.settings import settings
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

logging.basicConfig(stream=sys.stdout, format="%(name)s: %(message)s")
package = "azure.messaging.webpubsubservice"
logging.getLogger(package).setLevel(logging.DEBUG)
logging.getLogger(f"{package}.emulator").setLevel(logging.WARNING)

# In production, take an exporter to where you look at traces.
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
settings.tracing_enabled = True

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    # logging_enable, for a client or for a call, logs requests and responses
    # in full. Secrets are masked.
    client.send_request(
        build_send_to_all_request("chat", json={"hello": "log"}),
        logging_enable=True,
    )

for span in spans.get_finished_spans():
    attributes = span.attributes or {}
    print(
        "span",
        span.name,
        {
            name: attributes[name]
            for name in ("url.full", "http.response.status_code")
        },
    )
