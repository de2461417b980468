"""An operation in every version that has it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model import names
from openapi_request_builders.model.bodies import BodyStates, body_states
from openapi_request_builders.model.patterns import translate
from openapi_request_builders.model.sources import Api, Source
from openapi_request_builders.model.versions import Span, newest, span

Key = tuple[str, str]
"""The key of a parameter in an operation: its location and its name on the wire."""

VERSION_NAMES = ("api-version", "apiversion", "x-ms-api-version", "x-ms-version")


@dataclass(frozen=True)
class VersionedOperation:
    """An operation, with its sources by version, oldest first."""

    api: Api
    sources: Mapping[str, Source]

    @cached_property
    def newest(self) -> Source:
        """The operation in the newest document, which decides about names."""
        return list(self.sources.values())[-1]

    @cached_property
    def exists(self) -> Span:
        """The versions of its interface that have the operation."""
        return span(list(self.sources), self.series)

    @property
    def series(self) -> tuple[str, ...]:
        """The versions of the interface that the operation belongs to, oldest first."""
        return self.api.series[self.newest.root]

    @cached_property
    def version_parameter(self) -> Key | None:
        """The parameter that chooses the api-version."""
        keys = self.newest.parameters
        return next((key for key in keys if _chooses_version(self.newest, key, self.api)), None)

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """The versions that a caller can choose; only the newest if there is no parameter for the version."""
        versions = tuple(self.sources)
        return versions if self.version_parameter else versions[-1:]

    @cached_property
    def default_version(self) -> str:
        """The version that the builder uses by default."""
        if self.version_parameter is None:
            return self.versions[-1]
        return self.api.default if self.api.default in self.sources else newest(self.versions)

    @property
    def own_default_version(self) -> str | None:
        """The default version, if it is not that of the whole package."""
        return None if self.default_version == self.api.default else self.default_version

    @cached_property
    def parameters(self) -> Mapping[str, Mapping[Key, Node]]:
        """The parameters by version. Placeholders in the path have their names from the newest document."""
        return {version: _by_newest_names(self.sources[version], self.newest) for version in self.versions}

    @cached_property
    def body(self) -> BodyStates | None:
        """The body that the operation takes as a whole.

        :raises Problems: There are two bodies, or a body and a form.
        """
        return body_states({version: self.sources[version] for version in self.versions})

    @property
    def operation_id(self) -> str:
        """The operation's name in the newest document, or a name made from method and path."""
        return self.newest.operation_id

    @property
    def group(self) -> str:
        """The name of the module for the operation's group; empty if it has no group."""
        group, underscore, _ = self.operation_id.partition("_")
        return names.module(group) if underscore else ""

    @property
    def member(self) -> str:
        """The operation's name without its group."""
        return names.member(self.operation_id.partition("_")[2] or self.operation_id)


def _chooses_version(source: Source, key: Key, api: Api) -> bool:
    """Whether a parameter chooses the api-version, and is not a constant that looks like one."""
    node = source.parameters[key]
    if key[0] not in ("path", "query", "header") or node.get("type") != "string":
        return False
    if not node.get("x-ms-api-version", key[1].lower() in VERSION_NAMES):
        return False
    if len(api.versions) > 1:
        return True
    fixed = node.get("default", *(node.get("enum", ())[:1] or (None,)))
    pattern = translate(str(node.get("pattern", "")))
    return fixed in (None, api.default) and (pattern is None or re.search(pattern, api.default) is not None)


def _by_newest_names(source: Source, newest_source: Source) -> dict[Key, Node]:
    """Return the parameters. Those of the path have their names from the newest document."""
    paths = zip(source.placeholders, newest_source.placeholders, strict=True)
    renamed = {("path", old): ("path", new) for old, new in paths}
    return {renamed.get(key, key): node for key, node in source.parameters.items()}
