// What happened: the newest entries, the filter over them, and the panel that shows them.

import { byId, bytes, bytesOf, count, element, laidOut, perFrame, prepare, show, whenEdited } from "./dom.js";
import { readable } from "./subprotocols.js";
import { VirtualList } from "./virtual-list.js";

const KEPT = 5000; // entries, of which the oldest go in portions
const PORTION = 500;
const HELD = 2000; // entries that wait while the list is paused

const KINDS = {
  request: { label: "REST", filter: "rest" },
  in: { label: "in", filter: "in" },
  out: { label: "out", filter: "out" },
  open: { label: "open", filter: "life" },
  close: { label: "close", filter: "life" },
  refused: { label: "refused", filter: "life" },
  gap: { label: "skipped", filter: null },
};

export class Traffic {
  #entries = [];
  #shown = [];
  #held = [];
  #lost = 0;
  #paused = false;
  #list;
  #draw = perFrame(() => this.#render());
  #gone = 0;

  constructor() {
    this.#list = new VirtualList(byId("traffic-list"), { row, opened: (entry) => this.#open(entry), follow: true });
    this.#list.onFollow = (following) => {
      byId("newest").hidden = following;
    };
    byId("newest").addEventListener("click", () => this.#list.toEnd());
    for (const control of [byId("search"), byId("traffic-hub"), byId("errors"), ...kindBoxes()]) {
      whenEdited(control, () => this.#filter());
    }
    byId("pause").addEventListener("click", () => this.pause(!this.#paused));
    byId("clear").addEventListener("click", () => this.#clear());
    byId("details-close").addEventListener("click", () => this.#close());
    byId("traffic").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !byId("details").hidden) this.#close();
    });
    this.#draw();
  }

  /** Takes in entries; `skipped` were dropped before them, because the page did not keep up. */
  add(entries, skipped) {
    if (skipped) this.#append({ kind: "gap", count: skipped, time: entries[0].time });
    for (const entry of entries) {
      readFrame(entry);
      this.#append(entry);
    }
    this.#trim();
    this.#draw();
  }

  /** Leaves only what has this text, in a hub. */
  only(text, hub) {
    byId("search").value = text;
    byId("traffic-hub").value = hub;
    this.#filter();
  }

  /** Stops the list, or lets it go on with what came meanwhile. */
  pause(paused) {
    this.#paused = paused;
    byId("pause").setAttribute("aria-pressed", paused);
    show(byId("pause"), paused ? "Resume" : "Pause");
    if (!paused) {
      const held = this.#held;
      const lost = this.#lost;
      this.#held = [];
      this.#lost = 0;
      if (lost) this.#append({ kind: "gap", count: lost, time: held[0].time });
      for (const entry of held) this.#append(entry);
      this.#trim();
    }
    this.#draw();
  }

  #append(entry) {
    if (this.#paused) {
      this.#held.push(entry);
      if (this.#held.length > HELD + PORTION) {
        for (const dropped of this.#held.splice(0, PORTION)) this.#lost += dropped.kind === "gap" ? dropped.count : 1;
      }
      return;
    }
    this.#entries.push(entry);
    if (this.#accepts(entry)) this.#shown.push(entry);
  }

  #trim() {
    if (this.#entries.length <= KEPT + PORTION) return;
    const dropped = new Set(this.#entries.splice(0, this.#entries.length - KEPT));
    const before = this.#shown.length;
    this.#shown = this.#shown.filter((entry) => !dropped.has(entry));
    this.#gone += before - this.#shown.length;
  }

  #clear() {
    this.#entries = [];
    this.#shown = [];
    this.#held = [];
    this.#lost = 0;
    this.#close();
    this.#draw();
  }

  #filter() {
    this.#accepts = filterOf();
    this.#shown = this.#entries.filter((entry) => this.#accepts(entry));
    this.#list.toEnd();
    this.#draw();
  }

  #accepts = filterOf();

  #render() {
    this.#list.show(this.#shown, this.#gone);
    this.#gone = 0;
    const all = this.#entries.length;
    const some = this.#shown.length;
    byId("traffic-empty").hidden = some > 0;
    show(
      byId("traffic-empty"),
      all > 0
        ? "Nothing passes the filter."
        : `Nothing has happened since this page was opened. Send a message, connect a client, or point your program at ${location.origin}.`,
    );
    const waiting = this.#held.length + this.#lost;
    const text = some === all ? all.toLocaleString("en") : `${some.toLocaleString("en")} of ${all.toLocaleString("en")}`;
    show(byId("traffic-count"), this.#paused ? `${text}, paused: ${waiting.toLocaleString("en")} new` : text);
  }

  #open(entry) {
    show(byId("details-title"), `${KINDS[entry.kind].label}, ${clock(entry.time)}`);
    const facts = element("dl", "facts");
    for (const [name, value] of factsOf(entry)) {
      facts.append(element("dt", "", name), element("dd", "mono wrap", value));
    }
    const payload = element("pre", "", payloadOf(entry));
    payload.tabIndex = 0;
    const program = element("div", "code");
    byId("details-body").replaceChildren(facts, ...(entry.size ? [payload] : []), program);
    byId("details").hidden = false;
    showPython(entry, program);
  }

  #close() {
    byId("details").hidden = true;
    this.#list.active = null;
    byId("traffic-list").focus();
  }
}

const kindBoxes = () => [...document.querySelectorAll("#traffic [name=kind]")];

function filterOf() {
  const text = byId("search").value.trim().toLowerCase();
  const hub = byId("traffic-hub").value;
  const kinds = new Set(kindBoxes().filter((box) => box.checked).map((box) => box.value));
  const errors = byId("errors").checked;
  return (entry) => {
    if (entry.kind === "gap") return true;
    if (!kinds.has(KINDS[entry.kind].filter)) return false;
    if (errors && !isError(entry)) return false;
    if (hub && hubOf(entry) !== hub) return false;
    return !text || searchable(entry).includes(text);
  };
}

/** Gives a frame of a subprotocol in binary, if it is all there, a text in place of its bytes. */
function readFrame(entry) {
  if (entry.base64 === undefined || !entry.protocol) return;
  const frame = bytesOf(entry.base64);
  if (frame.length < entry.size) return;
  entry.text = readable(frame, entry.protocol);
}

function searchable(entry) {
  entry.searchable ??= [
    entry.method, decoded(entry.path), entry.status, entry.reason, entry.hub, entry.user, entry.fromUser, entry.group,
    ...(entry.connections ?? []), ...(entry.query ?? []).flat(), entry.text,
  ].filter((part) => part !== undefined && part !== null).join("\n").toLowerCase();
  return entry.searchable;
}

const isError = (entry) => entry.status >= 400 || entry.failed === true;

function hubOf(entry) {
  if (entry.hub !== undefined) return entry.hub;
  const [, hub] = /\/hubs\/([^/]+)/.exec(entry.path ?? "") ?? [];
  return hub === undefined ? "" : decoded(hub).toLowerCase();
}

function decoded(path) {
  try {
    return path === undefined ? undefined : decodeURIComponent(path);
  } catch {
    return path;
  }
}

function row(entry) {
  const { label } = KINDS[entry.kind];
  return element(
    "div",
    isError(entry) ? "entry error" : "entry",
    element("span", "time mono", clock(entry.time)),
    element("span", `kind ${entry.kind}`, label),
    ...(entry.path === undefined ? [element("span", "who", whoOf(entry))] : []), // a path says the hub itself
    element("span", entry.path === undefined ? "what mono" : "what mono whole", whatOf(entry)),
    element("span", "meta mono", metaOf(entry)),
  );
}

function clock(seconds) {
  const date = new Date(seconds * 1000);
  const two = (number) => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

function whoOf(entry) {
  if (entry.kind === "gap") return "";
  const { hub, user, connections, recipients } = entry;
  if (recipients === 0) return `${hub} / nobody`;
  return `${hub} / ${connections.length === 1 ? user ?? connections[0].slice(0, 8) : count(recipients, "client")}`;
}

function whatOf(entry) {
  switch (entry.kind) {
    case "request":
      return `${entry.method} ${entry.path}${entry.reason ? `  ${entry.reason}` : ""}`;
    case "refused":
      return `${entry.path}  ${entry.reason}`;
    case "open":
      return entry.protocol ?? "simple client";
    case "close":
      return entry.reason || "closed";
    case "gap":
      return `${count(entry.count, "entry").replace("entrys", "entries")} skipped: too many to show`;
    default: {
      const group = entry.group ? `[${entry.group}] ` : "";
      return group + (entry.text === undefined ? `base64 ${entry.base64.slice(0, 200)}` : entry.text.slice(0, 300));
    }
  }
}

function metaOf(entry) {
  if (entry.kind === "request") return `${entry.status}  ${duration(entry.milliseconds)}`;
  if (entry.kind === "refused") return String(entry.status);
  return entry.size === undefined ? "" : bytes(entry.size);
}

const duration = (milliseconds) => (milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`);

function* factsOf(entry) {
  const { recipients, connections } = entry;
  if (entry.kind === "request") {
    yield ["Request", `${entry.method} ${entry.path}`];
    for (const [name, value] of entry.query) yield [name, value];
    yield ["Operation", entry.operation ?? "none"];
    yield ["Answer", `${entry.status} in ${entry.milliseconds} ms`];
    if (entry.contentType) yield ["Content-Type", entry.contentType];
  }
  if (entry.kind === "refused") yield ["Answer", `${entry.status} to ${entry.path}`];
  if (entry.reason) yield ["Reason", entry.reason];
  if (entry.hub !== undefined) yield ["Hub", entry.hub];
  if (connections?.length) {
    const more = recipients > connections.length ? `\nand ${recipients - connections.length} more` : "";
    yield [connections.length === 1 ? "Connection" : "Connections", connections.join("\n") + more];
  }
  if (recipients === 0) yield ["Clients", "none: nobody matched"];
  if (entry.user !== null && entry.user !== undefined) yield ["User", entry.user];
  if (entry.protocol !== undefined) yield ["Subprotocol", entry.protocol ?? "none"];
  if (entry.group) yield ["Group", entry.group];
  if (entry.fromUser) yield ["From user", entry.fromUser];
  if (entry.dataType) yield ["Data type", entry.dataType];
  if (entry.size !== undefined) yield ["Size", bytes(entry.size)];
}

/** Shows the Python of a send that somebody else may have made, if all of it is known. */
async function showPython(entry, where) {
  const form = sendOf(entry);
  const { python } = form === null ? {} : await prepare("python", form);
  if (!python) return;
  const program = element("pre", "program", python);
  program.tabIndex = 0;
  program.setAttribute("aria-label", "The same in Python");
  where.append(element("h3", "", "The same in Python"), program);
}

function sendOf({ kind, path, query, contentType, text, base64, size }) {
  const parts = /^\/api\/hubs\/([^/]+)(?:\/(group|user|connection)s\/([^/]+))?\/:send$/.exec(path ?? "");
  const whole = new TextEncoder().encode(text ?? "").length === size || (base64 !== undefined && bytesOf(base64).length === size);
  if (kind !== "request" || parts === null || !whole) return null;
  const given = (wanted) => query.filter(([name]) => name === wanted).map(([, value]) => value);
  const [seconds] = given("messageTtlSeconds");
  return {
    hub: decoded(parts[1]),
    to: parts[2] ?? "all",
    name: decoded(parts[3]),
    dataType: { "application/json": "json", "text/plain": "text" }[contentType?.split(";")[0]] ?? "binary",
    data: text ?? base64,
    filter: given("filter")[0],
    excluded: given("excluded"),
    messageTtlSeconds: seconds === undefined ? null : Number(seconds),
  };
}

function payloadOf(entry) {
  if (entry.text === undefined) return entry.base64 ?? "";
  const cut = entry.base64 === undefined && new TextEncoder().encode(entry.text).length < entry.size;
  return cut ? `${entry.text}\n… (the beginning of ${bytes(entry.size)})` : laidOut(entry.text);
}
