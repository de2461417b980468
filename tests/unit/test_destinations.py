"""How transports read a URL: as urllib3, which the asynchronous client does not import, would."""

import subprocess
import sys

import pytest
from azure.core.exceptions import ServiceRequestError
from urllib3.util import parse_url

from azure.messaging.webpubsubservice._transports._base import _split

PORTS = {"http": 80, "https": 443}


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "https://H.Example:8443/a?b",
        "http://h:/",
        "http://127.0.0.1:8080/x",
        "http://[::1]:80/x",
        "https://[2001:DB8::1]/",
        "HTTP://a_b.c/",
        "http://xn--bcher-kva.example/",
        "http://b\u00fccher.example/",
        "http://user:password@h/",
        "http://a@b@c/",
    ],
)
def test_good_urls_are_read_as_urllib3_reads_them(url: str) -> None:
    parts = parse_url(url)
    scheme, host = str(parts.scheme), str(parts.host).strip("[]")
    assert _split(url) == (scheme, host, parts.port or PORTS[scheme])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/",
        "//h/x",
        "h:80",
        "http:///x",
        "http://h:99999/",
        "http://h:x/",
        "http://a b/",
        "http://a\\@b/",
        "http://a\x01/",
        "http://[::1/",
        "http://h%41/",
        "http://" + "a" * 64 + "\u00fc/",
    ],
)
def test_others_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ServiceRequestError) as caught:
        _split(url)
    assert str(caught.value) == "The request's URL is no http:// or https:// URL with a host."


def test_a_first_asynchronous_message_loads_no_library_that_it_does_not_use() -> None:
    """Each of them would cost a program a good part of the time in which it starts."""
    code = """
import asyncio, sys
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ServiceRequestError
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

async def main():
    async with WebPubSubServiceClient("http://127.0.0.1:1", AzureKeyCredential("key" * 12)) as client:
        try:
            await client.send_request(build_send_to_all_request("h", json={}), retry_total=0)
        except ServiceRequestError:
            pass

asyncio.run(main())
print(*sorted({"urllib3", "requests", "certifi", "jwt", "msrest", "isodate"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")
