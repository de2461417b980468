// Fields for an operation's parameters. Values that were typed are kept when another operation is chosen.

import { element, option } from "./dom.js";
import { lines } from "./format.js";

const LABELS = {
  hub: "Hub",
  group: "Group",
  connectionId: "Connection id",
  userId: "User id",
  permission: "Permission",
  filter: "Filter (OData)",
  excluded: "Without these connections, one per line",
  messageTtlSeconds: "Time to live, in seconds",
  reason: "Reason",
  targetName: "Group that the permission is for",
  maxpagesize: "Connections on a page",
  top: "Connections in all",
  continuationToken: "Continuation token",
  role: "Roles, one per line",
  minutesToExpire: "Valid for, in minutes",
  clientType: "Client type",
};
const IN_QUERY = { group: "Groups, one per line", userId: "User id" };
const HINTS = { filter: "userId ne 'alice'", role: "webpubsub.sendToGroup", messageTtlSeconds: "no limit" };
const LISTS = { hub: "hubs", group: "groups", userId: "users", connectionId: "connections", targetName: "groups" };

export class Fields {
  #host;
  #part;
  #values;
  #parameters = [];

  /**
   * @param host the element for the fields
   * @param part "path" or "query": the prefix of the names of the controls
   * @param values the first values of the fields, by name
   */
  constructor(host, part, values = {}) {
    this.#host = host;
    this.#part = part;
    this.#values = new Map(Object.entries(values));
  }

  /** Shows the fields of these parameters. */
  offer(parameters) {
    this.#keep();
    this.#parameters = parameters;
    this.#host.replaceChildren(...parameters.map((parameter) => this.#field(parameter)));
  }

  /** Fills in values by name, and empties the others. */
  fill(values) {
    for (const { name } of this.#parameters) this.#control(name).value = asText(values[name]) ?? "";
    for (const [name, value] of Object.entries(values)) this.#values.set(name, asText(value));
    for (const { name, kind } of this.#parameters) {
      if (kind === "choice" && this.#control(name).selectedIndex === -1) this.#control(name).selectedIndex = 0;
    }
  }

  /** Whether any field has a value. */
  get used() {
    return this.#parameters.some(({ name }) => this.#control(name).value !== "");
  }

  /** The first required field that is empty. */
  get missing() {
    return this.#parameters.find(({ name }) => this.#control(name).required && !this.#control(name).value) ?? null;
  }

  /** The values by name, as the emulator reads them. */
  get values() {
    return Object.fromEntries(this.#parameters.map(({ name, kind }) => [name, typed(kind, this.#control(name).value)]));
  }

  #control(name) {
    return this.#host.querySelector(`[name="${this.#part}.${name}"]`);
  }

  #keep() {
    for (const { name } of this.#parameters) this.#values.set(name, this.#control(name).value);
  }

  #field(parameter) {
    const { name, kind } = parameter;
    const control = controlFor(parameter, this.#part === "path");
    control.name = `${this.#part}.${name}`;
    control.required = this.#part === "path";
    const value = this.#values.get(name);
    if (value && (kind !== "choice" || [...control.options].some((each) => each.value === value))) control.value = value;
    if (kind !== "choice") control.placeholder = (this.#part === "query" && HINTS[name]) || "";
    if (control instanceof HTMLInputElement && LISTS[name]) control.setAttribute("list", LISTS[name]);
    const label = (this.#part === "query" && IN_QUERY[name]) || LABELS[name] || name;
    return element("label", "", label, " ", control);
  }
}

function controlFor({ kind, choices, minimum, maximum }, required) {
  if (kind === "choice") return element("select", "", ...(required ? [] : [option("", "not set")]), ...choices.map((each) => option(each)));
  const control = element(kind === "list" ? "textarea" : "input", kind === "list" ? "mono" : "");
  if (kind === "list") control.rows = 2;
  if (kind === "integer") Object.assign(control, { type: "number", min: minimum ?? "", max: maximum ?? "" });
  control.spellcheck = false;
  return control;
}

const asText = (value) => (Array.isArray(value) ? value.join("\n") : value === undefined || value === null ? undefined : String(value));

function typed(kind, value) {
  if (kind === "list") return lines(value);
  if (kind === "integer") return value === "" ? null : Number(value);
  return value;
}
