"""The literate configuration, as AutoRest reads it."""

from pathlib import Path
from typing import Any

import pytest

from openapi_request_builders.config.read import Config, read_config
from openapi_request_builders.problems import Problems

BASE = """
``` yaml
input-file: spec.json
namespace: my.service
output-folder: out
```
"""


def read(text: str = "", files: dict[str, str] | None = None, **arguments: Any) -> tuple[Config, ...]:
    """Read a configuration that stands in a folder called docs."""
    texts = {Path("docs/autorest.md"): BASE + text}
    texts.update({Path(name): content for name, content in (files or {}).items()})

    def open_file(path: Path) -> str:
        if path not in texts:
            raise FileNotFoundError
        return texts[path]

    named = {name.replace("_", "-"): value for name, value in arguments.items()}
    return read_config(Path("docs/autorest.md"), named, open_file)


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
        ("``` yaml\ntitel: x\n```", 8, "titel is not a key that is read", "did you mean title?"),
        (
            "``` yaml\ncredential-scopes: x\n```",
            8,
            "credential-scopes is not a key",
            "it is about the client",
        ),
        ("``` yaml\ntitle: $(title)\n```", 8, "$(title) refers to itself", "break the circle"),
        ("``` yaml\ntitle: [a\n```", 9, "the block is not YAML: ", "correct the syntax"),
        ("``` yaml\n- a\n```", 7, "the block is not a mapping", "write `key: value`"),
        ("``` yaml\nno-namespace-folders: 1\n```", 8, "no-namespace-folders is 1", "true or false"),
        ("``` yaml\ntitle: [a]\n```", 8, "title is ['a']", "write one text"),
        ("``` yaml\ntitle: $(who)\n```", 8, "$(who) has no value", "--who=..."),
        ("``` yaml $(a) ~ 1\ntitle: x\n```", 7, "the condition '$(a) ~ 1' is not", "write it as in"),
        ("``` yaml\nrequire: no.md\n```", 8, "docs/no.md cannot be read", "correct the path"),
        ("``` yaml\nrequire: autorest.md\n```", 8, "docs/autorest.md requires itself", "break the circle"),
        ("``` yaml\nrequire: https://x/y.md\n```", 8, "is not on this machine", "download it"),
        ("``` yaml\nlow-level-client: false\n```", 8, "low-level-client is false", "remove it"),
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
        read("``` yaml\ntitel: x\nno-namespace-folders: 1\n```\n```yaml $(\n```")
    assert [problem.place for problem in caught.value.problems] == [
        *("docs/autorest.md:11", "docs/autorest.md:8", "docs/autorest.md:9"),
    ]
