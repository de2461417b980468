// The parts of the page, put together.

import { OwnClients } from "./clients.js";
import { byId, show } from "./dom.js";
import { follow } from "./feed.js";
import { Roster } from "./roster.js";
import { ServerSend } from "./send.js";
import { Traffic } from "./traffic.js";

const traffic = new Traffic();
const server = new ServerSend();
const clients = new OwnClients();
const roster = new Roster({
  send(kind, name, hub) {
    view("server");
    server.to(kind, name, hub);
  },
  filter(text, hub) {
    view("traffic");
    traffic.only(text, hub);
  },
});

follow({
  batch({ hello, roster: changes, entries, skipped }) {
    if (hello) {
      roster.reset();
      clients.offer(hello.subprotocols);
      show(byId("endpoint"), hello.endpoint);
    }
    if (changes) roster.update(changes);
    if (entries) traffic.add(entries, skipped);
  },
  state(name, text) {
    byId("status").dataset.state = name;
    show(byId("status"), text);
  },
});

/** Brings a panel forward, where there is room for one only. */
function view(name) {
  document.body.dataset.view = name;
  if (name === "server" || name === "clients") document.body.dataset.side = name;
  for (const button of document.querySelectorAll(".views button")) {
    const { show: shown } = button.dataset;
    button.classList.toggle("side", shown === document.body.dataset.side);
    if (shown === name) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

for (const button of document.querySelectorAll(".views button")) {
  button.addEventListener("click", () => view(button.dataset.show));
}
view("traffic");

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    view("traffic");
    byId("search").focus();
  } else if (event.key === "p") {
    byId("pause").click();
  }
});
