"""The subprotocols that the emulator speaks, and the choice of one."""

from collections.abc import Iterable, Mapping

from .json import JsonCodec
from .messages import Codec
from .simple import SimpleCodec

_PROTOBUF = "protobuf.webpubsub.azure.v1"
_PROTOBUF_RELIABLE = "protobuf.reliable.webpubsub.azure.v1"


def _protobuf_codecs() -> list[Codec]:
    try:
        from .protobuf import ProtobufCodec  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError:
        return []
    return [ProtobufCodec(_PROTOBUF, reliable=False), ProtobufCodec(_PROTOBUF_RELIABLE, reliable=True)]


class SubprotocolUnavailableError(Exception):
    """The client offers a subprotocol that needs an extra. The message is for the client, too."""


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
    """Return the codec for a subprotocol, whose case does not matter; for simple clients by default."""
    return CODECS.get((subprotocol or "").lower(), SIMPLE)


def plain_form(codec: Codec) -> Codec:
    """Return the codec for the same subprotocol without recovery."""
    return codec_of((codec.subprotocol or "").replace(".reliable.", "."))


def choose(offered: Iterable[str]) -> tuple[Codec, str | None]:
    """Return the codec for the first known name that was offered, and that name as it was offered.

    Clients compare the response with their offer byte for byte. If no name is known, the client is a simple
    one, and the upgrade names no subprotocol.

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
