"""The operations of the documents, matched across all versions."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.samples import Samples
from openapi_request_builders.model.versions import newest, sort_key
from openapi_request_builders.parse import spelling
from openapi_request_builders.problems import Collector, problem
from openapi_request_builders.words import FORMER_IDS, METHODS

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NO_PATHS = "describe them in `paths`, or leave the document out"


@dataclass(frozen=True)
class Source:
    """An operation in one document, with its parameters by location and name."""

    node: Node
    root: Node
    method: str
    path: str
    parameters: Mapping[tuple[str, str], Node]

    def media_types(self, key: str) -> tuple[str, ...]:
        """Return the media types that the operation, or by default the document, consumes or produces."""
        return tuple(dict.fromkeys(self.node.get(key, self.root.get(key, ()))))

    @property
    def has_id(self) -> bool:
        """Whether the document names the operation."""
        return bool(self.node.get("operationId"))

    @property
    def operation_id(self) -> str:
        """The operation's name in the document, or a name made from method and path."""
        return str(self.node.get("operationId") or f"{self.method.lower()} {self.path}".replace("_", " "))

    @property
    def former_ids(self) -> tuple[str, ...]:
        """The names in the document that directives have replaced."""
        return tuple(self.node.get(FORMER_IDS, ()))

    @property
    def placeholders(self) -> list[str]:
        """The names of the placeholders in the path, in order."""
        return PLACEHOLDER.findall(self.path)

    @property
    def whole_path(self) -> str:
        """The path, including the path of the operation's own server."""
        return f"{self.node.get('x-server', '')}{self.path}"

    @property
    def url(self) -> str:
        """The escaped path, with the fixed part of its query, which no parameter describes."""
        path, _, query = self.whole_path.partition("#")[0].partition("?")
        described = {name for location, name in self.parameters if location == "query"}
        fixed = "&".join(
            pair for pair in query.split("&") if pair and pair.partition("=")[0] not in described
        )
        return f"{_escaped(path)}?{_escaped(fixed)}" if fixed else _escaped(path)


@dataclass(frozen=True)
class Api:
    """The operations of the documents, by their key, which is the same in all versions, and by version.

    :param series: By document, the versions of all documents for the same interface: those with common
        operations. The versions of one interface mean nothing to another one in the package.
    :param newest_roots: The newest documents of each series.
    """

    versions: tuple[str, ...]
    default: str
    samples: Samples
    sources: Mapping[tuple[str, str], Mapping[str, Source]]
    series: Mapping[Node, tuple[str, ...]]
    newest_roots: tuple[Node, ...]
    place: str

    def main_group(self, version: str) -> str:
        """Return the operation group with most of a version's operations, which is the service's own."""
        ids = [sources[version].operation_id for sources in self.sources.values() if version in sources]
        groups = Counter(
            group for group, underscore, _ in (each.partition("_") for each in ids) if underscore
        )
        return groups.most_common(1)[0][0] if groups else ""


def find_operations(roots: Sequence[Node], problems: Collector) -> Api:
    """Find the operations of all documents, each in every version that has it."""
    by_version: dict[str, list[Node]] = defaultdict(list)
    for root in roots:
        by_version[_version(root)].append(root)
    versions = tuple(sorted(by_version, key=sort_key))
    found: dict[tuple[str, str], dict[str, Source]] = {}
    listed = {v: [source for root in by_version[v] for source in _sources(root, problems)] for v in versions}
    # Paths that differ only in a placeholder's name are the same path, unless one version has both.
    counted = [Counter(map(_key, sources)) for sources in listed.values()]
    ambiguous = {key for count in counted for key, number in count.items() if number > 1}
    for version in reversed(versions):  # the newest document determines the order of operations
        for source in listed[version]:
            key = (source.method, source.path) if _key(source) in ambiguous else _key(source)
            sources = found.setdefault(key, {})
            if version in sources:
                _note_twice(source, sources[version])
            sources.setdefault(version, source)
    ordered = {key: {v: sources[v] for v in versions if v in sources} for key, sources in found.items()}
    with_operations = {source.root for version in versions for source in listed[version]}
    for root in roots:
        if root not in with_operations:
            root.documents.notes.add(
                root, "the document has no operations, so it adds no builders", _NO_PATHS
            )
    version_of = {root: version for version in versions for root in by_version[version]}
    series = _series(version_of, [source for version in versions for source in listed[version]])
    newest_roots = tuple(root for root in roots if version_of[root] == newest(series[root]))
    place = str(roots[-1]) if roots else ""
    return Api(versions, newest(versions), Samples(roots), ordered, series, newest_roots, place)


def _series(version_of: Mapping[Node, str], sources: Iterable[Source]) -> dict[Node, tuple[str, ...]]:
    """Group documents with common operations into series, and return the versions of each document's series.

    :param version_of: The versions of the documents, oldest first.
    """
    members = {root: [root] for root in version_of}
    first_with: dict[tuple[str, str], Node] = {}
    for source in sources:
        ours, others = members[source.root], members[first_with.setdefault(_key(source), source.root)]
        if ours is not others:
            others += ours
            members.update((root, others) for root in ours)
    ordered = list(dict.fromkeys(version_of.values()))
    return {
        root: tuple(sorted({version_of[each] for each in same}, key=ordered.index))
        for root, same in members.items()
    }


def _note_twice(source: Source, first: Source) -> None:
    """Note that two documents describe an operation, and that the first one counts."""
    is_same = source.node.value == first.node.value
    source.node.documents.notes.add(
        source.node,
        f"{source.method} {source.path} is described twice: {first.node} describes it too, and is used",
        "remove one of them" if is_same else "remove one of them: they differ",
    )


def _version(root: Node) -> str:
    """Return a document's version as it is spelled there."""
    version = root.get("info", {}).get("version")
    if isinstance(version, str):
        return version
    missing = "the document has no version" if version is None else "the version is not text"
    root.documents.notes.add(f"{root}/info", missing, 'write info.version as text, such as "1.0"')
    return "" if version is None else spelling(version)


def _key(source: Source) -> tuple[str, str]:
    return source.method, PLACEHOLDER.sub("{}", source.path)


def _sources(root: Node, problems: Collector) -> Iterator[Source]:
    for section in ("paths", "x-ms-paths"):
        for path, item in root[section].items() if section in root else ():
            methods = (*METHODS, *item.get("x-methods", ()))
            for method in methods if path.startswith(("/", "?")) else ():
                if method in item:
                    with problems.each():
                        whole = f"{item[method].get('x-server', '')}{path}"
                        parameters = _with_path(whole, item[method], _parameters(item, item[method]))
                        parameters |= _implied_body(method, item[method], parameters)
                        yield Source(item[method], root, method.upper(), path, parameters)


def _parameters(item: Node, operation: Node) -> dict[tuple[str, str], Node]:
    """Return the parameters of a path and of an operation on it. The operation's replace the path's."""
    found: dict[tuple[str, str], Node] = {}
    for owner in (item, operation):
        own: set[tuple[str, str]] = set()
        for node in owner.each("parameters"):
            key = (str(node.value["in"]), str(node.value["name"]))
            if key in own:
                message = f"the {key[0]} parameter {key[1]!r} is listed twice"
                if node.value != found[key].value:
                    raise problem(node, message, "remove one of them")
                node.documents.notes.add(node, message, "remove one of them")
            own.add(key)
            found[key] = node
    return found


def _implied_body(
    method: str, operation: Node, parameters: Mapping[tuple[str, str], Node]
) -> dict[tuple[str, str], Node]:
    """Return a body for an operation that consumes multipart content but does not describe the parts."""
    is_described = any(location in ("body", "formData") for location, _ in parameters)
    types = operation.get("consumes", ())
    if is_described or method not in ("post", "put", "patch") or not types:
        return {}
    if not all(str(each).lower().startswith("multipart/") for each in types):
        return {}
    body = {"name": "body", "in": "body", "description": "The parts.", "schema": {"type": "file"}}
    return {("body", "body"): Node(operation.documents, operation.path, operation.at, body)}


def _with_path(
    path: str, operation: Node, parameters: Mapping[tuple[str, str], Node]
) -> dict[tuple[str, str], Node]:
    """Match the parameters of the path with its placeholders.

    A placeholder that is not described becomes text, and a parameter without a placeholder is not sent. Both
    are noted.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        raise problem(operation, "the path has half of a surrogate pair", "write the whole character")
    notes = operation.documents.notes
    names = PLACEHOLDER.findall(path)
    found = {key: node for key, node in parameters.items() if key[0] != "path" or key[1] in names}
    lost = {
        name.casefold(): node
        for (location, name), node in parameters.items()
        if ("path", name) not in found and location == "path"
    }
    for name in names:
        if ("path", name) in found:
            continue
        node = lost.pop(name.casefold(), None)
        message = f"nothing describes {{{name}}} in the path {path}"
        if node is not None:
            notes.add(
                node, f"{message} except {node.value['name']}, which is used for it", "write both alike"
            )
        else:
            implied = {"name": name, "in": "path", "required": True, "type": "string"}
            node = Node(operation.documents, operation.path, operation.at, implied)
            remedy = f'add a parameter {{"name": "{name}", "in": "path", ...}}, or correct the name of one'
            notes.add(operation, f"{message}, so it is text", remedy)
        found["path", name] = node
    for node in lost.values():
        notes.add(
            node, f"the path {path} has no {{{node.value['name']}}}", "put it in, or remove the parameter"
        )
    return found


def _escaped(text: str) -> str:
    """Escape characters that a URL cannot contain. Values are escaped separately, so names in braces stay."""
    parts = re.split(f"({PLACEHOLDER.pattern.replace('(', '(?:')})", text)
    return "".join(
        part if PLACEHOLDER.fullmatch(part) else quote(part, safe="%/:@!$&'()*+,;=~") for part in parts
    )
