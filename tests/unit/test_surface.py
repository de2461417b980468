"""What the package shows is what it means to show."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

PUBLIC = {
    "azure.messaging.webpubsubservice": {
        "VERSION",
        "ClientAccessToken",
        "ClientOptions",
        "RequestOptions",
        "WebPubSubServiceClient",
        "odata_filter",
    },
    "azure.messaging.webpubsubservice.aio": {"WebPubSubServiceClient"},
    "azure.messaging.webpubsubservice.senders": {
        "RequestSender",
        "SendResult",
        "TextWriter",
        "WriterError",
        "WriterOptions",
        "destination",
    },
    "azure.messaging.webpubsubservice.aio.senders": {"AsyncRequestSender", "AsyncTextWriter"},
}
CLIENT = {
    "api_version",
    "close",
    "endpoint",
    "from_connection_string",
    "get_client_access_token",
    "list_items",
    "open_writer",
    "send_request",
    "send_requests",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_modules_show_what_all_lists_and_nothing_else(name: str) -> None:
    module = importlib.import_module(name)
    shown = {
        attribute
        for attribute, value in vars(module).items()
        if not attribute.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(module.__all__) == PUBLIC[name] == shown
    assert list(module.__all__) == sorted(
        module.__all__, key=lambda entry: (not entry.isupper(), not entry[0].isupper(), entry)
    )


def public_modules() -> Iterator[ModuleType]:
    package = importlib.import_module("azure.messaging.webpubsubservice")
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not any(part.startswith("_") for part in found.name.split(".")):
            yield importlib.import_module(found.name)


def test_a_public_name_means_one_thing() -> None:
    meanings: dict[str, set[object]] = {}
    for module in public_modules():
        for name in module.__all__:
            if not isinstance(getattr(module, name), ModuleType):
                meanings.setdefault(name, set()).add(getattr(module, name))
    assert {"ConnectEvent", "Emulator", "build_send_to_all_request"} <= meanings.keys()
    # The two clients have one name, as everywhere in azure-core.
    assert {name for name, objects in meanings.items() if len(objects) > 1} == {"WebPubSubServiceClient"}


@pytest.mark.parametrize("name", ["azure.messaging.webpubsubservice", "azure.messaging.webpubsubservice.aio"])
def test_both_clients_have_the_same_methods(name: str) -> None:
    client = importlib.import_module(name).WebPubSubServiceClient
    assert {attribute for attribute in dir(client) if not attribute.startswith("_")} == CLIENT


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        (
            "import azure.messaging.webpubsubservice",
            {"aiohttp", "requests", "msrest", "isodate", "jwt", "certifi"},
        ),
        ("import azure.messaging.webpubsubservice.aio", {"requests", "msrest", "isodate", "jwt"}),
        (
            "from azure.messaging.webpubsubservice import odata_filter",
            {"azure.messaging.webpubsubservice.emulator"},
        ),
    ],
)
def test_imports_bring_in_what_they_need_and_no_more(statement: str, absent: set[str]) -> None:
    code = f"{statement}; import sys; print(sorted({absent!r} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


def test_the_asynchronous_client_says_how_to_install_what_it_needs() -> None:
    code = "import sys; sys.modules['aiohttp'] = None; import azure.messaging.webpubsubservice.aio"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("this package with its extra [aio], or run: python -m pip install aiohttp\n")


def test_the_api_version_is_the_builders() -> None:
    from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415

    from azure.messaging.webpubsubservice import WebPubSubServiceClient  # noqa: PLC0415
    from azure.messaging.webpubsubservice.rest import build_send_to_all_request  # noqa: PLC0415

    with WebPubSubServiceClient("https://h", AzureKeyCredential("key")) as client:
        assert f"api-version={client.api_version}" in build_send_to_all_request("hub", json={}).url
