"""Directives: paths, scripts and macros, each by rows of what goes in and what comes out."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from openapi_request_builders.config.read import Setting
from openapi_request_builders.directives.apply import transform
from openapi_request_builders.directives.jsonpath import find
from openapi_request_builders.directives.script import compile_script
from openapi_request_builders.problems import Problems

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
    with pytest.raises(ValueError, match=r"is not understood|does not begin"):
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


@pytest.mark.parametrize(
    "script",
    [
        "",
        "if ($.x) { $.y = 1 }",
        "$.list.push('x')",
        "var a = 1",
        "$.x = $.y.filter(z => z)",
        "$.x = `${a}`",
        "delete $",
        "$.x =",
        "$.x",
        "$lib.log($)",
        "$.x += 'a'",
        "eval('1')",
    ],
)
def test_a_script_that_does_more_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match=r" after |not understood|ends too early|does nothing"):
        compile_script(script)


DOCUMENT: Any = {
    "swagger": "2.0",
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


def changed(directive: Any) -> Any:
    path = Path("folder/spec.json")
    setting = Setting(directive, "autorest.md:7", Path())
    return transform({path: DOCUMENT}, [setting])[path]


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


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ("text", "'text' is not a mapping"),
        ({"remove-model": "X"}, "'remove-model' is not one of its keys"),
        ({"from": "swagger-document"}, "it changes nothing"),
        ({"where": "$.paths", "transform": "return 1"}, "it has no `from`"),
        ({"from": "other.json", "where": "$", "set": {}}, "there is no input-file 'other.json'"),
        ({"from": "spec.json", "where": "$.x", "set": {}}, "nothing matches the directive where: $.x"),
        ({"from": "swagger-document", "where": "$.paths", "transform": "$.x.y = 1"}, "$ has no x"),
        ({"from": "spec.json", "where": "paths", "transform": "return 1"}, "'paths' does not begin with $"),
        ({"from": "spec.json", "where": "$", "transform": "$.forEach(x => x)"}, "is not understood"),
        ({"remove-operation": "A_Delete"}, "nothing matches the directive remove-operation: A_Delete"),
        ({"rename-operation": {"from": "A"}}, "`rename-operation` needs from and to"),
        ({"where-operation": "A_Put", "remove-parameter": {"in": "query", "name": "x"}}, "nothing matches"),
    ],
)  # fmt: skip
def test_a_directive_that_does_nothing_is_a_problem(directive: Any, message: str) -> None:
    with pytest.raises(Problems) as caught:
        changed(directive)
    (problem,) = caught.value.problems
    assert problem.place == "autorest.md:7"
    assert message in problem.message
