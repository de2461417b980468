"""Every code block of README and documentation does what its page says."""

import ast
import re
from pathlib import Path

import pytest

from azure.messaging import webpubsubservice
from azure.messaging.webpubsubservice import rest
from tests.contract.facts import DEFAULT
from tests.samples.blocks import blocks, stray_output
from tests.samples.conftest import ROOT, Run

PAGES = sorted(
    path
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "samples" / "README.md",
        ROOT / "azure" / "messaging" / "webpubsubservice" / "USAGE.md",
        *(ROOT / "docs").rglob("*.md"),
    )
    if path.is_file() and "_build" not in path.parts
)
#: In the README's transcript, which the project was given as it is.
GIVEN = ">>> client = WebPubSubServiceClient(endpoint='<endpoint>', credential="
EXPECTED = Path(__file__).with_name("expected")
EXTRAS = {"aio", "applications", "command", "emulator"}
with_blocks = [page for page in PAGES if any(blocks(page))]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", with_blocks, ids=name)
def test_a_page_does_what_it_says(page: Path, run_python: Run, checkout: Path) -> None:
    done = run_python("-m", "tests.samples.run_page", page, cwd=checkout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_shows_output_only_after_what_prints_it(page: Path) -> None:
    assert stray_output(page) == []


@pytest.mark.parametrize("page", with_blocks, ids=name)
def test_blocks_fit_a_column(page: Path) -> None:
    shown = [block.code + (block.output or "") for block in blocks(page) if GIVEN not in block.code]
    lines = [line for code in shown for line in code.splitlines()]
    assert [line for line in lines if len(line) > 79] == []


def test_only_the_readme_shows_the_default_api_version() -> None:
    """A new one needs no other page, and no sample: CONTRIBUTING.md has the steps."""
    expected = {path.name: path.read_text(encoding="utf-8") for path in EXPECTED.glob("*.txt")}
    assert expected
    shown = {
        name(page): "".join(block.output or block.code for block in blocks(page)) for page in with_blocks
    }
    default = re.compile(rf"api[-_]version\W+{DEFAULT}")
    assert [name for name, text in (expected | shown).items() if default.search(text)] == ["README.md"]


def test_samples_fit_a_column() -> None:
    samples = [path for path in (ROOT / "samples").iterdir() if path.suffix in {".py", ".html", ".json"}]
    assert samples
    lines = [(path.name, line) for path in samples for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(name, line) for name, line in lines if len(line) > 79] == []


def test_the_reference_has_every_builder_and_item() -> None:
    page = (ROOT / "docs" / "reference" / "rest.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^.. auto\w+:: (\w+)$", page, re.MULTILINE)) == sorted(rest.__all__)


def test_the_page_for_assistants_names_every_builder() -> None:
    page = Path(webpubsubservice.__file__).with_name("USAGE.md").read_text(encoding="utf-8")
    gone = {"GroupMember", "build_user_exists_in_group_request"}  # which only 2020-10-01 has
    assert {name for name in rest.__all__ if name not in page} == gone


def test_the_index_for_assistants_names_what_there_is() -> None:
    docs = ROOT / "docs"
    index = (docs / "llms.txt").read_text(encoding="utf-8")
    names = [name for name in re.findall(r"\]\(([^)]+)\)", index) if name != "USAGE.md"]
    assert names
    sources = [docs / name.replace(".html", suffix) for name in names for suffix in (".md", ".rst")]
    assert sum(source.exists() for source in sources) == len(names)


def sessions() -> set[str]:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator).startswith("nox.session") for decorator in node.decorator_list)
    }


def test_commands_that_need_a_network_name_what_exists() -> None:
    """The shell blocks do not run these: they install from a package index."""
    shell = "\n".join(block.code for page in with_blocks for block in blocks(page) if block.language == "sh")
    named = {name for names in re.findall(r"nox -s ([\w ]+)", shell) for name in names.split()}
    assert named
    assert named <= sessions()
    extras = {
        name for names in re.findall(r"pip install \S*?\[([\w,]+)\]", shell) for name in names.split(",")
    }
    assert extras
    assert extras <= EXTRAS
