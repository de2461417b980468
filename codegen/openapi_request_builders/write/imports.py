"""The imports of generated modules."""

from collections.abc import Iterable, Iterator

from openapi_request_builders.model.package import Argument, Group, Package
from openapi_request_builders.write.annotations import (
    ANNOTATIONS,
    MODULES,
    REQUIRED_MODULES,
    RUN_TIME_TYPES,
    body_class,
    is_literal,
    is_typed_part,
    json_names,
    run_time_class,
)

Section = list[tuple[str, list[str]]]
"""A block of imports: modules, each with the names that are imported from it."""


def run_time_classes(package: Package) -> Iterator[str]:
    """Yield the names that the module of parameters imports."""
    shapes = [shape for rules in package.parameter_rules for shape in rules.history.states]
    nested = [each for shape in shapes for each in (shape.nested if shape else (None,))]
    found = {run_time_class(each) for each in nested}
    found.update("Styled" for each in nested if each and each.style)
    found.update("Part" for each in nested if each and is_typed_part(each))
    if package.version_rules:
        found.add("ApiVersion")
    if package.body_rules:
        found.update(body_class(state) for rules in package.body_rules for state in rules.history.states)
        if any(state is None for rules in package.body_rules for state in rules.history.states):
            found.add("Absent")
    return iter(found)


def optional_modules(package: Package) -> set[str]:
    """Return the optional modules of the run time that this package needs."""
    found = {MODULES[name] for name in run_time_classes(package) if name in MODULES}
    operations = [operation for group in package.groups for operation in group.operations]
    if any(operation.multipart for operation in operations):
        found.add("forms")
    if any(operation.cookie for operation in operations):
        found.add("styles")
    return found.union(*(REQUIRED_MODULES.get(name, ()) for name in found))


def import_sections(package: Package, group: Group, serialization: str) -> list[Section]:
    """Return the imports of a module of builders, in the sections and the order of isort.

    :param serialization: The name of the run time's module, which may be relative.
    """
    found = {*_annotations(group, serialization), *_modules(group, serialization)}
    if any(operation.item for operation in group.operations):
        found.add(("typing", "TYPE_CHECKING"))
    if package.body_overloads and any(operation.has_body_overloads for operation in group.operations):
        found.add(("typing", "overload"))
    if group.name and group.former_names:
        found |= {("typing", "TYPE_CHECKING"), ("warnings", "warn")}
    return _sections(found, serialization)


def checked_sections(group: Group, serialization: str) -> list[Section]:
    """Return what a module of builders imports for type checkers only."""
    items = [operation.item for operation in group.operations if operation.item]
    names = {name for item in items for name in json_names(item)}
    found = {("typing" if name == "Any" else "._items", name) for name in names}
    return _sections({*found, *((serialization, "ListRequest") for _ in items)}, serialization)


def item_sections(package: Package) -> list[Section]:
    """Return what the module with the types of items imports."""
    members = [member for item in package.item_types for member in item.fields]
    names = {name for member in members for name in json_names(member.type)}
    found = {("typing", "Any")} & {("typing", name) for name in names}
    found.add(("typing_extensions", "TypedDict"))
    if not all(member.required for member in members):
        found.add(("typing_extensions", "NotRequired"))
    return _sections(found, "")


def parameter_sections(package: Package, serialization: str) -> list[Section]:
    """Return the imports of the module of parameters, in the same form."""
    classes = run_time_classes(package)
    found = {
        (f"{serialization}.{MODULES[name]}" if name in MODULES else serialization, name) for name in classes
    }
    if package.version_rules:
        found |= {("._versions", "API_VERSIONS"), ("._versions", "DEFAULT_API_VERSION")}
    return _sections(found, serialization)


def _sections(found: Iterable[tuple[str, str]], serialization: str) -> list[Section]:
    sections: dict[int, dict[str, list[str]]] = {}
    for module, name in sorted(found, key=_isort_key):
        sections.setdefault(_section(module, serialization), {}).setdefault(module, []).append(name)
    return [list(by_module.items()) for _, by_module in sorted(sections.items())]


def _annotations(group: Group, serialization: str) -> Iterator[tuple[str, str]]:
    yield "collections.abc", "Mapping"
    if not all(operation.item for operation in group.operations):
        yield "azure.core.rest", "HttpRequest"
    arguments = [argument for operation in group.operations for argument in operation.arguments]
    for kind in {kind for argument in arguments for kind in _kinds(argument)} - {"any-of"}:
        if kind in RUN_TIME_TYPES:
            module, name = RUN_TIME_TYPES[kind]
            yield f"{serialization}.{module}" if module else serialization, name
        else:
            module, _, name = ("typing.Literal" if kind == "Literal" else ANNOTATIONS[kind][1]).rpartition(
                "."
            )
            if module:
                yield module, name
    if any(operation.body and operation.body.takes_json for operation in group.operations):
        yield "typing", "Any"


def _modules(group: Group, serialization: str) -> Iterator[tuple[str, str]]:
    """Yield the imports from the package itself and from the run time."""
    yield serialization, "explain_calls"
    for operation in group.operations:
        yield serialization, "list_request" if operation.item else "request"
    for operation in group.operations:
        for argument in operation.arguments:
            yield "._parameters", argument.rules.name
        if operation.body:
            yield "._parameters", operation.body.rules.name
            if operation.body.takes_content:
                yield serialization, "Content"
        if operation.api_version:
            yield "._parameters", operation.api_version.rules.name
            if operation.api_version.rules.default_version is None:
                yield "._versions", "DEFAULT_API_VERSION"


def _section(module: str, serialization: str) -> int:
    """Return the position of a module's section: standard library, third party, first party, relative."""
    if module.startswith("."):
        return 3
    if serialization and module.startswith(serialization):
        return 2
    return 1 if module.startswith(("azure.core.", "typing_extensions")) else 0


def _isort_key(item: tuple[str, str]) -> tuple[str, bool, bool, str]:
    """Sort as isort does: constants, then classes, then functions."""
    module, name = item
    return module, not name.isupper(), name[0].islower(), name.lower()


def _kinds(argument: Argument) -> Iterator[str]:
    for shape in argument.shape.nested:
        yield "Literal" if is_literal(shape) else shape.kind
