"""The blocks of configuration in a Markdown file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from openapi_request_builders.config.keys import KEYS
from openapi_request_builders.parse import ConfigLoader, yaml_error
from openapi_request_builders.problems import Collector

LANGUAGES = ("yaml", "yml", "json")


@dataclass(frozen=True)
class Block:
    """A block of configuration: the line of its fence, its language, its condition and its text."""

    line: int
    language: str
    guard: str
    text: str


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of configuration."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.map:
            language, _, guard = token.info.strip().partition(" ")
            language, sign, rest = language.partition("$")
            if language.lower() in LANGUAGES:
                yield Block(
                    token.map[0] + 1, language.lower(), f"{sign}{rest} {guard}".strip(), token.content
                )


def entries(block: Block, path: Path, problems: Collector) -> Iterator[tuple[str, Any, int]]:
    """Yield the keys of a block with their values and lines. JSON is YAML, too."""
    loader = ConfigLoader(block.text)
    try:
        node = loader.get_single_node()
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            problems.add(f"{path}:{block.line}", "the block is not a mapping", "write `key: value`")
            return
        loader.refuse_twice(node)
        for key, value in node.value:
            # Each item of a list has its own line.
            is_list = KEYS.get(key.value) is list and isinstance(value, yaml.SequenceNode)
            for each in value.value if is_list else [value]:
                yield key.value, loader.construct_document(each), block.line + 1 + each.start_mark.line
    except yaml.YAMLError as error:
        said = yaml_error(error)
        where = f"{path}:{block.line + (said.line or 0)}"
        message = str(said).replace("it", "the block", 1).replace("YAML", block.language.upper())
        problems.add(where, message, said.remedy)
    finally:
        loader.dispose()
