"""Directives: paths, scripts and macros, each by rows of what goes in and what comes out."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from openapi_request_builders.config.settings import Setting
from openapi_request_builders.directives.directives import read_directives
from openapi_request_builders.directives.javascript import compile_script
from openapi_request_builders.directives.jsonpath import find
from openapi_request_builders.problems import Notes, Problems
from tests.codegen.conftest import document, operation

OUT = ("--input-file", "spec.json", "--namespace", "made.up", "--output-folder", ".")

TREE: Any = {
    "a": {"b c": [{"k": "v", "n": 1}, {"k": "w"}], "x-y": True},
    "list": ["zero", "one"],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [TREE]),
        ("$.a.x-y", [True]),
        ("$['a']['b c'][0].n", [1]),
        ('$["a"]["b c"][*].k', ["v", "w"]),
        ("$.a['b c'].*.k", ["v", "w"]),
        ("$.list[1]", ["one"]),
        ("$.list[-1]", ["one"]),
        ('$.list["0"]', ["zero"]),
        ("$[a][x-y]", [True]),
        ("$.list.*", ["zero", "one"]),
        ('$.a["b c"][?(@.k=="v")].n', [1]),
        ("$.a['b c'][?(@.k != 'v')]", [{"k": "w"}]),
        ("$.a['b c'][?(@.n)].k", ["v"]),
        ("$.a['b c'][?(!@.n)].k", ["w"]),
        ("$.a['b c'][?(@.n == 1 && @.k == 'v')].k", ["v"]),
        ("$.a['b c'][?(@.k == 'x' || @['k'] === 'w')].k", ["w"]),
        ("$..k", ["v", "w"]),
        ("$..[?(@.k=='w')]", [{"k": "w"}]),
        ("$.nothing.here", []),
    ],
)
def test_a_path(path: str, found: list[Any]) -> None:
    assert [holder[key] for holder, key in find(path)({"$": TREE})] == found


@pytest.mark.parametrize("path", ["a.b", "$.", "$[?(@.k ~ 'v')]", "$.a[1:2]", "$[?(@.length > 1)]"])
def test_a_path_that_is_not_understood(path: str) -> None:
    with pytest.raises(ValueError, match=r"is not supported|does not begin"):
        find(path)


@pytest.mark.parametrize(
    ("script", "before", "after"),
    [
        ('$["x"] = "y";', {}, {"x": "y"}),
        ("$.x = 'it\\'s';", {}, {"x": "it's"}),
        (
            "$.a.b = {name: 'n', 'list': [1, -2.5, true, null,],}",
            {"a": {}},
            {"a": {"b": {"name": "n", "list": [1, -2.5, True, None]}}},
        ),
        ("$[1]['b'] = 1; $[0][\"0\"] = 2", [[1], {}], [[2], {"b": 1}]),
        ("$.a[0].b = 1", {"a": [{}]}, {"a": [{"b": 1}]}),
        ("delete $.a; delete $['b']", {"a": 1, "b": 2, "c": 3}, {"c": 3}),
        ("delete $.a\ndelete $.b", {"a": 1, "b": 2}, {}),
        ("$ = 'new'", "old", "new"),
        ('return "string";', "url", "string"),
        ("return $.replace('a', 'b')", "aa", "ba"),
        ("return $.replace(/A(.)/gi, '$1-$&$$')", "axAy", "x-ax$y-Ay$"),
        ("$.d = $.d.replace(/\\//g, '|') + ' (' + $.n + ')'", {"d": "a/b", "n": 3}, {"d": "a|b (3)", "n": 3}),
        ("$.b = $.a // a comment\n/* and\nanother */ $.c = ($.a)", {"a": 1}, {"a": 1, "b": 1, "c": 1}),
        ("$.x = `a\nb`", {}, {"x": "a\nb"}),
    ],
)
def test_a_script(script: str, before: Any, after: Any) -> None:
    assert compile_script(script)(deepcopy(before)) == after


REBUILDING = """
const names = {};
Object.keys($.t).forEach(key => {
  names[key] = 1;
  if (key === 'b') { names.c = 3; }
});
$.t = names;
"""
FILTERING = """
for (const path in $) {
  if (path.includes('/{c}')) {
    $[path].parameters = $[path].parameters.filter(function(parameter) {
      return (typeof parameter['$ref'] === "undefined") || (false == parameter['$ref'].endsWith('/C'))
    });
  }
}
"""
PATHS: Any = {
    "/{c}/a": {"parameters": [{"$ref": "#/parameters/C"}, {"name": "x"}]},
    "/b": {"parameters": [{"$ref": "#/parameters/C"}]},
}


@pytest.mark.parametrize(
    ("script", "before", "after"),
    [
        ("if ($.x) { $.y = 1 } else $.y = 2", {}, {"y": 2}),
        ("if ($.a == 'b' && !$.c) $.d = 1;", {"a": "b"}, {"a": "b", "d": 1}),
        ("if ($.list == 'a') { $.found = true }", {"list": ["a"]}, {"list": ["a"], "found": True}),
        ("$.a.b = undefined", {"a": {"b": 1}}, {"a": {}}),
        ("$.x = typeof $.a === 'undefined' ? 'none' : 'some'", {}, {"x": "none"}),
        ("delete $.absent; delete $['absent']", {"a": 1}, {"a": 1}),
        ("for (var v of Object.values($.p)) { v.type = `x-${v.type}` }", {"p": {"a": {"type": "s"}}},
         {"p": {"a": {"type": "x-s"}}}),
        ("for (let i = 0; i < $.length; i++) { if (i == 1) continue; $[i].n = i }", [{}, {}, {}],
         [{"n": 0}, {}, {"n": 2}]),
        ("while ($.length < 3) { $.push($.length) }", [], [0, 1, 2]),
        ("$.list.push('x'); $.n = $.list.length", {"list": []}, {"list": ["x"], "n": 1}),
        ("$ = $.filter(x => x.n !== 'a' && x.n != 'b')", [{"n": "a"}, {"n": "c"}], [{"n": "c"}]),
        ("let i = $.findIndex(p => p.n == 'b'); if (i > -1) $.splice(i, 1);", [{"n": "a"}, {"n": "b"}],
         [{"n": "a"}]),
        ("Object.entries($).forEach(([name, each]) => { each.n = name })", {"a": {}}, {"a": {"n": "a"}}),
        ("const {a, b} = $; $.c = [a, ...b]", {"a": 1, "b": [2]}, {"a": 1, "b": [2], "c": [1, 2]}),
        ("$.p = $.p.map(p => p.n === 'x' ? Object.assign({}, p, {in: 'h'}) : p)", {"p": [{"n": "x"}]},
         {"p": [{"n": "x", "in": "h"}]}),
        ("return $.type == 'object' ? {...$, x: 1} : $", {"type": "object"}, {"type": "object", "x": 1}),
        ("$.n = $.m?.o ?? 5; $.k += 'z'", {"k": "a"}, {"k": "az", "n": 5}),
        ("return JSON.parse(JSON.stringify($).replace(/foo/g, 'bar'))", {"foo": 1}, {"bar": 1}),
        ("$.id = $.id.split('_').map(x => x.toLowerCase()).join('-')", {"id": "A_B"}, {"id": "a-b"}),
        ("if ('a' in $) { $.b = [1, 2].includes(2) }", {"a": 0}, {"a": 0, "b": True}),
        (REBUILDING, {"t": {"a": 1, "b": 2}}, {"t": {"a": 1, "b": 1, "c": 3}}),
        (FILTERING, PATHS, {"/{c}/a": {"parameters": [{"name": "x"}]}, "/b": PATHS["/b"]}),
        ("$lib.log($); console.log('x')", {"a": 1}, {"a": 1}),
        ("return undefined", {"a": 1}, {"a": 1}),
        ("", {"a": 1}, {"a": 1}),
    ],
)  # fmt: skip
def test_a_script_as_configurations_have_them(script: str, before: Any, after: Any) -> None:
    assert compile_script(script)(deepcopy(before)) == after


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("'1'", "1", True),
        ("['a']", "'a'", True),
        ("['a', 'b']", "'a,b'", True),
        ("null", "undefined", True),
        ("null", "0", False),
        ("false", "'0'", True),
        ("''", "0", True),
        ("'a'", "1", False),
        ("[]", "[]", False),
        ("true", "1", True),
    ],
)
def test_what_is_equal_in_javascript(one: str, other: str, equal: bool) -> None:
    assert compile_script(f"return {one} == {other}")(None) is equal
    assert compile_script(f"return {one} != {other}")(None) is not equal
    assert compile_script(f"return {one} === {other}")(None) is False


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("if (", "it ends too early"),
        ("$.x =", "it ends too early"),
        ("$.x = {", "it ends too early"),
        ("delete $", "`delete` is for a member"),
        ("$.x 5", "'5' after '$.x'"),
        ("$.a.b.c = 1", "cannot read 'b' of undefined"),
        ("$.forEach(x => x)", "'undefined' is called, but is not a function"),
        ("eval('1')", "'eval' is not known here"),
        ("require('fs')", "'require' is not known here"),
        ("for (const x of $) {}", "`for ... of` needs a list"),
        ("while (true) {}", "it takes more than 1000000 steps"),
        ("const f = () => f(); f()", "it calls itself too deeply"),
        ("(" * 5000, "it is nested too deeply"),
        ("$.x = 'a' - 1", "are not two numbers"),
        ("$.x = /(/", "the pattern /(/ is not supported"),
        ("class A {}", "is not known here|after"),
    ],
)
def test_a_script_that_fails_or_does_more_than_is_read(script: str, message: str) -> None:
    with pytest.raises(
        ValueError, match=message.replace("(", r"\(").replace("$", r"\$").replace("...", r"\.{3}")
    ):
        compile_script(script)({})


DOCUMENT: Any = {
    "swagger": "2.0",
    "definitions": {"A": {}},
    "parameters": {"Top": {"name": "top", "in": "query"}},
    "paths": {
        "/a": {
            "get": {
                "operationId": "A_Get",
                "parameters": [{"name": "x", "in": "query"}, {"$ref": "#/parameters/Top"}],
            },
            "put": {"operationId": "A_Put"},
        },
        "/b": {"get": {"operationId": "B_Get", "parameters": [{"$ref": "#/parameters/Top"}]}},
    },
}


def changed(directive: Any, notes: Notes | None = None) -> Any:
    notes = Notes() if notes is None else notes
    setting = Setting(directive, "autorest.md:7", Path())
    directives = read_directives([setting], None, notes)
    tree = directives.apply(Path("folder/spec.json"), deepcopy(DOCUMENT), notes)
    directives.note_unmatched(notes)
    return tree


def ids(document: Any) -> list[str]:
    return [item[method]["operationId"] for item in document["paths"].values() for method in item]


def test_directives() -> None:
    before = deepcopy(DOCUMENT)
    assert changed({"from": "spec.json", "where": "$", "set": {"title": 1}})["title"] == 1
    assert (
        changed({"from": ["swagger-document"], "where": ["$.paths"], "transform": "return {}"})["paths"] == {}
    )
    assert ids(changed({"rename-operation": {"from": "A_Get", "to": "C_Get"}})) == ["C_Get", "A_Put", "B_Get"]
    assert ids(changed({"remove-operation": "A_Put", "reason": "unused"})) == ["A_Get", "B_Get"]
    assert ids(changed({"remove-operation-match": "/^a_/i"})) == ["B_Get"]
    assert ids(changed({"where-operation": "B_Get", "transform": "$.operationId = 'X'"})) == [
        "A_Get",
        "A_Put",
        "X",
    ]
    removed = changed({"where": "$.paths..*", "remove-parameter": {"in": "query", "name": "top"}})
    assert removed["paths"]["/a"]["get"]["parameters"] == [{"name": "x", "in": "query"}]
    assert removed["paths"]["/b"]["get"]["parameters"] == []
    removed = changed({"where-operation": "A_Get", "remove-parameter": {"in": "query", "name": "x"}})
    assert removed["paths"]["/a"]["get"]["parameters"] == [{"$ref": "#/parameters/Top"}]
    assert before == DOCUMENT


def test_an_operation_by_its_method_and_path() -> None:
    assert ids(changed({"rename-operation": {"from": "PUT /a", "to": "A_Do"}})) == ["A_Get", "A_Do", "B_Get"]
    renamed = changed({"rename-operation": {"from": "A_Put", "to": "A_Do"}})["paths"]["/a"]["put"]
    assert renamed == {"operationId": "A_Do", "x-former-operation-ids": ["A_Put"]}
    assert "X" in ids(changed({"where-operation": "GET /b", "set": {"operationId": "X"}}))


def test_models() -> None:
    document = {"definitions": {"A": {"x": 1}, "B": {"$ref": "#/definitions/A"}}}
    notes = Notes()
    settings = [
        Setting({"where-model": "A", "set": {"y": 2}}, "autorest.md:1", Path()),
        Setting({"rename-model": {"from": "A", "to": "C"}}, "autorest.md:2", Path()),
    ]
    tree = read_directives(settings, None, notes).apply(Path("spec.json"), document, notes)
    assert tree == {"definitions": {"C": {"x": 1, "y": 2}, "B": {"$ref": "#/definitions/C"}}}


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        (
            {"from": "spec.json", "where": "$.paths", "transform": "$.x.y = 1"},
            "'y' cannot be set on undefined",
        ),
        ({"from": "spec.json", "where": "paths", "transform": "return 1"}, "'paths' does not begin with $"),
        ({"from": "spec.json", "where": "$", "transform": "with ($) {}"}, "is not supported"),
        ({"rename-operation": {"from": "A"}}, "`rename-operation` needs from and to"),
        ({"where": "$.swagger", "set": {"x": 1}}, "`set` is for an object"),
        ({"remove-operation-match": "("}, "the directive is not supported"),
    ],
)
def test_a_directive_that_fails_is_a_problem(directive: Any, message: str) -> None:
    with pytest.raises(Problems) as caught:
        changed(directive)
    (problem,) = caught.value.problems
    assert problem.place == "autorest.md:7"
    assert message in problem.message
    if "transform" in directive and message.endswith("understood"):
        assert "--hook module:function" in problem.remedy


@pytest.mark.parametrize(
    ("directive", "key", "near"),
    [
        ({"form": "spec.json", "where": "$.x", "set": {}}, "form", "from"),
        ({"were": "$.paths", "set": {}}, "were", "where"),
        ({"rename-operaton": {"from": "a", "to": "b"}}, "rename-operaton", "rename-operation"),
    ],
)
def test_a_misspelt_key_of_a_directive_is_noted(directive: Any, key: str, near: str) -> None:
    notes = Notes()
    changed(directive, notes)
    first = notes.found[0]
    assert (first.message, first.remedy) == (f"{key} is not a key of a directive", f"did you mean {near}?")


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ("None at the moment", "the directive 'None at the moment' is not a mapping, and has no effect"),
        ({"suppress": "R2001", "reason": "x"}, "directives with suppress have no effect on builders"),
        ({"from": "code-model-v4", "where": "$", "transform": "with x"}, "directives for stages after"),
        ({"remove-model": "X"}, "directives with remove-model have no effect on builders"),
        (
            {"where-model": "A", "rename-property": {"from": "a", "to": "b"}},
            "directives with rename-property",
        ),
        ({"from": "swagger-document"}, "directives with nothing to change have no effect on builders"),
        (
            {"from": "other.json", "where": "$", "set": {}},
            "matches nothing: no document is called other.json",
        ),
        (
            {"from": "spec.json", "where": "$.x", "set": {}},
            "the directive where: $.x, set: {} matches nothing",
        ),
        ({"remove-operation": "A_Delete"}, "the directive remove-operation: A_Delete matches nothing"),
        ({"where-operation": "A_Put", "remove-parameter": {"in": "query", "name": "x"}}, "matches nothing"),
        (
            {"where": "$.definitions.A", "transform": "with x"},
            "it only changes models, so requests are not affected",
        ),
        (
            {"where": "$.definitions", "transform": "$.A.b.c = 1"},
            "it only changes models, so requests are not affected",
        ),
    ],
)
def test_a_directive_that_has_no_effect_is_noted(directive: Any, message: str) -> None:
    notes = Notes()
    tree = changed(directive, notes)
    assert tree == DOCUMENT
    (note,) = notes.found
    assert note.place == "autorest.md:7"
    assert message in note.message


def test_from_reaches_documents_that_are_only_referred_to(run: Callable[..., str]) -> None:
    more = {"parameters": {"X": {"name": "x", "in": "query", "type": "string"}}}
    config = """
``` yaml
directive:
  - from: more.json
    where: $.parameters.X
    transform: $["x-ms-client-name"] = "mine"
```
"""
    spec = document({"/a": {"get": operation({"$ref": "more.json#/parameters/X"}, name="Get")}})
    files = {"spec__json": spec, "more__json": more, "autorest__md": config}
    assert run("--config", "autorest.md", *OUT, **files) == ""
    assert "mine: str | None" in Path("made/up/rest/_builders.py").read_text(encoding="utf-8")


HOOK = """
def rename(document):
    document["paths"]["/b"] = document["paths"].pop("/a")
    return document

def fail(document):
    raise LookupError("no such thing")

number = 1
"""


def test_a_hook_is_a_function_that_documents_pass_through(run: Callable[..., str]) -> None:
    spec = document({"/a": {"get": operation(name="Get")}})
    assert run("--hook", "my_hook:rename", *OUT, spec__json=spec, my_hook__py=HOOK) == ""
    assert '"/b",' in Path("made/up/rest/_builders.py").read_text(encoding="utf-8")
    config = "``` yaml\nhook: other_hook:rename\n```"
    files = {"spec__json": spec, "other_hook__py": HOOK, "autorest__md": config}
    assert run("--config", "autorest.md", *OUT, **files) == ""


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("bad_hook", "hook is 'bad_hook'\n    write module:function"),
        ("no_hook:x", "the hook no_hook:x cannot be imported: ModuleNotFoundError"),
        ("bad_hook:x", "the hook bad_hook:x cannot be imported: AttributeError"),
        ("bad_hook:number", "the hook bad_hook:number is not a function"),
        ("bad_hook:fail", "spec.json: the hook fails: LookupError: no such thing"),
    ],
)
def test_a_hook_that_fails(run: Callable[..., str], hook: str, message: str) -> None:
    spec = document({"/a": {"get": operation(name="Get")}})
    assert message in run("--hook", hook, *OUT, spec__json=spec, bad_hook__py=HOOK)
