"""axe-core, the accessibility checker, run in the page."""

import functools
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.browser.playground import Playground

#: What can be pointed at or have the focus.
_REACTIVE = "a, button, input, select, textarea, summary, label, .item, [tabindex]"

#: Everything that axe knows, except advice for whole sites: this is an application of one page.
_OPTIONS = {"resultTypes": ["violations"], "rules": {"region": {"enabled": True}}}
#: What a theme, or a pointer, can change.
_COLORS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}

_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, arguments[0]).then(
  ({ violations }) => done(violations.flatMap(({ id, nodes }) => nodes.map((node) => {
    const checks = [...node.any, ...node.all, ...node.none];
    return `${id}: ${node.target.join(" ")}: ${checks.map(({ message }) => message).join("; ")}`;
  }))),
  (error) => done([String(error)]),
);
"""


@functools.cache
def _source() -> str:
    """Return the script, from the package that ships it; its Python part is for another browser driver."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def findings(page: Playground, *, only_colors: bool = False) -> list[str]:
    """What axe finds in the page as it is."""
    if not page.script("return Boolean(window.axe)"):
        page.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": _source()})
    found: list[str] = page.driver.execute_async_script(_RUN, _COLORS if only_colors else _OPTIONS)
    return found


def findings_in_all_states(page: Playground, *, only_colors: bool = False) -> list[str]:
    """What axe finds in the page as it is, and when everything in it is pointed at and has the focus."""
    resting = findings(page, only_colors=only_colors)
    _force(page, ["hover", "focus", "focus-visible", "active"])
    try:
        excited = findings(page, only_colors=True)
    finally:
        page.driver.execute_cdp_cmd("CSS.disable", {})
        page.driver.execute_cdp_cmd("DOM.disable", {})
    return resting + [f"hover and focus: {finding}" for finding in excited]


def _force(page: Playground, states: list[str]) -> None:
    command = page.driver.execute_cdp_cmd
    command("DOM.enable", {})
    command("CSS.enable", {})
    root: Any = command("DOM.getDocument", {})["root"]["nodeId"]
    nodes: list[int] = command("DOM.querySelectorAll", {"nodeId": root, "selector": _REACTIVE})["nodeIds"]
    for node in nodes:
        command("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": states})
