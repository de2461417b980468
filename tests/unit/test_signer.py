"""Tokens signed with an access key, and how long they are used."""

import base64
import json
import os
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from azure.core.credentials import AzureKeyCredential
from typing_extensions import Self

from azure.messaging.webpubsubservice._signer import RequestSigner, encode_token

KEY = "made-up-key-of-more-than-32-bytes-0123456789"


def test_tokens_are_hs256_over_the_key_as_it_is() -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    token = encode_token({"aud": "https://h/ü", "exp": 4102444800}, key)
    assert jwt.decode(token, key, ["HS256"], audience="https://h/ü")["exp"] == 4102444800
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize(
    ("claims", "key", "headers", "token"),
    [
        (
            {"aud": "https://h/api/hubs/chat/:send?api-version=2024-12-01", "exp": 1800000600},
            KEY,
            None,
            (
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL2gvYXBpL2h1YnMvY2hhdC86c2VuZD9hcGktdmVyc2lv"
                "bj0yMDI0LTEyLTAxIiwiZXhwIjoxODAwMDAwNjAwfQ.GYLXD39r-cUps9Cvu62fETJAOY5ccpJzwznx3W9m-5A"
            ),
        ),
        (
            {"aud": "https://h/ü", "sub": 'älice \u2028 "x"', "role": ("a", "b"), "exp": 1},
            "k",
            {},
            (
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL2gvw7wiLCJzdWIiOiLDpGxpY2Ug4oCoIFwieFwiIiwi"
                "cm9sZSI6WyJhIiwiYiJdLCJleHAiOjF9.-Efl03C78_l37QmMB8pRRvLmcLrmSb7X0gxNtsH0HB8"
            ),
        ),
        (
            {"aud": "https://h", "exp": 1},
            KEY,
            {"kid": "é1", "typ": "at+jwt", "cty": "x"},
            (
                "eyJhbGciOiJIUzI1NiIsImN0eSI6IngiLCJraWQiOiJcdTAwZTkxIiwidHlwIjoiYXQrand0In0.eyJhdWQiOiJodHRwczovL2giL"
                "CJleHAiOjF9.aictEUsYloekcDe3mYFr89jKVA-U6WskySCJUB32tls"
            ),
        ),
    ],
    ids=["request", "text beyond ASCII", "more headers"],
)
def test_tokens_are_those_that_pyjwt_makes(claims: Any, key: str, headers: Any, token: str) -> None:
    assert encode_token(claims, key, headers) == token
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyJWT warns about keys shorter than 32 bytes
        assert jwt.PyJWS().encode(payload, key.encode(), "HS256", headers=headers) == token


@pytest.mark.parametrize("key", ["", "secret\ud800"])
def test_a_key_that_cannot_sign_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match=r"The access key (is empty|has a lone surrogate)") as refused:
        encode_token({}, key)
    assert "secret" not in repr((refused.value.args, refused.value.__cause__))
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def claims(header: str, key: str = KEY) -> dict[str, Any]:
    options: Any = {"verify_exp": False, "verify_aud": False, "verify_iat": False}
    decoded: dict[str, Any] = jwt.decode(header.removeprefix("Bearer "), key, ["HS256"], options=options)
    return decoded


def test_a_requests_token_names_its_url_and_is_valid_for_ten_minutes() -> None:
    clock = Clock()
    header = RequestSigner(AzureKeyCredential(KEY), clock).header("https://h/a?b=c")
    assert claims(header) == {"aud": "https://h/a?b=c", "exp": int(clock.now) + 600}


def test_a_token_is_kept_while_it_has_five_minutes_left() -> None:
    clock = Clock()
    signer = RequestSigner(AzureKeyCredential(KEY), clock)
    first = signer.header("https://h/a")
    clock.now += 299
    assert signer.header("https://h/a") is first
    clock.now += 1
    second = signer.header("https://h/a")
    assert claims(second)["exp"] - clock.now == 600


def test_a_token_is_not_used_after_the_clock_was_set_back() -> None:
    clock = Clock()
    signer = RequestSigner(AzureKeyCredential(KEY), clock)
    first = signer.header("https://h/a")
    clock.now -= 3600
    assert claims(signer.header("https://h/a"))["exp"] < claims(first)["exp"]


def test_a_new_key_is_used_at_once() -> None:
    credential = AzureKeyCredential(KEY)
    signer = RequestSigner(credential, Clock())
    signer.header("https://h/a")
    credential.update("another" + KEY)
    assert claims(signer.header("https://h/a"), "another" + KEY)["aud"] == "https://h/a"


class Interrupted(str):
    """A key, during whose first comparison another thread gets to run."""

    meanwhile: list[Callable[[], object]]

    def __new__(cls, key: str, meanwhile: Callable[[], object]) -> Self:
        self = super().__new__(cls, key)
        self.meanwhile = [meanwhile]
        return self

    def __eq__(self, other: object) -> bool:
        while self.meanwhile:
            self.meanwhile.pop()()
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def test_a_key_rotated_in_the_middle_of_another_request_signs_all_that_follow() -> None:
    credential = AzureKeyCredential("old-key-of-more-than-32-bytes-0123456789")
    signer = RequestSigner(credential)
    signer.header("https://h/b")

    def rotate() -> None:
        credential.update(KEY)
        signer.header("https://h/b")

    credential.update(Interrupted(credential.key, rotate))
    signer.header("https://h/a")
    assert claims(signer.header("https://h/a"))["aud"] == "https://h/a"


def test_the_tokens_kept_are_bounded_and_the_oldest_goes_first() -> None:
    signer = RequestSigner(AzureKeyCredential(KEY), Clock())
    first, second = signer.header("https://h/0"), signer.header("https://h/1")
    for number in range(2, RequestSigner.CAPACITY + 1):
        signer.header(f"https://h/{number}")
    assert signer.header("https://h/1") is second
    assert signer.header("https://h/0") is not first
    assert len(signer._kept) == RequestSigner.CAPACITY


def test_many_threads_sign_beside_each_other_within_the_bound() -> None:
    signer = RequestSigner(AzureKeyCredential(KEY), Clock())
    errors: list[BaseException] = []

    def sign(name: int) -> None:
        try:
            for number in range(RequestSigner.CAPACITY):
                assert claims(signer.header(url := f"https://h/{name}/{number}"))["aud"] == url
        except BaseException as error:
            errors.append(error)

    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=sign, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switching)
    assert not errors
    signer.header("https://h/last")
    assert len(signer._kept) <= RequestSigner.CAPACITY


class Held(str):
    """A URL that holds up whoever keeps a token for it: the second time it is looked up, until released."""

    times: int
    reached: threading.Event
    released: threading.Event

    def __hash__(self) -> int:
        self.times += 1
        if self.times > 1:
            self.reached.set()
            self.released.wait(60)
        return str.__hash__(self)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_is_forked_while_a_thread_signs_can_sign() -> None:
    signer = RequestSigner(AzureKeyCredential(KEY))
    url = Held("https://h/held")
    url.times, url.reached, url.released = 0, threading.Event(), threading.Event()
    thread = threading.Thread(target=signer.header, args=(url,))
    thread.start()
    assert url.reached.wait(60)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of what is tested here
        child = os.fork()
    if not child:
        os.write(writing, signer.header("https://h/child").encode())
        os._exit(0)
    try:
        readable, _, _ = select.select([reading], [], [], 30)
        assert readable, "the child hangs"
        assert claims(os.read(reading, 65536).decode())["aud"] == "https://h/child"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)
        url.released.set()
        thread.join()
