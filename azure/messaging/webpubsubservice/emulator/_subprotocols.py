"""The subprotocols the emulator speaks, and how one is chosen."""

from collections.abc import Iterable, Mapping

from ._json import JsonCodec
from ._messages import Codec
from ._simple import SimpleCodec

SIMPLE: Codec = SimpleCodec()

CODECS: Mapping[str, Codec] = {
    codec.subprotocol: codec
    for codec in (
        JsonCodec("json.webpubsub.azure.v1", reliable=False),
        JsonCodec("json.reliable.webpubsub.azure.v1", reliable=True),
    )
}


def choose(offered: Iterable[str]) -> tuple[Codec, str | None]:
    """Return the codec of the first offered name that is known, and that name as it was offered.

    Clients compare the answer with their offer byte for byte. Where no name is known, the client is a simple
    one and the upgrade names no subprotocol.
    """
    for name in offered:
        codec = CODECS.get(name.lower())
        if codec is not None:
            return codec, name
    return SIMPLE, None
