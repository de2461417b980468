// The details of one entry: facts, payload, cause and effects, and actions for a request.

import { perform, prepare } from "./ask.js";
import { button, byId, element, show, tell } from "./dom.js";
import { KINDS, factsOf, payloadOf, whatOf } from "./entries.js";
import { timeOfDay } from "./format.js";
import { jsonTree } from "./json-tree.js";
import { Programs } from "./programs.js";

const LINKED = 20; // the most effects that are listed

export class Details {
  #entry = null;
  #log;
  #actions;

  /**
   * @param log finds entries: `cause(entry)`, `effects(entry)`
   * @param actions `open(entry)`, `edit(form)` and `closed()`
   */
  constructor(log, actions) {
    this.#log = log;
    this.#actions = actions;
    byId("details-close").addEventListener("click", () => {
      this.close();
      actions.closed();
    });
    byId("details-again").addEventListener("click", () => this.#withForm(async (form) => {
      const { ok, said } = await perform(form);
      return [said, ok];
    }));
    byId("details-edit").addEventListener("click", () => this.#withForm((form) => {
      actions.edit(form);
      return ["", null];
    }));
  }

  /** The entry that is shown, or null. */
  get entry() {
    return this.#entry;
  }

  open(entry) {
    this.#entry = entry;
    show(byId("details-title"), `${KINDS[entry.kind].label}, ${timeOfDay(entry.time)}`);
    const call = entry.kind === "request" && entry.operation !== null;
    byId("details-again").hidden = byId("details-edit").hidden = !call;
    const facts = element("dl", "facts");
    for (const [name, value] of factsOf(entry)) {
      facts.append(element("dt", "", name), element("dd", "mono wrap", value));
    }
    const result = element("output", "result");
    result.id = "details-result";
    const program = element("div", "code");
    byId("details-body").replaceChildren(result, facts, ...payloads(entry), ...this.#links(entry), program);
    byId("details").hidden = false;
    byId("details").scrollTop = 0;
    if (call) this.#showPrograms(entry, program);
  }

  /** Shows the entry again, because it has changed. */
  refresh() {
    const { scrollTop } = byId("details");
    const focused = byId("details-body").contains(document.activeElement);
    this.open(this.#entry);
    byId("details").scrollTop = scrollTop;
    if (focused) byId("details").focus();
  }

  close() {
    this.#entry = null;
    byId("details").hidden = true;
  }

  #links(entry) {
    const cause = this.#log.cause(entry);
    const effects = this.#log.effects(entry);
    const more = effects.length > LINKED ? [element("p", "note", `and ${effects.length - LINKED} more`)] : [];
    return [
      ...(cause ? [element("h3", "", "Because of"), this.#link(cause)] : []),
      ...(effects.length ? [element("h3", "", "Effects"), ...effects.slice(0, LINKED).map((effect) => this.#link(effect)), ...more] : []),
    ];
  }

  #link(entry) {
    const to = entry.kind === "out" ? ` to ${entry.recipients === 1 ? entry.user ?? entry.connections[0].slice(0, 8) : `${entry.recipients} clients`}` : "";
    return button(`${KINDS[entry.kind].label}${to}: ${whatOf(entry).slice(0, 120)}`, "link", () => this.#actions.open(entry));
  }

  async #showPrograms(entry, where) {
    try {
      const { form } = await prepare("form", { id: entry.id });
      const { programs } = await prepare("programs", form);
      if (programs && this.#entry === entry) new Programs(where).show(programs);
    } catch {
      // There is no program if the emulator no longer remembers the request, or if it could not be sent again.
    }
  }

  async #withForm(act) {
    const entry = this.#entry;
    const result = byId("details-result");
    try {
      const { form } = await prepare("form", { id: entry.id });
      tell(result, ...(await act(form)));
    } catch (error) {
      tell(result, error.message, false);
    }
  }
}

function payloads(entry) {
  if (entry.kind !== "event") return entry.size ? [jsonTree(payloadOf(entry), "Payload")] : [];
  const shown = [];
  if (entry.size) shown.push(element("h3", "", "Sent to the handler"), jsonTree(payloadOf(entry), "Request"));
  if (entry.answer) shown.push(element("h3", "", "The handler's answer"), jsonTree(entry.answer, "Answer"));
  return shown;
}
