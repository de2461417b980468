"""Connection strings."""

import pytest

from azure.messaging.webpubsubservice._connection_string import ConnectionString

KEY = "made-up-key-of-more-than-32-bytes-0123456789"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("Endpoint=https://h;AccessKey=k==;Version=1.0;", "https://h"),
        ("accesskey = k== ;ENDPOINT= https://h ", "https://h"),
        ("Version=1.0;AccessKey=k==;Endpoint=https://h", "https://h"),
        ("Endpoint=http://localhost;Port=8080;AccessKey=k==;", "http://localhost:8080"),
        ("Endpoint=http://localhost:8080;Port=8080;AccessKey=k==;", "http://localhost:8080"),
        ("Endpoint=http://[::1]/base;Port=08080;AccessKey=k==;", "http://[::1]:8080/base"),
        ("Endpoint=https://h;AccessKey=k==;AuthType=azure.msi;", "https://h"),
        ("Endpoint=http://h;Port=1;AccessKey=k==;", "http://h:1"),
        ("Endpoint=http://h;Port=65535;AccessKey=k==;", "http://h:65535"),
    ],
)
def test_connection_strings(text: str, endpoint: str) -> None:
    parsed = ConnectionString.parse(text)
    assert (parsed.endpoint, parsed.access_key) == (endpoint, "k==")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no Endpoint"),
        ("Endpoint=https://h;", "no AccessKey"),
        ("AccessKey=secret;", "no Endpoint"),
        ("Endpoint=https://h;AccessKey= ;", "The AccessKey of the connection string is empty"),
        ("Endpoint=;AccessKey=secret", "The Endpoint of the connection string is empty"),
        (
            "Endpoint=https://h;AcessKey=secret;",
            "no AccessKey, but it has 'acesskey': did you mean AccessKey?",
        ),
        ("Endpoint=https://h;Access Key=secret;", "has 'access key': did you mean AccessKey?"),
        ("Endpoint=https://h;PrimaryKey=secret;", r"has no AccessKey\. It must look like"),
        (
            "Endpoints=https://h;AccessKey=secret;",
            "no Endpoint, but it has 'endpoints': did you mean Endpoint?",
        ),
        ("Endpoint=https://h;secret-key-in-base64==", r"has no AccessKey\. It must look like"),
        (
            "Endpoint=https://h;AuthType=azure.msi;",
            "pass the endpoint and a credential to the client instead",
        ),
        (
            "Endpoint=https://h;AccessKey=secret;AccessKey=secret2;",
            "AccessKey is in the connection string twice",
        ),
        (
            "Endpoint=https://h;accesskey=secret;AccessKey=secret;",
            "AccessKey is in the connection string twice",
        ),
        ("Endpoint=https://h;secret;AccessKey=k", "Part 2 of the connection string is not written"),
        ("=secret;Endpoint=https://h", "Part 1"),
        ("Endpoint=https://h;AccessKey=secret;Port=0", "Port"),
        ("Endpoint=https://h;AccessKey=secret;Port=secret", "Port"),
        ("Endpoint=https://h;AccessKey=secret;Port=", "Port"),
        ("Endpoint=https://h;AccessKey=secret;Port=65536", "Port"),
        ("Endpoint=https://h;AccessKey=secret;Port=-1", "Port"),
        ("Endpoint=https://h:1;AccessKey=secret;Port=2", "one port"),
    ],
)
def test_an_error_names_the_parts_of_a_connection_string_and_does_not_repeat_it(
    text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        ConnectionString.parse(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["secret", "https://h", "<secret>", "Version=1.0;"])
def test_an_error_shows_what_a_connection_string_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match=r"'Endpoint=https://.*AccessKey=<key>.*portal") as caught:
        ConnectionString.parse(text)
    assert "secret" not in str(caught.value)


def test_a_connection_string_of_another_type_is_refused_and_its_repr_hides_the_key() -> None:
    with pytest.raises(TypeError, match="is None: the variable or setting that it comes from is not set"):
        ConnectionString.parse(None)  # type: ignore[arg-type]
    for wrong in (0, b"Endpoint=https://h;AccessKey=k", ["Endpoint=https://h;AccessKey=k"]):
        with pytest.raises(TypeError, match=f"must be a str, not {type(wrong).__name__}"):
            ConnectionString.parse(wrong)  # type: ignore[arg-type]
    assert KEY not in repr(ConnectionString("https://h", KEY))
