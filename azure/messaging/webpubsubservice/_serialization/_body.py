"""Bodies that the caller passes as a whole, as JSON or as content, and their media types."""

import inspect
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterable, Mapping
from functools import lru_cache
from typing import IO, Any, TypeAlias

from ._parameter import Parameter
from ._text import essence, is_json, is_one_of, json_encoder, listed, media_type, not_json, show, utf8

File: TypeAlias = str | bytes | IO[str] | IO[bytes]
Content: TypeAlias = File | Iterable[str] | Iterable[bytes] | AsyncIterable[str] | AsyncIterable[bytes]
"""A body: bytes, or text that is sent as UTF-8, in one piece, as an open file, or piece by piece."""

_encode_json = json_encoder(ensure_ascii=False)


class Body(Parameter):
    """A body that the caller passes as a whole.

    :param content_types: The media types that the operation takes, the preferred one first. Without any, it
        takes all media types.
    :param default_type: The media type of a body if the caller does not name one. By default, it follows from
        the type of the body; if it is empty, the caller has to name one.
    :param any_type: Whether the caller may also name a media type that is not listed.
    """

    forms: Mapping[str, Collection[str]] = {}
    """The media types of forms, each with the names of the fields that it lacks."""
    expected = "text, bytes, an open file or an iterable of text or bytes (a JSON value goes to json=)"

    def __init__(
        self, *content_types: str, default_type: str | None = None, any_type: bool = False, **shape: Any
    ) -> None:
        super().__init__("content", **shape)
        self.content_types = content_types
        self.any_type = any_type or not content_types
        self.check_content_type = lru_cache(maxsize=64)(self._check_content_type)
        self.whole = [each for each in content_types if each not in self.forms]
        self.concrete = [each for each in self.whole if "*" not in each]
        preferred = [default_type] if default_type else []
        self.json_type = next(filter(is_json, [*preferred, *self.concrete]), "application/json")
        self.takes_json = not content_types or is_one_of(self.json_type, self.whole)
        if default_type is None:
            self.text_type = self._default_type("text/plain")
            self.binary_type = self._default_type("application/octet-stream")
        else:
            self.text_type = self.binary_type = default_type

    def body(self, content: Any, json: Any, content_type: str | None) -> tuple[Any, str | None]:
        """Return the body in the form for azure-core, and its default content type."""
        if content_type is not None:
            self.check_content_type(content_type)
        if json is not None:
            if content is not None:
                raise TypeError("json and content are both given: one of them is the body")
            if content_type is not None and not is_json(content_type):
                raise ValueError(
                    f"{show('content_type', content_type)} is not JSON: pass the body as content"
                )
            return _json(json), self.json_type
        if content is None:
            if self.required:
                if self.takes_json:
                    raise TypeError(
                        "a body is needed: json or content is missing (JSON's null is content=b'null' with "
                        f"content_type={self.json_type!r})"
                    )
                raise TypeError("a body is needed: content is missing")
            return None, None
        if isinstance(content, bytes):
            return content, self.binary_type
        if _is_text(content):
            return utf8(content if isinstance(content, str) else content.read()), self.text_type
        if isinstance(content, list | tuple):
            text = bool(content) and all(isinstance(piece, str) for piece in content)
            return b"".join(map(utf8, content)), self.text_type if text else self.binary_type
        return self._unread(content), self.binary_type

    def _unread(self, content: Any) -> Any:
        """Return content that would have to be read to find out whether it is text."""
        if isinstance(content, bytearray | memoryview):
            return bytes(content)
        if isinstance(content, AsyncIterable):
            return _utf8_later(content)
        if hasattr(content, "read"):
            return content
        if isinstance(content, Iterable) and not isinstance(content, Mapping):
            return map(utf8, content)
        raise self.wrong_type(content)

    def unknown_type(self) -> TypeError:
        """Return the error for a body whose media type only the caller can know."""
        kinds = listed(self.whole)
        return TypeError(
            f"content_type is missing: the body may be {kinds}, and its type does not show which"
        )

    def _check_content_type(self, content_type: str) -> None:
        media_type("content_type", content_type)
        if not self.any_type and not is_one_of(content_type, self.content_types):
            raise ValueError(
                f"{show('content_type', content_type)} is not one of {listed(self.content_types)}"
            )

    def _default_type(self, content_type: str) -> str:
        """Return the media type for a kind of content; empty if several formats are possible.

        It is also empty for multipart content, because its media type has to name the boundary.
        """
        same = next((each for each in self.whole if essence(each) == content_type), None)
        if same or not self.concrete or is_one_of(content_type, self.whole):
            return same or content_type
        formats = {essence(each).rpartition("/")[2].rpartition("+")[2] for each in self.concrete}
        return self.concrete[0] if len(formats) == 1 and not self.concrete[0].startswith("multipart/") else ""


def _is_text(content: Any) -> bool:
    """Whether content is text or a file of text. Reading nothing from a file is the only way to find out."""
    if isinstance(content, str):
        return True
    read = getattr(content, "read", None)
    return read is not None and not inspect.iscoroutinefunction(read) and isinstance(read(0), str)


async def _utf8_later(content: AsyncIterable[object]) -> AsyncIterator[bytes]:
    async for piece in content:
        yield utf8(piece)


def _json(value: object) -> bytes:
    try:
        return _encode_json(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise not_json("json", error) from error
