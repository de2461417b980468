"""Multipart forms: the files in them, and other parts with a media type."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import IO, Any, TypeAlias

from urllib3.filepost import encode_multipart_formdata

from ._body import File
from ._parameter import Parameter, Values
from ._text import is_one_of, listed, media_type, show, utf8

FormFile: TypeAlias = bytes | IO[str] | IO[bytes] | tuple[str, File] | tuple[str, File, str]
"""A file in a form: its content, or a tuple of file name, content and optionally content type.

Text is content only in a tuple, because text without a file name may be meant as a path.
"""


class FilePart(Parameter):
    """A file in a multipart form.

    :param content_types: The media types that the file may have. Without any, it may have any.
    """

    expected = "bytes, an open file, or a tuple of file name, content and content type"
    is_file = True

    def __init__(self, name: str, *, content_types: Sequence[str] = (), **shape: Any) -> None:
        super().__init__(name, **shape)
        self.content_types = content_types

    def verify(self, value: Any) -> None:
        """Do nothing, because a file can only be read once, when it is written."""

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return file name, content and content type."""
        if isinstance(value, str):
            raise TypeError(
                f"{show(self.name, value)} is a str: if it is a path, open the file; if it is the content, "
                "pass (file name, content)"
            )
        content: Any
        file_name, content, content_type = (*(value if isinstance(value, tuple) else (None, value)), None)[:3]
        if hasattr(content, "read"):
            file_name = file_name or PurePath(str(getattr(content, "name", ""))).name
            content = content.read()
        if not isinstance(content, str | bytes | bytearray | memoryview):
            raise self.wrong_type(value)
        kind = self._content_type(value, content_type)
        return [(name, (file_name or name, utf8(content), media_type(f"{self.name}'s content type", kind)))]

    def _content_type(self, value: Any, given: str | None) -> str:
        """Return the content type of a file."""
        if given is not None:
            if self.content_types and not is_one_of(given, self.content_types):
                raise ValueError(f"{show(self.name, value)} is not of type {listed(self.content_types)}")
            return given
        concrete = [each for each in self.content_types if "*" not in each]
        if len(concrete) > 1:
            raise ValueError(
                f"{self.name} is one of {listed(concrete)}: pass (file name, content, content type)"
            )
        return concrete[0] if concrete else "application/octet-stream"


class Part(Parameter):
    """A field of a multipart form with its own media type."""

    def __init__(self, name: str, value: Parameter, content_type: str, **shape: Any) -> None:
        super().__init__(name, **shape)
        self.value = value
        self.content_type = content_type
        self.expected = value.expected

    def text(self, value: Any) -> str:
        """Return the value as text."""
        return self.value.text(value)


def write_multipart(form: Values) -> tuple[bytes, str]:
    """Return a form as ``multipart/form-data``, and its content type with the boundary."""
    parts = [
        part
        for name, (parameter, value) in form.items()
        if parameter.require(value)
        for part in parameter.parts(name, value)
    ]
    return encode_multipart_formdata(parts)
