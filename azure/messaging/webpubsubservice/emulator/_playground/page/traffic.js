// The traffic: the list, its filter, and the details of an entry.

import { byId, perFrame, show, whenEdited } from "./dom.js";
import { Details } from "./details.js";
import { KINDS, hubOf, isError, row, searchable } from "./entries.js";
import { Log } from "./log.js";
import { keep, recall } from "./memory.js";
import { VirtualList } from "./virtual-list.js";

export class Traffic {
  #log = new Log();
  #shown = [];
  #gone = 0;
  #cleared = 0; // the newest entry at the time when the list was cleared
  #subject = recall("subject", null);
  #accepts;
  #list;
  #details;
  #actions;
  #draw = perFrame(() => this.#render());

  /** @param actions `about(subject)` chooses whose traffic the emulator sends, `edit(form)` fills in the form for a call */
  constructor(actions) {
    this.#actions = actions;
    this.#list = new VirtualList(byId("traffic-list"), { row, opened: (entry) => this.#details.open(entry), follow: true });
    this.#list.onFollow = (inSight) => {
      byId("newest").hidden = inSight;
    };
    this.#details = new Details(this.#log, {
      open: (entry) => this.#openHidden(entry),
      edit: (form) => actions.edit(form),
      closed: () => this.#afterDetails(),
    });
    this.#restore();
    this.#listen();
    this.#accepts = filterOf();
    this.#showSubject();
    this.#draw();
  }

  get subject() {
    return this.#subject;
  }

  /** Adds entries, after `skipped` dropped ones; if they are `fresh`, they replace all earlier ones. */
  add(entries, skipped, fresh) {
    if (fresh) this.#empty();
    const news = fresh ? entries.filter(({ id }) => id > this.#cleared) : entries;
    for (const entry of this.#log.add(news, skipped)) {
      if (this.#accepts(entry)) this.#shown.push(entry);
    }
    this.#trim();
    this.#draw();
  }

  /** Replaces what is known of entries: of calls that were on their way. */
  change(changed) {
    const found = this.#log.change(changed);
    if (found.some((entry) => this.#accepts(entry) !== this.#shown.includes(entry))) {
      this.#shown = this.#log.entries.filter(this.#accepts);
      this.#draw();
    }
    if (found.includes(this.#details.entry)) this.#details.refresh();
    if (found.length) this.#list.redraw();
  }

  /** Marks entries as failed. */
  fail(failures) {
    if (this.#log.fail(failures)) this.#list.redraw();
  }

  /** Shows only entries about a subject; null for everything. */
  about(subject) {
    this.#subject = subject;
    keep("subject", subject);
    this.#showSubject();
    this.#actions.about(subject);
  }

  /** Pauses the list, or resumes it with the entries that arrived meanwhile. */
  pause(paused) {
    byId("pause").setAttribute("aria-pressed", paused);
    if (paused) this.#log.pause();
    else this.#shown.push(...this.#log.resume().filter(this.#accepts));
    this.#trim();
    this.#draw();
  }

  /** Empties the list until the page is reloaded. */
  clear() {
    this.#cleared = this.#log.newest;
    this.#empty();
  }

  /** Forgets everything, because it is another emulator. */
  reset() {
    this.#cleared = 0;
    this.#empty();
  }

  #empty() {
    this.#log.clear();
    this.#shown = [];
    this.#closeDetails();
    this.#draw();
  }

  /** The entries in the list, as JSON Lines. */
  get lines() {
    return this.#shown.map(({ searchable: _, ...entry }) => `${JSON.stringify(entry)}\n`).join("");
  }

  #listen() {
    byId("newest").addEventListener("click", () => {
      this.#list.toEnd();
      byId("traffic-list").focus();
    });
    for (const control of controls()) whenEdited(control, () => this.#filter());
    byId("pause").addEventListener("click", () => this.pause(!this.#log.paused));
    byId("clear").addEventListener("click", () => this.clear());
    byId("export").addEventListener("click", () => this.#export());
    byId("about").addEventListener("click", () => {
      this.about(null);
      byId("search").focus();
    });
    byId("traffic").addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || byId("details").hidden) return;
      this.#details.close();
      this.#afterDetails();
    });
  }

  #restore() {
    const kept = recall("filter", {});
    byId("search").value = kept.text ?? "";
    if (kept.hub) byId("traffic-hub").append(new Option(kept.hub));
    byId("traffic-hub").value = kept.hub ?? "";
    byId("errors").checked = kept.errors ?? false;
    for (const box of kindBoxes()) box.checked = kept.kinds?.includes(box.value) ?? true;
  }

  #filter() {
    this.#accepts = filterOf();
    keep("filter", filterState());
    this.#shown = this.#log.entries.filter(this.#accepts);
    if (this.#details.entry && !this.#shown.includes(this.#details.entry)) this.#closeDetails();
    this.#list.toEnd();
    this.#draw();
  }

  #trim() {
    const dropped = this.#log.trim();
    if (dropped.size === 0) return;
    const before = this.#shown.length;
    this.#shown = this.#shown.filter((entry) => !dropped.has(entry));
    this.#gone += before - this.#shown.length;
    if (dropped.has(this.#details.entry)) this.#closeDetails();
  }

  /** Opens an entry that the filter may hide. */
  #openHidden(entry) {
    if (this.#shown.includes(entry)) this.#list.choose(entry);
    else this.#details.open(entry);
    byId("details").focus();
  }

  #closeDetails() {
    const focused = byId("details").contains(document.activeElement);
    this.#details.close();
    this.#list.active = null;
    if (focused) byId("traffic-list").focus();
  }

  #afterDetails() {
    this.#list.active = null;
    byId("traffic-list").focus();
  }

  #showSubject() {
    byId("about").hidden = this.#subject === null;
    if (this.#subject === null) return;
    const { kind, name, hub } = this.#subject;
    show(byId("about"), `Only ${kind} ${name.slice(0, 60)}${hub ? ` in ${hub}` : ""}: show all`);
  }

  #export() {
    const url = URL.createObjectURL(new Blob([this.lines], { type: "application/x-ndjson" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "traffic.jsonl";
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  #render() {
    this.#list.show(this.#shown, this.#gone);
    this.#gone = 0;
    const all = this.#log.entries.length;
    const some = this.#shown.length;
    byId("traffic-empty").hidden = some > 0;
    byId("export").disabled = some === 0;
    show(
      byId("traffic-empty"),
      all > 0 ? "Nothing matches the filter."
        : this.#subject ? "Nothing has happened about this yet."
          : `Nothing has happened yet. Send a message, connect a client, or point your program at ${location.origin}.`,
    );
    const text = some === all ? all.toLocaleString("en") : `${some.toLocaleString("en")} of ${all.toLocaleString("en")}`;
    show(byId("traffic-count"), this.#log.paused ? `${text}, paused: ${this.#log.waiting.toLocaleString("en")} new` : text);
  }
}

const kindBoxes = () => [...document.querySelectorAll("#traffic [name=kind]")];
const controls = () => [byId("search"), byId("traffic-hub"), byId("errors"), ...kindBoxes()];

const filterState = () => ({
  text: byId("search").value.trim().toLowerCase(),
  hub: byId("traffic-hub").value,
  kinds: kindBoxes().filter((box) => box.checked).map((box) => box.value),
  errors: byId("errors").checked,
});

function filterOf() {
  const { text, hub, kinds, errors } = filterState();
  const chosen = new Set(kinds);
  return (entry) => {
    if (entry.kind === "gap") return true;
    if (!chosen.has(KINDS[entry.kind].filter)) return false;
    if (errors && !isError(entry)) return false;
    if (hub && hubOf(entry) !== hub) return false;
    return !text || searchable(entry).includes(text);
  };
}
