"""After it has written, the generator says what changed for those who use the builders."""

import json
from pathlib import Path
from typing import Any

import pytest

from openapi_request_builders.command import main
from tests.codegen.conftest import document, document3, operation

VERSION = {"name": "api-version", "in": "query", "required": True, "type": "string"}
TOP: dict[str, Any] = {"name": "top", "in": "query", "type": "integer", "maximum": 5, "default": 1}
KEY: dict[str, Any] = {"name": "key", "in": "path", "required": True, "type": "string"}
OUT = ("--namespace", "made.up", "--output-folder", ".")


def run(*documents: Any) -> list[str]:
    """Generate, and return what the command prints."""
    inputs = []
    for number, each in enumerate(documents):
        Path(f"{number}.json").write_text(json.dumps(each), encoding="utf-8")
        inputs.append(f"--input-file={number}.json")
    assert main([*inputs, *OUT]) == 0
    return inputs


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_first_output_has_no_changes(capsys: pytest.CaptureFixture[str]) -> None:
    run(document({"/a": {"get": operation(TOP, name="A")}}))
    assert capsys.readouterr().out == "made/up/rest: 14 files, which need azure-core\n"


def test_the_same_output_has_no_changes(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        run(document({"/a": {"get": operation(TOP, name="A")}}))
    assert capsys.readouterr().out.count("\n") == 2


def test_what_changes_is_said_in_a_line_for_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    old = document(
        {
            "/a": {"get": operation(VERSION, TOP, KEY | {"in": "query"}, name="A")},
            "/b": {"get": operation(VERSION, name="B")},
            "/c": {"get": operation(VERSION, name="C")},
        },
        "2024-01-01",
    )
    run(old)
    capsys.readouterr()
    new = document(
        {
            "/a": {"get": operation(VERSION, {**TOP, "default": 2, "maximum": 9}, name="A")},
            "/b": {"get": operation(VERSION, {**TOP, "name": "skip", "maximum": 7}, name="Bee")},
            "/d/{key}": {"get": operation(VERSION, KEY, name="D")},
        },
        "2025-01-01",
    )
    run(old, new)
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("made/up/rest: 15 files")
    assert lines == [
        "    default api-version: 2025-01-01, was 2024-01-01",
        "    new api-versions: 2025-01-01",
        "    added: build_d_request",
        "    renamed: build_b_request to build_bee_request",
        "    new arguments: skip of build_bee_request",
        (
            "    changed arguments: api_version of build_c_request (was str = DEFAULT_API_VERSION, is str ="
            " API_VERSION_UNTIL_2024_01_01.latest), key of build_a_request (was str, is str | None = None),"
            " top of build_a_request (was int | None = 1, is int | None = 2)"
        ),
        "    changed rules: api_version of build_c_request: until '2024-01-01', was none",
        "    changed rules: key of build_a_request: gone from the default api-version",
        "    changed rules: top of build_a_request: maximum 9, was 5",
    ]
    run(new)
    lines = capsys.readouterr().out.splitlines()[1:]
    assert "    removed: build_c_request" in lines
    assert "    arguments that are gone: key of build_a_request" in lines


def test_many_changes_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    run(document({f"/{number}": {"get": operation(name=f"Old{number}")} for number in range(20)}))
    run(document({f"/{number}": {"get": operation(name=f"New{number}")} for number in range(20)}))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 12
    assert lines[2].startswith("    added: build_new0_request, build_new10_request, ")
    assert lines[2].endswith(" and 14 more")


NAMES: dict[str, Any] = {
    "name": "names",
    "in": "query",
    "type": "array",
    "items": {"type": "string", "maxLength": 8},
    "maxItems": 3,
}


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ({"maximum": 50}, {"maximum": 100}, "maximum 100, was 50"),
        ({"maximum": 50}, {}, "no maximum, was 50"),
        ({}, {"maximum": 100}, "maximum 100, was none"),
        ({"minimum": 1, "maximum": 5}, {"minimum": 2, "maximum": 6}, "minimum 2, was 1, maximum 6, was 5"),
        ({}, {"required": True}, "required True, was none"),
        ({"maximum": 5}, {"type": "string"}, "type Text, was Integer, no maximum, was 5"),
        (NAMES, NAMES | {"collectionFormat": "multi"}, "collection format 'multi', was 'csv'"),
        (NAMES, NAMES | {"maxItems": 4}, "max items 4, was 3"),
        (NAMES, NAMES | {"items": {"type": "string", "maxLength": 9}}, "items max length 9, was 8"),
        ({"default": 1}, {"default": 2}, None),
    ],
)
def test_a_changed_rule_is_named_with_its_parameter_and_builder(
    capsys: pytest.CaptureFixture[str], old: Any, new: Any, change: str | None
) -> None:
    for rules in (old, new):
        run(
            document({"/a": {"get": operation({"name": "limit", "in": "query", "type": "integer", **rules})}})
        )
    *_, line = capsys.readouterr().out.splitlines()
    argument = new.get("name", "limit")
    expected = f"    changed rules: {argument} of build_do_request: {change}"
    assert line == expected if change else "changed rules" not in line


def test_the_media_types_of_a_body_are_rules(capsys: pytest.CaptureFixture[str]) -> None:
    body = {"name": "body", "in": "body", "required": True, "schema": {"type": "object"}}
    for types in (["application/json"], ["application/json", "text/plain"]):
        run(document({"/a": {"post": operation(body, consumes=types)}}))
    change = "content types 'application/json', 'text/plain', was 'application/json'"
    assert f"    changed rules: body of build_do_request: {change}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (
            {"type": "object", "properties": {"a": {"type": "integer", "maximum": 1}}},
            {"type": "object", "properties": {"a": {"type": "integer", "maximum": 2}}},
            "member a maximum 2, was 1",
        ),
        (
            {"oneOf": [{"type": "boolean"}, {"type": "integer", "maximum": 1}]},
            {"oneOf": [{"type": "boolean"}, {"type": "integer", "maximum": 2}]},
            "alternative 2 maximum 2, was 1",
        ),
        (
            {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}},
            {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "boolean"}}}},
            "items member a type Boolean, was Integer",
        ),
    ],
)
def test_a_rule_inside_another_is_named(
    capsys: pytest.CaptureFixture[str], old: Any, new: Any, change: str
) -> None:
    for schema in (old, new):
        run(document3({"/a": {"get": operation({"name": "limit", "in": "query", "schema": schema})}}))
    assert f"    changed rules: limit of build_do_request: {change}\n" in capsys.readouterr().out


def test_a_rule_of_many_builders_is_one_line_and_many_rules_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parameters = [{"name": f"p{number}", "in": "query", "type": "integer"} for number in range(9)]
    for maximum in (5, 6):
        changed = [{**each, "maximum": maximum} for each in parameters]
        run(document({f"/{n}": {"get": operation(*changed, name=f"Get{n}")} for n in range(8)}))
    lines = [line for line in capsys.readouterr().out.splitlines() if "changed rules" in line]
    builders = ", ".join(f"build_get{n}_request" for n in range(6))
    assert lines[0] == f"    changed rules: p0 of {builders} and 2 more: maximum 6, was 5"
    assert lines[6:] == ["    changed rules: 3 more"]


def test_builders_of_groups_are_named_with_their_module(capsys: pytest.CaptureFixture[str]) -> None:
    paths = {"/a": {"get": operation(name="One_Get")}, "/b": {"get": operation(name="Two_Get")}}
    Path("a.json").write_text(json.dumps(document(paths)), encoding="utf-8")
    arguments = ["--input-file=a.json", *OUT, "--operation-groups"]
    assert main(arguments) == 0
    paths["/b"] = {"get": operation(name="Two_Find")}
    Path("a.json").write_text(json.dumps(document(paths)), encoding="utf-8")
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:] == ["    added: two.build_find_request", "    removed: two.build_get_request"]


@pytest.mark.parametrize("content", ["def broken(:\n", "\x00"])
def test_an_output_that_was_edited_does_not_stop_the_command(content: str) -> None:
    run(document({"/a": {"get": operation(name="A")}}))
    file = Path("made/up/rest/_builders.py")
    file.write_text(f"# Generated by `x`; do not edit.\n{content}", encoding="utf-8")
    run(document({"/a": {"get": operation(name="A")}}))
