// The keyboard shortcuts, and their list.

import { byId, element } from "./dom.js";

const KEYS = [
  ["?", "this list"],
  ["/", "filter the traffic"],
  ["p", "pause or resume the traffic"],
  ["1 to 5", "Live, Traffic, Server, Clients, Faults"],
  ["\u2191 \u2193 Home End", "choose a row of a list"],
  ["Enter", "open the chosen row"],
  ["Esc", "close the details"],
  ["Ctrl Enter", "send the form that you are in"],
];

/** Listens for keys outside of forms; `acts` has the action for each. */
export function listenToKeys(acts) {
  const dialog = byId("keys");
  byId("keys-list").replaceChildren(...KEYS.flatMap(([key, does]) => [element("dt", "mono", key), element("dd", "", does)]));
  byId("keys-open").addEventListener("click", () => dialog.showModal());
  byId("keys-close").addEventListener("click", () => dialog.close());
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = event.key === "?" ? () => dialog.showModal() : acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}
