"""What ``help`` shows of classes whose fields people set."""

import pydoc
import re

import pytest

from azure.messaging.webpubsubservice import ClientOptions, RequestOptions
from azure.messaging.webpubsubservice.emulator import EmulatorOptions, EventHandler, Fault

#: Options of azure-core that are passed on as they are, and described there.
AZURE_CORES = {
    *("custom_hook_policy", "http_logging_policy", "logging_policy", "proxy_policy", "redirect_policy"),
    *("authentication_policy", "headers_policy", "request_id_policy", "retry_policy", "user_agent_policy"),
    *("instrumentation_config", "network_span_namer", "request_id_header_name", "sdk_moniker"),
    *("session_owner", "tracing_attributes", "tracing_options"),
}


@pytest.mark.parametrize("cls", [ClientOptions, EmulatorOptions, EventHandler, Fault, RequestOptions])
def test_each_field_is_described_once(cls: type) -> None:
    shown = pydoc.plain(pydoc.render_doc(cls))
    fields = set(cls.__annotations__) - AZURE_CORES
    assert sorted(re.findall(r":ivar (\w+): \S", shown)) == sorted(fields)
