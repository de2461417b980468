// Puts the parts of the page together.

import { copy, prepare } from "./ask.js";
import { OwnClients } from "./clients.js";
import { byId, show } from "./dom.js";
import { Faults } from "./faults.js";
import { follow } from "./feed.js";
import { listenToKeys } from "./keys.js";
import { keep, recall } from "./memory.js";
import { Plots } from "./plots.js";
import { Roster } from "./roster.js";
import { Server } from "./server.js";
import { Traffic } from "./traffic.js";

const VIEWS = ["live", "traffic", "server", "clients", "faults"];
const SIDES = ["server", "clients", "faults"]; // the panels that share a column

let emulator = null;
const server = new Server();
const clients = new OwnClients();
const faults = new Faults();
const plots = new Plots();
const traffic = new Traffic({
  about: (subject) => choose(subject),
  edit(form) {
    view("server");
    server.fill(form);
  },
});
const roster = new Roster({
  send(kind, name, hub) {
    view("server");
    server.to(kind, name, hub);
  },
  about(kind, name, hub) {
    view("traffic");
    traffic.about({ kind, name, hub });
  },
});

const choose = follow({
  subject: traffic.subject,
  batch({ hello, roster: changes, entries, skipped, fresh, changed, failures, rates, faults: present, clock }) {
    if (hello) greet(hello);
    if (changes) roster.update(changes);
    if (entries) traffic.add(entries, skipped, fresh);
    if (changed) traffic.change(changed);
    if (failures) traffic.fail(failures);
    if (rates) plots.add(rates);
    if (present) faults.update(present);
    if (clock) faults.time(clock);
  },
  state(name, text) {
    byId("status").dataset.state = name;
    show(byId("status"), text);
  },
});

function greet(hello) {
  roster.reset();
  if (emulator !== null && emulator !== hello.emulator) {
    traffic.reset();
    plots.clear();
  }
  emulator = hello.emulator;
  clients.offer(hello.subprotocols);
  server.offer(hello.operations);
  faults.offer(hello.operations);
  faults.allow(hello.control);
  show(byId("endpoint"), hello.endpoint);
}

/** Brings a panel to the front, in case there is room for only one. */
function view(name) {
  document.body.dataset.view = name;
  if (SIDES.includes(name)) document.body.dataset.side = name;
  keep("view", { view: name, side: document.body.dataset.side });
  markViews();
}

const wide = matchMedia("(min-width: 1200px)");

function markViews() {
  const { side, view: chosen } = document.body.dataset;
  for (const button of document.querySelectorAll(".views button")) {
    if (button.dataset.show === (wide.matches ? side : chosen)) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

wide.addEventListener("change", markViews);
for (const button of document.querySelectorAll(".views button")) {
  button.addEventListener("click", () => view(button.dataset.show));
}
const kept = recall("view", { view: "traffic", side: "server" });
document.body.dataset.side = kept.side;
view(kept.view);
clients.resume();

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  view("traffic");
  byId("traffic-list").focus();
});
byId("copy-connection-string").addEventListener("click", ({ currentTarget }) => {
  copy(currentTarget, prepare("connection-string", {}).then(({ connectionString }) => connectionString));
});

listenToKeys({
  "/"() {
    view("traffic");
    byId("search").focus();
  },
  p: () => byId("pause").click(),
  ...Object.fromEntries(VIEWS.map((name, index) => [index + 1, () => view(name)])),
});
