// The connections, groups and users that the emulator lists, and the panel that shows them.

import { perform } from "./ask.js";
import { byId, element, offer, option, perFrame, show, tell } from "./dom.js";
import { count } from "./format.js";
import { VirtualList } from "./virtual-list.js";

const PROTOCOLS = new Map([[null, "simple"]]);
const protocolName = (name) => PROTOCOLS.get(name) ?? name.replace(".webpubsub.azure.v1", "");

const CLOSE = {
  connection: "WebPubSub_CloseConnection",
  group: "WebPubSub_CloseGroupConnections",
  user: "WebPubSub_CloseUserConnections",
};

/** Actions with a group, by the kind of the selection: an operation, perhaps with a permission, and a text. */
const ACTS = {
  connection: [
    ["WebPubSub_AddConnectionToGroup", "add to a group"],
    ["WebPubSub_RemoveConnectionFromGroup", "remove from a group"],
    ["WebPubSub_GrantPermission sendToGroup", "let it send to a group"],
    ["WebPubSub_GrantPermission joinLeaveGroup", "let it join and leave a group"],
    ["WebPubSub_RevokePermission sendToGroup", "no longer let it send to a group"],
    ["WebPubSub_RevokePermission joinLeaveGroup", "no longer let it join and leave a group"],
  ],
  user: [
    ["WebPubSub_AddUserToGroup", "add to a group"],
    ["WebPubSub_RemoveUserFromGroup", "remove from a group"],
  ],
  group: [],
};

export class Roster {
  #hubs = [];
  #connections = new Map();
  #views = { connections: [], groups: [], users: [] };
  #tab = "connections";
  #list;
  #draw = perFrame(() => this.#render());
  #actions;

  /** @param actions `send(kind, name, hub)` and `about(kind, name, hub)`, for the selection */
  constructor(actions) {
    this.#actions = actions;
    this.#list = new VirtualList(byId("live-list"), {
      row: (item) => element("div", item.detached ? "who detached" : "who", ...item.cells()),
      opened: (item) => this.#pick(item),
    });
    byId("live-hub").addEventListener("change", this.#draw);
    this.#listenToTabs();
    byId("live-send").addEventListener("click", () => {
      const { kind, name, hub } = this.#list.active;
      this.#actions.send(kind, name, hub);
    });
    byId("live-filter").addEventListener("click", () => {
      const { kind, name, hub } = this.#list.active;
      this.#actions.about(kind, name, hub);
    });
    byId("live-close").addEventListener("click", () => this.#perform(CLOSE[this.#list.active.kind]));
    byId("live-act").addEventListener("submit", (event) => {
      event.preventDefault();
      const { act, group } = event.target.elements;
      this.#perform(act.value, group.value);
    });
  }

  /** Forgets everything, because the emulator sends everything again. */
  reset() {
    this.#hubs = [];
    this.#connections.clear();
    this.#draw();
  }

  /** Applies changes from the emulator. */
  update({ hubs, put, gone }) {
    this.#hubs = hubs;
    for (const id of gone) this.#connections.delete(id);
    for (const [id, hub, user, protocol, phase, groups, groupCount] of put) {
      this.#connections.set(id, connectionItem({ id, hub, user, protocol, phase, groups, groupCount }));
    }
    this.#draw();
  }

  #listenToTabs() {
    const tabs = [...document.querySelectorAll("#live [role=tab]")];
    const choose = (tab) => {
      for (const each of tabs) {
        each.setAttribute("aria-selected", each === tab);
        each.tabIndex = each === tab ? 0 : -1;
      }
      this.#tab = tab.id.replace("tab-", "");
      byId("live-list").setAttribute("aria-label", tab.lastChild.textContent.trim());
      byId("live-panel").setAttribute("aria-labelledby", tab.id);
      this.#pick(null);
      this.#draw();
    };
    for (const [index, tab] of tabs.entries()) {
      tab.addEventListener("click", () => choose(tab));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step === undefined) return;
        const next = tabs[(index + step + tabs.length) % tabs.length];
        next.focus();
        choose(next);
      });
    }
  }

  #render() {
    const hub = byId("live-hub").value;
    const hubs = this.#hubs.filter(([name]) => !hub || name === hub);
    const total = (column) => hubs.reduce((sum, row) => sum + row[column], 0);
    const connections = [...this.#connections.values()].filter((item) => !hub || item.hub === hub);
    const names = this.#hubs.map(([name]) => name);
    const all = element("option", "", "All hubs");
    all.value = "";
    offer(byId("live-hub"), names, all);
    offer(byId("traffic-hub"), names, all.cloneNode(true));
    offer(byId("hubs"), names);
    this.#views = { connections, ...summaries(connections) };
    offer(byId("groups"), [...new Set(this.#views.groups.map((item) => item.name))]);
    offer(byId("users"), [...new Set(this.#views.users.map((item) => item.name))]);
    offer(byId("connections"), connections.slice(0, 100).map((item) => item.name));
    for (const [column, name] of [[1, "connections"], [2, "groups"], [3, "users"]]) {
      show(byId(`tab-${name}`).querySelector("span"), total(column).toLocaleString("en"));
    }
    show(byId("totals"), `${count(this.#hubs.length, "hub")}, ${count(this.#hubs.reduce((sum, row) => sum + row[1], 0), "connection")}`);
    const shown = this.#views[this.#tab];
    this.#list.show(shown);
    byId("live-empty").hidden = connections.length > 0;
    const hidden = total(1) - connections.length;
    byId("live-more").hidden = hidden <= 0;
    show(byId("live-more"), `${count(hidden, "more connection")} not listed and not counted in the rows above.`);
    const active = this.#list.active;
    if (active !== null) {
      const current = shown.find((item) => item.key === active.key) ?? null;
      if (current !== active) this.#pick(current);
    }
  }

  #pick(item) {
    if (this.#list.active !== item) this.#list.active = item;
    byId("live-picked").hidden = item === null;
    if (item === null) return;
    show(byId("live-picked-text"), item.text);
    const acts = ACTS[item.kind];
    byId("live-act").hidden = acts.length === 0;
    const { act } = byId("live-act").elements;
    if (act.dataset.kind !== item.kind) {
      act.dataset.kind = item.kind;
      act.replaceChildren(...acts.map(([value, text]) => option(value, text)));
      tell(byId("live-result"), "");
    }
  }

  async #perform(act, group) {
    const { kind, name, hub } = this.#list.active;
    const [operation, permission] = act.split(" ");
    const parameter = { connection: "connectionId", group: "group", user: "userId" }[kind];
    const form = { operation, path: { hub, group, permission, [parameter]: name }, query: permission ? { targetName: group } : {} };
    try {
      const { ok, said } = await perform(form);
      tell(byId("live-result"), said, ok);
    } catch (error) {
      tell(byId("live-result"), error.message, false);
    }
  }
}

function connectionItem({ id, hub, user, protocol, phase, groups, groupCount }) {
  const detached = phase !== "open";
  const more = groupCount > groups.length ? ` and ${groupCount - groups.length} more` : "";
  const inGroups = groupCount ? `in ${groups.join(", ")}${more}` : "in no group";
  return {
    key: id,
    kind: "connection",
    name: id,
    hub,
    user,
    groups,
    detached,
    text: `${id}\n${user === null ? "anonymous" : `user ${user}`}, hub ${hub}, ${protocolName(protocol)}\n${inGroups}${detached ? "\nlost its socket; may come back" : ""}`,
    cells: () => [
      element("span", user === null ? "name muted" : "name", user ?? "anonymous"),
      element("span", "mono muted short", id.slice(0, 8)),
      element("span", "tag", detached ? "lost" : protocolName(protocol)),
    ],
  };
}

/** Groups and users of connections, by name, with how many connections each has. */
function summaries(connections) {
  const groups = new Map();
  const users = new Map();
  const add = (index, kind, name, hub) => {
    const key = JSON.stringify([kind, hub, name]);
    const item = index.get(key) ?? { key, kind, name, hub, size: 0 };
    item.size += 1;
    index.set(key, item);
  };
  for (const { hub, user, groups: names } of connections) {
    for (const name of names) add(groups, "group", name, hub);
    if (user !== null) add(users, "user", user, hub);
  }
  const sorted = (index) => [...index.values()].sort((one, other) => (one.name < other.name ? -1 : 1)).map(summaryItem);
  return { groups: sorted(groups), users: sorted(users) };
}

const summaryItem = (item) => ({
  ...item,
  text: `${item.kind} ${item.name}\nhub ${item.hub}, ${count(item.size, "connection")}`,
  cells: () => [
    element("span", "name", item.name),
    element("span", "muted short", item.hub),
    element("span", "tag", item.size),
  ],
});
