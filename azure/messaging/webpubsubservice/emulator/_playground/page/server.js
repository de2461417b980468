// Calls any operation of the data plane, as a server does, with a token from the emulator for each call.

import { copy, perform, prepare } from "./ask.js";
import { button, byId, element, option, show, submitByKey, tell, whenEdited } from "./dom.js";
import { Fields } from "./form.js";
import { jsonTree } from "./json-tree.js";
import { Programs } from "./programs.js";

const PREVIEW_DELAY = 150; // milliseconds after the last key

const FIRST = "WebPubSub_SendToAll";
const TOKEN = "WebPubSub_GenerateClientToken";
const GROUPS = '{"groups": ["blue"], "filter": "userId eq \'alice\'"}';

/** The headings of the list of operations, by the first word of a title. */
const HEADINGS = [
  ["Send", /^Send/], ["Close", /^Close/], ["Groups", /^(Add|Remove|List)/], ["Permissions", /permission/], ["Look up", /exists/], ["Others", /./],
];

export class Server {
  #form = byId("send");
  #operations = new Map();
  #path = new Fields(byId("send-path"), "path", { hub: "chat" });
  #query = new Fields(byId("send-query"), "query");
  #programs = new Programs(byId("send-programs"));
  #messages = {}; // the texts that were typed, by the kind of body
  #body = null;
  #timer = 0;
  #pending = null;

  constructor() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#form.elements.operation.addEventListener("change", () => this.#choose());
    whenEdited(this.#form, () => this.#changed());
    submitByKey(this.#form);
  }

  /** Offers the emulator's operations. */
  offer(operations) {
    if (this.#operations.size) return;
    this.#operations = new Map(operations.map((each) => [each.operation, each]));
    const rest = new Set(operations);
    for (const [heading, pattern] of HEADINGS) {
      const group = element("optgroup", "");
      group.label = heading;
      for (const each of rest) {
        if (!pattern.test(each.title)) continue;
        rest.delete(each);
        group.append(option(each.operation, each.title));
      }
      this.#form.elements.operation.append(group);
    }
    this.#form.elements.operation.value = FIRST;
    this.#choose();
  }

  /** Fills in the recipient. */
  to(kind, name, hub) {
    const parameter = { group: "group", user: "userId", connection: "connectionId" }[kind];
    this.#form.elements.operation.value = `WebPubSub_SendTo${kind[0].toUpperCase()}${kind.slice(1)}`;
    this.#choose();
    this.#path.fill({ hub, [parameter]: name });
    this.#changed();
    this.#form.elements.data.focus();
  }

  /** Fills in a whole call. */
  fill({ operation, path, query, dataType, data }) {
    const { elements } = this.#form;
    elements.operation.value = operation;
    this.#choose();
    this.#path.fill(path);
    this.#query.fill(query);
    byId("send-options").open = this.#query.used;
    if (this.#body) {
      elements.dataType.value = dataType;
      elements.data.value = data;
    }
    this.#changed();
    (this.#body ? elements.data : this.#form.querySelector("#send-path input") ?? elements.operation).focus();
  }

  #choose() {
    const { elements } = this.#form;
    const { path, query, body } = this.#operations.get(elements.operation.value);
    this.#path.offer(path);
    this.#query.offer(query);
    byId("send-options").hidden = query.length === 0;
    if (this.#body) this.#messages[this.#body] = elements.data.value;
    this.#body = body;
    byId("send-body").hidden = body === null;
    elements.dataType.closest("label").hidden = body !== "message";
    show(byId("send-data-label"), body === "groups" ? "Groups and filter" : "Message");
    if (body) elements.data.value = this.#messages[body] ?? (body === "groups" ? GROUPS : elements.data.defaultValue);
    byId("send-answer").hidden = true;
    tell(byId("send-result"), "");
    this.#changed();
  }

  get #said() {
    const { elements } = this.#form;
    return {
      operation: elements.operation.value,
      path: this.#path.values,
      query: this.#query.values,
      dataType: elements.dataType.value,
      data: elements.data.value,
    };
  }

  #changed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#preview(), PREVIEW_DELAY);
  }

  async #preview() {
    this.#pending?.abort();
    const { signal } = (this.#pending = new AbortController());
    if (this.#path.missing) {
      this.#programs.say("Fill in the fields above, and the program appears here.");
      return;
    }
    try {
      const { programs, error } = await prepare("programs", this.#said, signal);
      if (error) this.#programs.say(error);
      else this.#programs.show(programs);
    } catch (error) {
      if (!signal.aborted) this.#programs.say(error.message);
    }
  }

  async #send() {
    const said = this.#said;
    const result = byId("send-result");
    byId("send-answer").hidden = true;
    tell(result, "Sending");
    try {
      const { ok, said: words, text, programs } = await perform(said);
      clearTimeout(this.#timer);
      this.#programs.show(programs);
      tell(result, words, ok);
      if (ok && text) this.#showAnswer(said.operation, text);
    } catch (error) {
      tell(result, error.message, false);
    }
  }

  /** Shows the body of a response, unless it contains a token. */
  #showAnswer(operation, text) {
    byId("send-answer").hidden = false;
    if (operation !== TOKEN) {
      byId("send-answer").replaceChildren(jsonTree(text, "Answer"));
      return;
    }
    const copyToken = button("Copy the token", "", () => copy(copyToken, JSON.parse(text).token));
    byId("send-answer").replaceChildren(copyToken);
  }
}
