// JSON as a tree whose branches can be folded. Numbers keep the digits with which they were written.

import { element } from "./dom.js";

const OPEN_DEPTH = 4; // levels that are open at first
const FOLDED_LENGTH = 60; // a branch with more entries is folded at first

/** An element that shows a text: a tree if it is JSON with structure, and otherwise the text. */
export function jsonTree(text, label) {
  const value = parsed(text);
  const shown = value === undefined ? element("pre", "payload", text) : element("div", "tree mono payload", node(value, null, 0, true));
  shown.tabIndex = 0;
  shown.setAttribute("role", "group");
  shown.setAttribute("aria-label", label);
  return shown;
}

function parsed(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text, (_name, value, context) =>
      typeof value === "number" && context?.source !== undefined ? new Digits(context.source) : value);
  } catch {
    return undefined;
  }
}

class Digits {
  constructor(source) {
    this.source = source;
  }
}

function node(value, name, depth, last) {
  const key = name === null ? [] : [element("span", "json-name", JSON.stringify(name)), ": "];
  const comma = last ? "" : ",";
  if (typeof value !== "object" || value === null || value instanceof Digits) {
    return element("div", "leaf", ...key, scalar(value), comma);
  }
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const entries = Object.entries(value);
  if (entries.length === 0) return element("div", "leaf", ...key, open + close + comma);
  const branch = element(
    "details",
    "branch",
    element("summary", "", ...key, open, element("span", "folded", ` ${entries.length} … ${close}${comma}`)),
    element("div", "inside", ...entries.map(([each, inner], index) =>
      node(inner, Array.isArray(value) ? null : each, depth + 1, index === entries.length - 1))),
    element("div", "leaf", close + comma),
  );
  branch.open = depth < OPEN_DEPTH && entries.length <= FOLDED_LENGTH;
  return branch;
}

function scalar(value) {
  if (value instanceof Digits) return element("span", "json-number", value.source);
  if (typeof value === "string") return element("span", "json-text", JSON.stringify(value));
  return element("span", "json-word", String(value));
}
