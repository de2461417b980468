"""The modules and names of builders. Names are unique, and names from older versions stay known."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from openapi_request_builders.model import names
from openapi_request_builders.model.operations import VersionedOperation
from openapi_request_builders.model.package import FormerName
from openapi_request_builders.model.sources import PLACEHOLDER, Source
from openapi_request_builders.problems import Notes


@dataclass(frozen=True)
class NamedOperation:
    """An operation with its final name.

    :param group: The module with its builder; empty for the package itself.
    """

    operation: VersionedOperation
    group: str
    name: str
    former_names: tuple[FormerName, ...] = ()


def name_builders(
    operations: Sequence[VersionedOperation], apart: bool | None, notes: Notes
) -> list[NamedOperation]:
    """Name the builders, in the same way at every run.

    :param apart: Whether each operation group has a module. By default, that is so if names would clash.
    :param notes: Collects notes on choices.
    """
    if apart is None:
        apart = _are_better_apart(operations, notes)
    by_module: dict[str, list[VersionedOperation]] = defaultdict(list)
    for operation in operations:
        by_module[operation.group if apart else ""].append(operation)
    final: dict[int, NamedOperation] = {}
    for module, members in by_module.items():
        unique = _unique_names(members, notes)
        former = _former_names(members, set(unique.values()), within_group=apart)
        for operation in members:
            name = unique[id(operation)]
            final[id(operation)] = NamedOperation(operation, module, name, tuple(former[id(operation)]))
    return [final[id(operation)] for operation in operations]


def _are_better_apart(operations: Sequence[VersionedOperation], notes: Notes) -> bool:
    together = Counter(operation.member for operation in operations)
    in_groups = Counter((operation.group, operation.member) for operation in operations)
    shared = [operation for operation in operations if together[operation.member] > 1]
    if len(together) == len(in_groups):
        return False
    names_ = sorted({f"build_{operation.member}_request" for operation in shared})
    more = f" and {len(names_) - 3} more" if len(names_) > 3 else ""
    notes.add(
        shared[0].api.place,
        f"several operation groups have {', '.join(names_[:3])}{more}, so each group becomes a module",
        "write operation-groups: true; false puts all builders into one module",
    )
    return True


def _unique_names(operations: Sequence[VersionedOperation], notes: Notes) -> dict[int, str]:
    """Return unique names for the builders in a module, by operation."""
    by_member: dict[str, list[VersionedOperation]] = defaultdict(list)
    for operation in operations:
        by_member[operation.member].append(operation)
    found = {id(same[0]): member for member, same in by_member.items() if len(same) == 1}
    taken = set(found.values())
    for same in by_member.values():
        if len(same) > 1:
            chosen = _distinct_names(same, taken)
            taken.update(chosen)
            found.update((id(operation), name) for operation, name in zip(same, chosen, strict=True))
            _note(same, chosen, notes)
    return found


def _note(same: Sequence[VersionedOperation], chosen: Sequence[str], notes: Notes) -> None:
    listed = (
        f"build_{name}_request is {_method_and_path(operation.newest)}"
        for operation, name in zip(same, chosen, strict=True)
    )
    notes.add(
        same[-1].newest.node,
        f"{len(same)} operations would be build_{same[0].member}_request: {', '.join(listed)}",
        "rename one by the directive rename-operation, from: "
        f"{_method_and_path(same[-1].newest)}, to: another name",
    )


def _method_and_path(source: Source) -> str:
    return f"{source.method} {source.path}"


def _distinct_names(same: Sequence[VersionedOperation], taken: set[str]) -> list[str]:
    """Name operations by the first of group, path and method in which they differ; otherwise number them."""
    member = same[0].member
    parts: list[Callable[[VersionedOperation], str]] = []
    differing = _differing(same)
    for part in (_group_prefix, lambda each: differing[id(each)], lambda each: each.newest.method.lower()):
        if len({part(operation) for operation in same}) > 1:
            parts.append(part)
        chosen = [_joined(member, parts, operation) for operation in same]
        if len(set(chosen)) == len(same) and not taken.intersection(chosen):
            return chosen
    ordered = sorted(same, key=lambda each: (each.newest.path, each.newest.method))
    numbers = {id(operation): number for number, operation in enumerate(ordered, 1)}
    return [f"{_joined(member, parts, operation)}_{numbers[id(operation)]}" for operation in same]


def _group_prefix(operation: VersionedOperation) -> str:
    return f"{operation.group} " if operation.group else ""


def _joined(
    member: str, parts: Iterable[Callable[[VersionedOperation], str]], operation: VersionedOperation
) -> str:
    found = [part(operation) for part in parts]
    before = [each.strip() for each in found if each.endswith(" ")]
    after = [each for each in found if each and not each.endswith(" ")]
    return names.member("_".join((*before, member, *after)))


def _differing(same: Sequence[VersionedOperation]) -> dict[int, str]:
    """Return for each operation the words that only some of the paths have."""
    words = {id(operation): list(_path_words(operation.newest.path)) for operation in same}
    common = Counter(words[id(same[0])])
    for each in words.values():
        common &= Counter(each)
    return {key: "_".join(_without(each, common)) for key, each in words.items()}


def _without(words: Iterable[str], common: Counter[str]) -> Iterator[str]:
    left = Counter(common)
    for word in words:
        if left[word]:
            left[word] -= 1
        else:
            yield word


def _path_words(path: str) -> Iterator[str]:
    """Yield the words of a path: ``/items/{key}/`` has ``items``, ``by_key`` and ``slash``."""
    for segment in path.strip("/").split("/"):
        for literal, placeholder in re.findall(rf"([^{{}}]+)|{PLACEHOLDER.pattern}", segment):
            yield names.snake(literal) if literal else f"by_{names.snake(placeholder)}"
    if path.endswith("/") and len(path) > 1:
        yield "slash"


def _former_names(
    operations: Sequence[VersionedOperation], taken: set[str], *, within_group: bool
) -> dict[int, list[FormerName]]:
    """Return by operation the names that it had in documents before, if they are still free."""
    claims: dict[str, list[tuple[FormerName, int]]] = defaultdict(list)
    for operation in operations:
        for former in _claimed(operation, within_group=within_group):
            claims[former.name].append((former, id(operation)))
    found: dict[int, list[FormerName]] = {id(operation): [] for operation in operations}
    for name, claimed in claims.items():
        owners = {owner for _, owner in claimed}
        if name not in taken and len(owners) == 1:
            found[claimed[0][1]].append(claimed[-1][0])
    return found


def _claimed(operation: VersionedOperation, *, within_group: bool) -> Iterator[FormerName]:
    """Yield the names of an operation in older versions and those that directives replaced."""
    for version, source in operation.sources.items():
        until = version if source is not operation.newest else None
        ids = [*source.former_ids, *([source.operation_id] if until and source.has_id else ())]
        for operation_id in ids:
            if operation_id == operation.operation_id:
                continue
            group, underscore, member = operation_id.partition("_")
            member = names.member(member or operation_id)
            if within_group and (names.module(group) if underscore else "") != operation.group:
                continue
            yield FormerName(member, until)
            if underscore and not within_group and group != operation.api.main_group(version):
                # AutoRest put the group in lower case in front of the name, unless it is the service's own.
                yield FormerName(names.member(f"{group.lower()}_{member}"), until)
