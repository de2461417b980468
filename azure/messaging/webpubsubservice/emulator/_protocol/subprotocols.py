"""The subprotocols that the emulator speaks, and how one is chosen."""

from collections.abc import Iterable, Mapping

from .json import JsonCodec
from .messages import Codec
from .simple import SimpleCodec

_PROTOBUF = "protobuf.webpubsub.azure.v1"
_PROTOBUF_RELIABLE = "protobuf.reliable.webpubsub.azure.v1"


def _protobuf_codecs() -> list[Codec]:
    try:
        from .protobuf import ProtobufCodec  # noqa: PLC0415 - its library is an extra of its own
    except ModuleNotFoundError:
        return []
    return [ProtobufCodec(_PROTOBUF, reliable=False), ProtobufCodec(_PROTOBUF_RELIABLE, reliable=True)]


class SubprotocolUnavailableError(Exception):
    """The client offers a subprotocol that needs an extra. The text is for the client as well."""


SIMPLE: Codec = SimpleCodec()

CODECS: Mapping[str, Codec] = {
    str(codec.subprotocol): codec
    for codec in (
        JsonCodec("json.webpubsub.azure.v1", reliable=False),
        JsonCodec("json.reliable.webpubsub.azure.v1", reliable=True),
        *_protobuf_codecs(),
    )
}


def codec_of(subprotocol: str | None) -> Codec:
    """Return the codec of a subprotocol, in any case; that of simple clients for any other name."""
    return CODECS.get((subprotocol or "").lower(), SIMPLE)


def plain_form(codec: Codec) -> Codec:
    """Return the codec of the same subprotocol without recovery."""
    return codec_of((codec.subprotocol or "").replace(".reliable.", "."))


def choose(offered: Iterable[str]) -> tuple[Codec, str | None]:
    """Return the codec of the first offered name that is known, and that name as it was offered.

    Clients compare the response with their offer byte for byte. Where no name is known, the client is a
    simple one and the upgrade names no subprotocol.

    :raises SubprotocolUnavailableError: The only known names need a library that is not installed.
    """
    unavailable: list[str] = []
    for name in offered:
        codec = CODECS.get(name.lower())
        if codec is not None:
            return codec, name
        if name.lower() in (_PROTOBUF, _PROTOBUF_RELIABLE):
            unavailable.append(name)
    if unavailable:
        raise SubprotocolUnavailableError(
            f"The emulator speaks {unavailable[0]} only with the extra 'protobuf': "
            "python -m pip install protobuf"
        )
    return SIMPLE, None
