"""The literate configuration, as AutoRest reads it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from openapi_request_builders.config.config import Config
from openapi_request_builders.config.read import read_config
from openapi_request_builders.problems import Notes, Problems

BASE = """
``` yaml
input-file: spec.json
namespace: my.service
output-folder: out
```
"""


def opening(texts: Mapping[str, str]) -> Callable[[Path], str]:
    """Return a function that opens these files, and finds no others."""

    def open_file(path: Path) -> str:
        if str(path) not in texts:
            raise FileNotFoundError
        return texts[str(path)]

    return open_file


def read(
    text: str = "", files: dict[str, str] | None = None, notes: Notes | None = None, **arguments: Any
) -> tuple[Config, ...]:
    """Read a configuration in a folder called docs."""
    texts = {"docs/autorest.md": BASE + text, **(files or {})}

    named = {name.replace("_", "-"): value for name, value in arguments.items()}
    return read_config(Path("docs/autorest.md"), named, opening(texts), Notes() if notes is None else notes)


def noted(text: str, files: dict[str, str] | None = None, **arguments: Any) -> list[str]:
    """Return what is noted about a configuration, without the places."""
    notes = Notes()
    read(text, files, notes, **arguments)
    return [f"{note.message} / {note.remedy}" for note in notes.found]


def one(text: str = "", files: dict[str, str] | None = None, **arguments: Any) -> Config:
    (config,) = read(text, files, **arguments)
    return config


def test_paths_are_relative_to_the_file_and_those_of_the_command_line_are_not() -> None:
    assert one() == Config((Path("docs/spec.json"),), Path("docs/out/my/service/rest"), "my.service")
    config = one(input_file=["more.json"], output_folder="here", no_namespace_folders=True)
    assert config.inputs == (Path("more.json"), Path("docs/spec.json"))
    assert config.output == Path("here/rest")


def test_later_scalars_win_lists_append_and_the_command_line_stays() -> None:
    text = """
```yaml
title: One
input-file:
  - b.json
```
Some text, and a block that is none:
```python
title: No
```
```json
{"title": "Two", "package-version": "1.0.0", "input-file": "c.json"}
```
"""
    config = one(text, package_version="2.0.0")
    assert (config.title, config.package) == ("Two", "2.0.0")
    assert [path.name for path in config.inputs] == ["spec.json", "b.json", "c.json"]


def test_conditions() -> None:
    text = """
``` yaml
tag: package-2
```
``` yaml $(tag) == 'package-1'
title: One
```
```yaml $(tag) == 'package-2' && !$(csharp)
title: Two
```
``` yaml $(csharp)
credential-scopes: nobody reads this
```
"""
    assert one(text).title == "Two"
    assert one(text, tag="package-1").title == "One"


def test_values_that_refer_to_others() -> None:
    text = """
``` yaml
title: $(service) $(package-version)
package-version: 2021-10-01
output-folder: $(sdk-folder)/x
```
"""
    config = one(text, service="Web", sdk_folder="sdk")
    assert config.title == "Web 2021-10-01"
    assert config.output == Path("docs/sdk/x/my/service/rest")


def test_a_required_file_comes_in_place_and_has_paths_of_its_own() -> None:
    common = "```yaml\ninput-file: common.json\ntitle: Common\n```"
    text = "``` yaml\nrequire: ../common/readme.md\n```"
    config = one(text, {"common/readme.md": common})
    assert config.inputs == (Path("docs/spec.json"), Path("common/common.json"))
    assert config.title == "Common"


def test_each_entry_of_a_batch_is_a_run() -> None:
    text = """
``` yaml
title: Both
batch:
  - namespace: one
    input-file: one.json
  - namespace: two
    tag: second
```
``` yaml $(tag) == 'second'
title: Second
```
"""
    first, second = read(text)
    assert (first.title, first.namespace) == ("Both", "one")
    assert first.inputs == (Path("docs/one.json"), Path("docs/spec.json"))
    assert (second.title, second.namespace, len(second.inputs)) == ("Second", "two", 1)


def test_a_run_of_a_batch_without_documents_is_passed_over() -> None:
    text = """
``` yaml
multiapi: true
python-sdks-folder: sdk
```
``` yaml $(multiapi)
batch:
  - tag: release_1
  - multiapiscript: true
```
``` yaml $(tag) == 'release_1'
input-file: one.json
namespace: one
output-folder: $(python-sdks-folder)/one
```
"""
    files = {"docs/batch.md": text}
    notes = Notes()
    (config,) = read_config(Path("docs/batch.md"), {}, opening(files), notes)
    assert config.output == Path("docs/sdk/one/one/rest")
    assert [note.message for note in notes.found][-1] == (
        "the run {'multiapiscript': True} of the batch has no document, so it is skipped"
    )


def test_settings_of_python_alone() -> None:
    text = """
``` yaml
python:
  title: Mine
csharp:
  namespace: Theirs
low-level-client: true
license-header: MICROSOFT_MIT_NO_VERSION
directive:
  - remove-operation: A
  - remove-operation: B
```
"""
    config = one(text)
    assert config.title == "Mine"
    assert config.license_header.startswith("Copyright (c) Microsoft Corporation")
    assert [each.place for each in config.directives] == ["docs/autorest.md:16", "docs/autorest.md:17"]


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("``` yaml\ntitle: $(title)\n```", 8, "$(title) refers to itself", "break the circle"),
        ("``` yaml\ntitle: [a\n```", 9, "the block is not YAML: ", "correct the syntax"),
        ("``` yaml\n- a\n```", 7, "the block is not a mapping", "write `key: value`"),
        ("``` yaml\nno-namespace-folders: 1\n```", 8, "no-namespace-folders is 1", "true or false"),
        ("``` yaml\ntitle: [a]\n```", 8, "title is ['a']", "write one text"),
        ("``` yaml\ntitle: $(who)\n```", 8, "$(who) has no value", "--who=..."),
        ("``` yaml\nrequire: autorest.md\n```", 8, "docs/autorest.md requires itself", "break the circle"),
        ("``` yaml\nrequire: [3]\n```", 8, "require has 3", "write the path of a file"),
        (
            "``` yaml\ninput-file: https://github.com/a/b/blob/main/c/d.json\n```",
            8,
            "https://github.com/a/b/blob/main/c/d.json is not on this machine",
            "fetch it: curl -LO https://raw.githubusercontent.com/a/b/main/c/d.json, and name the file",
        ),
        ("``` yaml\nnamespace: my-service\n```", 8, "namespace is 'my-service', which cannot", "identifiers"),
        ("``` yaml\nbatch: [x]\n```", 8, "batch has 'x'", "make each entry a mapping"),
    ],
)
def test_a_broken_configuration(text: str, line: int, message: str, remedy: str) -> None:
    with pytest.raises(Problems) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert problem.place == f"docs/autorest.md:{line}"
    assert message in problem.message
    assert remedy in problem.remedy


def test_two_runs_that_write_to_one_folder() -> None:
    with pytest.raises(Problems, match="two runs write to docs/out/my/service/rest"):
        read("``` yaml\nbatch:\n  - tag: a\n  - tag: b\n```")


def test_a_file_that_is_required_twice_counts_once() -> None:
    text = "``` yaml\nrequire: [a.md, b.md]\n```"
    files = {f"docs/{name}.md": "``` yaml\nrequire: common.md\n```" for name in "ab"}
    config = one(text, {**files, "docs/common.md": "``` yaml\ninput-file: c.json\n```"})
    assert [path.name for path in config.inputs] == ["spec.json", "c.json"]


def test_a_file_without_a_block() -> None:
    with pytest.raises(Problems, match=r"docs/a.md: it has no block of YAML or JSON"):
        read("``` yaml\nrequire: a.md\n```", {"docs/a.md": "title: x"})


def test_several_problems_at_once() -> None:
    with pytest.raises(Problems) as caught:
        read("``` yaml\ntitle: [x]\nno-namespace-folders: 1\n```\n```yaml\n- x\n```")
    assert [problem.place for problem in caught.value.problems] == [
        *("docs/autorest.md:11", "docs/autorest.md:8", "docs/autorest.md:9"),
    ]


def test_keys_without_effect_are_noted_once_together() -> None:
    text = """
``` yaml
openapi-type: data-plane
modelerfour:
  lenient-model-deduplication: true
python:
  azure-arm: true
  black: true
low-level-client: false
any-other-key: 1
swagger-to-sdk: $(someone)
someone: x
```
``` yaml
openapi-type: arm
```
"""
    (note,) = noted(text)
    assert note.startswith(
        "keys without effect on builders: any-other-key, azure-arm, black, low-level-client,"
    )
    assert note.endswith(" modelerfour, openapi-type, swagger-to-sdk / ")


def test_a_key_that_is_almost_one_that_is_read_is_noted_by_itself() -> None:
    assert noted("``` yaml\ntitel: x\n```") == ["titel is not a known key / did you mean title?"]


@pytest.mark.parametrize(
    ("guard", "title"),
    [
        ("$(tag) == 'a' /* autogenerated */", "One"),
        ("/* before */ $(tag) == 'a'", "One"),
        ("($(tag) == 'a')", "One"),
        ("($(tag) == 'b' || $(tag) == 'a') && $(python)", "One"),
        ("$(tag) == 'a' & $(python)", "One"),
        ("$(tag)=='b' | !$(csharp)", "One"),
        ("!($(tag) == 'a')", None),
    ],
)
def test_conditions_as_configurations_have_them(guard: str, title: str | None) -> None:
    assert one(f"``` yaml {guard}\ntitle: One\n```", tag="a").title == title


@pytest.mark.parametrize("guard", ["$(a) ~ 1", "$(python) && $(track2", "isRequested('x')"])
def test_a_block_whose_condition_is_not_understood_is_passed_over(guard: str) -> None:
    (note,) = noted(f"``` yaml {guard}\nnamespace: mine\n```")
    assert note.startswith(f"the condition {guard!r} is not supported, so its block has no effect: ")
    assert "write it as in" in note


def test_a_required_file_that_is_not_there_is_passed_over() -> None:
    assert noted("``` yaml\nrequire: no.md\n```") == [
        "docs/no.md is required, but is not there, so it is skipped / correct the path"
    ]
    assert noted("``` yaml\ntry-require: no.md\n```") == []


def test_a_required_address_is_passed_over_with_the_command_that_fetches_it() -> None:
    address = "https://github.com/Azure/specs/blob/main/x/readme.md"
    (note,) = noted(f"``` yaml\nrequire: {address}\n```")
    assert note.startswith(f"{address} is required, but is not on this machine, so it is skipped / ")
    raw = "https://raw.githubusercontent.com/Azure/specs/main/x/readme.md"
    assert note.endswith(f" / fetch it: curl -LO {raw}, and require the file")


def test_the_readme_for_python_is_read_too_and_only_that() -> None:
    files = {"docs/readme.python.md": "``` yaml $(python)\ntitle: Python's\n```", "docs/readme.go.md": "no"}
    assert one("", files).title == "Python's"


def test_paths_as_they_are_written_on_windows() -> None:
    config = one("``` yaml\ninput-file: ..\\specs\\a.json\n```")
    assert config.inputs[-1] == Path("specs/a.json")


def test_a_tag_that_selects_no_document_is_answered_with_those_that_do() -> None:
    text = "``` yaml\ninput-file: x.json\n```".replace("yaml", "yaml $(tag) == 'package-1'")
    with pytest.raises(Problems, match="pass --tag with one of package-1, or --input-file"):
        read_config(
            Path("a.md"),
            {"namespace": "a", "output-folder": "o"},
            lambda path: text if path.name == "a.md" else str(path.open()),
            Notes(),
        )
