"""Code blocks of a Markdown page: found, told apart, and put together with the output they promise."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from markdown_it import MarkdownIt

#: Directives of the documentation that show no code of their own. ``literalinclude`` shows a file of
#: ``samples/``, and each of those is run.
NO_CODE = frozenset(
    {"{code-block}", "{literalinclude}", "{toctree}", "{eval-rst}", "{operations}", "{emulator-coverage}"}
)


@dataclass(frozen=True)
class Block:
    """A block that is run or read.

    :ivar line: Where its code begins in the page, from 1.
    :ivar output: What it prints, if the page says so: the text block that follows.
    """

    language: str
    code: str
    line: int
    output: str | None = None


def blocks(page: Path) -> Iterator[Block]:
    """Yield the code blocks of a page, in order."""
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    fences = [
        Block(token.info.strip().split()[0] if token.info.strip() else "", token.content, token.map[0] + 2)
        for token in tokens
        if token.type in {"fence", "code_block"} and token.map is not None
    ]
    for block, following in zip_longest(fences, fences[1:]):
        if block.language in NO_CODE or block.language == "text":
            continue
        promised = following.code if following is not None and following.language == "text" else None
        yield Block(block.language, block.code, block.line, promised)


def stray_output(page: Path) -> list[int]:
    """Yield the lines of text blocks that follow no code, so nothing checks them."""
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    fences = [token for token in tokens if token.type in {"fence", "code_block"}]
    before = ["", *(token.info.split()[0] if token.info.split() else "" for token in fences)]
    return [
        token.map[0] + 1
        for token, language in zip(fences, before, strict=False)
        if token.info.strip() == "text" and language not in {"python", "sh"} and token.map is not None
    ]
