"""The names of builders: no two share one, and those that were given once stay importable."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.codegen.conftest import Generate, document, operation

VERSION = {"name": "api-version", "in": "query", "required": True, "type": "string"}
OUT = ("--input-file", "spec.json", "--namespace", "made.up", "--output-folder", ".")


def key(name: str = "key") -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "type": "string"}


def paths(*rows: tuple[str, str, str | None]) -> dict[str, Any]:
    """Write paths from method, path and operation id."""
    found: dict[str, Any] = {}
    for method, path, operation_id in rows:
        placeholders = [part.partition("}")[0] for part in path.split("{")[1:]]
        described = operation(*map(key, placeholders), name=operation_id or "")
        if operation_id is None:
            del described["operationId"]
        found.setdefault(path, {})[method] = described
    return found


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([("get", "/a", "Get"), ("get", "/a/{key}", "Get")], {"get": "/a", "get_by_key": "/a/x"}),
        ([("get", "/a", "Get"), ("get", "/a/", "Get")], {"get": "/a", "get_slash": "/a/"}),
        ([("get", "/a", "Get"), ("put", "/a", "Get")], {"get": "/a", "get_put": "/a"}),
        (
            [("get", "/a/{x}/c", "Get"), ("get", "/b/{x}/c", "Get"), ("get", "/b/{y}/c", "Get")],
            {"get_a_by_x": "/a/x/c", "get_b_by_x": "/b/x/c", "get_b_by_y": "/b/x/c"},
        ),
        (
            [("get", "/a/{key}", "Get"), ("get", "/a('{key}')", "Get")],
            {"get_1": "/a('x')", "get_2": "/a/x"},
        ),
        (
            [("get", "/a", "Get"), ("get", "/a/{key}", "Get"), ("get", "/b", "GetByKey")],
            {"get_1": "/a", "get_by_key_2": "/a/x", "get_by_key": "/b"},
        ),
    ],
    ids=["placeholder", "final slash", "method", "segments", "numbers", "a name that is taken"],
)
def test_operations_of_one_name_are_told_apart_by_what_differs(
    generate: Generate, rows: Any, names: dict[str, str]
) -> None:
    for order in (rows, rows[::-1]):
        made = generate(document(paths(*order)), notes=True)
        assert made.__all__ == sorted(f"build_{name}_request" for name in names)
        for name, url in names.items():
            build = getattr(made, f"build_{name}_request")
            assert build(*(["x"] if "x" in url else [])).url == url


def test_what_was_told_apart_is_listed_with_a_remedy_that_works(run: Callable[..., str]) -> None:
    spec = document(paths(("get", "/a", "Get"), ("get", "/a/{key}", "Get"), ("get", "/b", None)))
    heard = run(*OUT, spec__json=spec)
    assert (
        "note: spec.json#/paths/~1a~1{key}/get: 2 operations would be build_get_request: "
        "build_get_request is GET /a, build_get_by_key_request is GET /a/{key}\n"
        "    rename one by the directive rename-operation, from: GET /a/{key}, to: another name\n"
    ) in heard
    config = """
``` yaml
directive:
  - rename-operation: {from: "GET /a/{key}", to: Find}
  - rename-operation: {from: "GET /b", to: Second}
```
"""
    assert run(*OUT, "--config", "autorest.md", autorest__md=config) == ""
    source = Path("made/up/rest/_builders.py").read_text(encoding="utf-8")
    assert [line for line in source.splitlines() if line.startswith("def ")] == [
        "def build_get_request(",
        "def build_find_request(",
        "def build_second_request(",
    ]


def test_groups_are_kept_apart_where_their_operations_would_share_a_name(run: Callable[..., str]) -> None:
    spec = document(paths(("get", "/a", "A_Get"), ("get", "/b", "B_Get"), ("get", "/c", "C_List")))
    heard = run(*OUT, spec__json=spec)
    assert heard == (
        "note: spec.json#: several operation groups have build_get_request, so each group becomes a module\n"
        "    write operation-groups: true; false puts all builders into one module\n"
    )
    assert {path.name for path in Path("made/up/rest").glob("[abc].py")} == {"a.py", "b.py", "c.py"}
    assert run(*OUT, "--operation-groups", spec__json=spec) == ""
    heard = run(*OUT, "--operation-groups=false", spec__json=spec)
    assert "build_a_get_request is GET /a, build_b_get_request is GET /b\n" in heard
    assert not Path("made/up/rest/a.py").exists()


def test_groups_stay_together_where_keeping_them_apart_helps_nothing(run: Callable[..., str]) -> None:
    spec = document(paths(("get", "/a", "A_Get"), ("get", "/a/{key}", "A_Get"), ("get", "/c", "C_List")))
    assert "operation groups" not in run(*OUT, spec__json=spec)


OLD = document(
    {
        "/a": {"get": operation(VERSION, name="Things_OldGet")},
        "/b": {"get": operation(VERSION, name="Things_Other")},
        "/c": {"get": operation(VERSION, name="Things_More")},
        "/health": {"head": operation(VERSION, name="HealthApi_OldCheck")},
    },
    "2020-01-01",
)
NEW = document(
    {
        "/a": {"get": operation(VERSION, name="Things_Get")},
        "/b": {"get": operation(VERSION, name="Things_OldGet")},
        "/c": {"get": operation(VERSION, name="Things_More")},
        "/health": {"head": operation(VERSION, name="HealthApi_Check")},
    },
    "2021-01-01",
)


def test_a_name_that_an_older_version_gave_is_importable_with_a_warning(generate: Generate) -> None:
    made = generate(OLD, NEW)
    for former in ("build_old_check_request", "build_healthapi_old_check_request"):
        with pytest.warns(DeprecationWarning, match=f"{former} is now called build_check_request") as caught:
            build = getattr(made, former)
        assert build is made.build_check_request
        assert caught[0].filename == __file__
        assert former not in dir(made)
        assert former not in made.__all__
    assert (
        "Called ``build_old_check_request`` until 2020-01-01; that name still works, with a "
        "``DeprecationWarning``."
    ) in " ".join(made.build_check_request.__doc__.split())


def test_a_former_name_that_means_something_else_now_is_not_kept(generate: Generate) -> None:
    made = generate(OLD, NEW)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert made.build_old_get_request().url == "/b?api-version=2021-01-01"
    assert made._FORMER_NAMES.keys() == {
        "build_healthapi_old_check_request",
        "build_old_check_request",
        "build_other_request",
    }


@pytest.mark.parametrize("options", [(), ("--operation-groups",)], ids=["together", "in groups"])
def test_a_former_name_in_groups_and_one_that_a_directive_changed(
    run: Callable[..., str], tmp_path: Path, options: tuple[str, ...]
) -> None:
    config = "``` yaml\ndirective:\n  - rename-operation: {from: Things_More, to: Things_Rest}\n```"
    files = {"old__json": OLD, "spec__json": NEW, "autorest__md": config}
    assert run("--config", "autorest.md", "--input-file=old.json", *OUT, *options, **files) == ""
    where = "made.up.rest.things" if options else "made.up.rest"
    code = f"from {where} import build_more_request, build_rest_request; print(build_more_request().url)"
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "/c?api-version=2021-01-01\n"
    assert (
        "<string>:1: DeprecationWarning: build_more_request is now called build_rest_request" in done.stderr
    )


def test_a_name_that_never_was_is_an_error(generate: Generate) -> None:
    made = generate(OLD, NEW)
    with pytest.raises(AttributeError, match="has no attribute 'build_nothing_request'"):
        _ = made.build_nothing_request


def test_builders_are_loaded_when_one_is_used(generate: Generate, tmp_path: Path) -> None:
    generate(OLD, NEW)
    code = """
import sys
import made.up.rest
from made.up.rest._versions import API_VERSIONS, DEFAULT_API_VERSION
assert (API_VERSIONS, DEFAULT_API_VERSION) == (("2020-01-01", "2021-01-01"), "2021-01-01")
assert "made.up.rest._builders" not in sys.modules
made.up.rest.build_check_request()
assert "build_check_request" in vars(made.up.rest)
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
