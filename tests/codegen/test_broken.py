"""Broken input, and the exact words that it is answered with."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.codegen.conftest import document, operation

X = {"name": "x", "in": "query", "type": "string"}
OUT = ("--namespace", "made.up", "--output-folder", "out")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            document({"/a": {"get": operation({**X, "type": "strin"})}}),
            (
                "spec.json#/paths/~1a/get/parameters/0/type: 'strin' is not one of "
                "['string', 'number', 'boolean', 'integer', 'array', 'file']\n"
                "    did you mean string?\n"
            ),
        ),
        (
            document({"/a": {"get": operation({**X, "type": "file"})}}),
            (
                "spec.json#/paths/~1a/get/parameters/0: a file cannot be sent in a query\n"
                '    write "in": "formData", or another type\n'
            ),
        ),
        (
            document({"/a": {"get": operation({"$ref": "#/parameters/X"}, {"$ref": "#/parameters/Y"})}}),
            (
                "spec.json#/paths/~1a/get/parameters/0/$ref: there is nothing at #/parameters/X\n"
                "    correct the reference, or add its target\n"
                "spec.json#/paths/~1a/get/parameters/1/$ref: there is nothing at #/parameters/Y\n"
                "    correct the reference, or add its target\n"
            ),
        ),
        (
            document({"/a": {"get": operation({"$ref": "more.json#/X"})}}),
            (
                "spec.json#/paths/~1a/get/parameters/0/$ref: "
                "more.json cannot be read: there is no such file\n"
                "    correct the path\n"
            ),
        ),
        (
            document({"/a": {"get": operation(X, {**X, "type": "integer"})}}),
            (
                "spec.json#/paths/~1a/get/parameters/1: the query parameter 'x' is listed twice\n"
                "    remove one of them\n"
            ),
        ),
        (
            document(
                {
                    "/a": {
                        "post": operation({**X, "in": "formData"}, {"name": "b", "in": "body", "schema": {}})
                    }
                }
            ),
            (
                "spec.json#/paths/~1a/post/parameters/1: the operation has a form and a body\n"
                "    make the fields part of one of the two\n"
            ),
        ),
        (
            document({"/a": {"get": operation({**X, "x-ms-enum": "Colour", "x-ms-client-name": 3})}}),
            (
                'spec.json#/paths/~1a/get/parameters/0/x-ms-enum: "Colour" is not an object\n'
                "    write an object\n"
            ),
        ),
        (
            document({"/a": {"get": operation({**X, "x-ms-client-name": 3})}}),
            "spec.json#/paths/~1a/get/parameters/0/x-ms-client-name: 3 is not text\n    write text\n",
        ),
        (
            {**document({}), "x-ms-paths": {"comp=list": {"get": operation()}}},
            "spec.json#/x-ms-paths/comp=list: a path begins with / or ?\n    correct the name\n",
        ),
        (
            document(
                {"/a": {"get": operation({"$ref": "#/definitions/A"})}}, definitions={"A": {"type": "object"}}
            ),
            "spec.json#/definitions/A: 'name' is a required property\n    add it\n",
        ),
        (
            document({"/a": {"get": operation({"$ref": "https://example.com/x.json#/X"})}}),
            (
                "$ref: https://example.com/x.json#/X is not on this machine\n"
                "    download it, and refer to the file\n"
            ),
        ),
        (
            {"openapi": "4.0.0"},
            (
                "spec.json: OpenAPI 4.0.0 is not supported\n"
                '    use a document with "swagger": "2.0", or with "openapi": "3.0.0" to "3.2.0"\n'
            ),
        ),
        (
            [],
            ('spec.json: it is not an OpenAPI document\n    use a document with "swagger": "2.0", or'),
        ),
        ('{"a" 1}', "spec.json:1: it is not JSON: Expecting ':' delimiter\n"),
        ('{"a": 1, "a": 2}', "spec.json:1: an object has the member 'a' twice\n    keep one of them\n"),
        ("", "spec.json:1: it is not JSON: Expecting value\n    correct the syntax\n"),
    ],
)
def test_a_broken_document(run: Callable[..., str], broken: Any, said: str) -> None:
    heard = run("--input-file", "spec.json", *OUT, spec__json=broken)
    assert said in heard
    assert heard.endswith("nothing was written.\n")


def test_a_broken_part_of_another_file(run: Callable[..., str]) -> None:
    one = document(
        {"/a": {"get": operation({"$ref": "more.json#/parameters/X"}, {"$ref": "more.json#/parameters/Y"})}}
    )
    more = {"parameters": {"X": {"name": "x", "type": "string"}, "Y": {"$ref": "#/parameters/Z"}}}
    heard = run("--input-file", "spec.json", *OUT, spec__json=one, more__json=more)
    assert "more.json#/parameters/X: 'in' is a required property\n    add it\n" in heard
    assert "more.json#/parameters/Y/$ref: there is nothing at #/parameters/Z\n" in heard


def test_a_misspelt_key_that_is_needed(run: Callable[..., str]) -> None:
    heard = run("--config", "a.md", a__md="```yaml\ninput-file: s.json\nnamspace: a\noutput-folder: o\n```")
    assert heard.startswith("note: a.md:3: namspace is not a known key\n    did you mean namespace?\n")
    assert "a.md: namespace is not given" in heard


def test_notes_come_with_the_problem_that_they_may_explain(run: Callable[..., str]) -> None:
    lines = ["input-file: s.json", "namespace: a", "output-folder: o", "directive:", "- form: other.json"]
    config = "\n".join(["```yaml", *lines, "  transform: return 1", "```"])
    heard = run("--config", "a.md", a__md=config, s__json=document({}))
    assert heard.startswith("note: a.md:6: form is not a key of a directive\n    did you mean from?\n")
    assert "s.json: it is not an OpenAPI document" in heard


def test_a_folder_that_is_a_file(run: Callable[..., str]) -> None:
    heard = run("--input-file", "spec.json", *OUT, spec__json=document({}), out="in the way")
    assert "out/made/up/rest: it cannot be written: Not a directory\n    name another folder\n" in heard


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--input-file", "no.json", *OUT], "command line: no.json cannot be read: there is no such file\n"),
        (["--input-file"], ""),
        (
            ["--config", "no.md"],
            "command line: no.md cannot be read: there is no such file\n    correct the path\n",
        ),
        (
            [],
            (
                "command line: autorest.md cannot be read: there is no such file\n"
                "    name a document: --input-file spec.json --namespace my.service --output-folder out; "
                "or --config FILE\n"
            ),
        ),
        (
            ["--inputfile=a.json", *OUT],
            "command line: inputfile is not a known key\n    did you mean input-file?",
        ),
        (
            ["--inputfile", "a.json", *OUT],
            (
                "command line: '--inputfile a.json': --inputfile is not an option that takes a value\n"
                "    did you mean --input-file? A key of the configuration is --key=value\n"
            ),
        ),
        (["spec"], "command line: 'spec' is not an option\n    see --help; a key is --key=value\n"),
        (["spec.json"], "command line: 'spec.json' is not an option\n    write --input-file spec.json\n"),
        (
            ["--input-file", "a.json"],
            (
                "command line: namespace is not given\n    pass --namespace my.service\n"
                "command line: output-folder is not given\n    pass --output-folder out/\n"
            ),
        ),
        (
            ["--input-file", "a.json", "--namespace", "my.class", "--output-folder", "out"],
            (
                "command line: namespace is 'my.class', which cannot be imported\n"
                "    write identifiers with dots between them"
            ),
        ),
        (
            ["--namespace", "a", "--output-folder", "o", "--config", "empty.md"],
            "empty.md: input-file is not given",
        ),
        (
            ["--input-file", "https://example.com/a.json", *OUT],
            (
                "command line: https://example.com/a.json is not on this machine\n"
                "    fetch it: curl -LO https://example.com/a.json, and name the file\n"
            ),
        ),
    ],
)
def test_a_broken_command_line(run: Callable[..., str], arguments: list[str], said: str) -> None:
    if arguments == ["--input-file"]:
        with pytest.raises(SystemExit):
            run(*arguments)
        return
    assert said in run(*arguments, empty__md="```yaml\n```")
