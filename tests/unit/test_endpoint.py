"""URLs: canonical spelling, what belongs to the client, and the way through a reverse proxy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice._endpoint import Endpoint, canonical, with_api_version

HOST = "https://x.webpubsub.azure.com"


@pytest.mark.parametrize(
    ("endpoint", "path", "expected"),
    [
        ("https://x.webpubsub.azure.com", "/api/health", f"{HOST}/api/health"),
        ("https://x.webpubsub.azure.com/", "/api/health", f"{HOST}/api/health"),
        ("HTTPS://X.WebPubSub.Azure.com:443/", "api/health", f"{HOST}/api/health"),
        ("  https://x.webpubsub.azure.com\n", "/api/health", f"{HOST}/api/health"),
        ("http://localhost:8080", "/api/health", "http://localhost:8080/api/health"),
        ("http://localhost:80", "/a", "http://localhost/a"),
        ("https://h:8443/base/path/", "/a?b=c", "https://h:8443/base/path/a?b=c"),
        ("http://[::1]:8080", "/a", "http://[::1]:8080/a"),
        ("https://bücher.example", "/a", "https://xn--bcher-kva.example/a"),
        ("https://h", "/api/hubs/default/:send", "https://h/api/hubs/default/:send"),
        ("https://h", "https://h/b?c=d", "https://h/b?c=d"),
        ("https://h/base", "https://h/elsewhere", "https://h/elsewhere"),
        ("https://h", "HTTPS://H:443/b", "https://h/b"),
        ("https://h", "https://h", "https://h/"),
    ],
)
def test_requests_are_resolved_against_the_endpoint(endpoint: str, path: str, expected: str) -> None:
    assert Endpoint.parse(endpoint).resolve(path) == expected


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "x.webpubsub.azure.com",
        "//x.webpubsub.azure.com",
        "ftp://x.webpubsub.azure.com",
        "https://",
        "https:///path",
        "https://h:port",
        "https://h:99999",
        "https://user:secret@h",
        "https://h?a=b",
        "https://h#f",
        "https://h/a/../b",
        "Endpoint=https://h;AccessKey=secret;",
        "https://h;AccessKey=secret;",
        "https://h\\secret",
    ],
)
def test_an_endpoint_that_is_no_url_is_refused_by_name_and_not_repeated(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"^endpoint must be a URL like 'https://") as caught:
        Endpoint.parse(endpoint)
    assert "secret" not in str(caught.value)
    with pytest.raises(ValueError, match=r"^reverse_proxy_endpoint must"):
        Endpoint.parse(HOST, endpoint)


@pytest.mark.parametrize(
    "text", ["Endpoint=https://h;AccessKey=secret;", " endpoint = h", "AccessKey=secret;Endpoint=https://h"]
)
def test_a_connection_string_is_told_from_an_endpoint(text: str) -> None:
    with pytest.raises(ValueError, match="connection string; pass it to from_connection_string") as caught:
        Endpoint.parse(text)
    assert "secret" not in str(caught.value)


def test_an_endpoint_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match=r"endpoint must be a str .* not bytes"):
        Endpoint.parse(b"https://h")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://other.example/api", "not at the client's endpoint"),
        ("http://h/api", "not at the client's endpoint"),
        ("https://h:444/api", "not at the client's endpoint"),
        ("https://h.example/api", "not at the client's endpoint"),
        ("https://sub.h/api", "not at the client's endpoint"),
        ("https://h@other.example/api", "The URL .* cannot be sent: it has a user name"),
        ("https://other.example\\@h/api", "The URL .* cannot be sent: it has a user name"),
        ("ftp://h/api", "The URL .* cannot be sent: it must begin with https:// or http://"),
        ("https:///api", "The URL .* cannot be sent: there is no valid host name after https://"),
    ],
)
def test_other_origins_are_refused(url: str, words: str) -> None:
    endpoint = Endpoint.parse("https://h")
    with pytest.raises(ValueError, match=words):
        endpoint.resolve(url)
    assert endpoint.to_origin(url) is None


def test_a_refusal_repeats_neither_query_nor_password() -> None:
    with pytest.raises(ValueError, match="nowhere else") as caught:
        Endpoint.parse("https://h").resolve("https://other.example/api?access_token=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "/a/../b",
        "/a/./b",
        "/a//b",
        "/a/..",
        "/a/.",
        "/a/%2e%2E/b",
        "/a/.%2e/b",
        "https://h/a/../b",
        "//other.example/a",
    ],
)
def test_paths_that_libraries_collapse_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"segment|scheme"):
        Endpoint.parse("https://h").resolve(path)


def test_a_fragment_is_refused() -> None:
    with pytest.raises(ValueError, match="%23"):
        Endpoint.parse("https://h").resolve("/api/hubs/h/groups/a#b/:send")


@pytest.mark.parametrize(
    ("given_target", "expected"),
    [
        ("/a%2fb", "/a%2Fb"),
        ("/%7Euser%41", "/~userA"),
        ("/a b/ü", "/a%20b/%C3%BC"),
        ("/100%", "/100%25"),
        ("/a%zz", "/a%25zz"),
        ("/a?filter=userId eq 'x'", "/a?filter=userId%20eq%20'x'"),
        ("/a?b=%27%2B+", "/a?b=%27%2B+"),
        ("/a\r\nX: y", "/a%0D%0AX:%20y"),
        ("/a?b=../..", "/a?b=../.."),
    ],
)
def test_targets_are_spelled_canonically(given_target: str, expected: str) -> None:
    assert canonical(given_target) == expected
    assert canonical(expected) == expected


@given(st.text(max_size=30).map(lambda text: f"/x{text}"))
def test_canonical_spelling_is_stable_and_ascii(target: str) -> None:
    try:
        spelled = canonical(target)
    except ValueError:
        return
    assert spelled.isascii()
    assert canonical(spelled) == spelled


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a", "/a?api-version=2024-12-01"),
        ("/a?b=c", "/a?b=c&api-version=2024-12-01"),
        ("/a?api-version=2020-10-01", "/a?api-version=2020-10-01"),
        ("/a?b=c&API-version=2020-10-01", "/a?b=c&API-version=2020-10-01"),
        ("/a?not-api-version=1", "/a?not-api-version=1&api-version=2024-12-01"),
    ],
)
def test_api_version_is_added_where_there_is_none(target: str, expected: str) -> None:
    assert with_api_version(target, "2024-12-01") == expected


@pytest.mark.parametrize(
    ("endpoint", "proxy", "wire"),
    [
        ("https://h", "https://apim.example", "https://apim.example/api/x?y=z"),
        ("https://h/", "https://apim.example", "https://apim.example/api/x?y=z"),
        ("https://h", "https://apim.example/", "https://apim.example/api/x?y=z"),
        ("https://h/", "https://apim.example/base/", "https://apim.example/base/api/x?y=z"),
        ("https://h:8443/own", "http://apim.example:81/base", "http://apim.example:81/base/api/x?y=z"),
    ],
)
def test_the_proxy_replaces_origin_and_base_path(endpoint: str, proxy: str, wire: str) -> None:
    both = Endpoint.parse(endpoint, proxy)
    origin = both.resolve("/api/x?y=z")
    assert origin.startswith(endpoint.rstrip("/"))
    assert both.to_wire(origin) == wire
    assert both.to_origin(wire) == origin
    assert both.resolve(wire) == origin


def test_beside_the_proxys_base_path_is_not_the_service() -> None:
    both = Endpoint.parse("https://h", "https://apim.example/base")
    assert both.to_origin("https://apim.example/basement/api") is None
    assert both.to_origin("https://apim.example/other") is None


@pytest.mark.parametrize(
    ("character", "written"),
    [(" ", "%20"), ("\u00e9", "%C3%A9"), ("{", "%7B"), ("%3d", "%3D"), ("%", "%25"), ("\x00", "%00")],
)
@pytest.mark.parametrize("plain", [30, 3000, 300_000])
def test_a_long_url_with_one_character_to_escape_is_written_at_once(
    character: str, written: str, plain: int
) -> None:
    # The pattern for what is canonical once took exponential time from about 30 plain characters on.
    resolved = Endpoint.parse("https://h").resolve(f"/{'a' * plain}{character}", "2024-12-01")
    assert resolved == f"https://h/{'a' * plain}{written}?api-version=2024-12-01"
