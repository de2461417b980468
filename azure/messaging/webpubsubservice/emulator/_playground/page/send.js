// Sending as the server: over the data plane, with a token that the emulator hands out for each request.

import { byId, bytesOf, lines, prepare, show, whenEdited } from "./dom.js";

const PREVIEW_DELAY = 150; // milliseconds after the last key

const NAMES = { group: "Group", user: "User id", connection: "Connection id" };
const LISTS = { group: "groups", user: "users" };

export class ServerSend {
  #form = byId("send");
  #timer = 0;
  #pending = null;

  constructor() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    whenEdited(this.#form, () => this.#changed());
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
    byId("copy").addEventListener("click", () => this.#copy());
    this.#changed();
  }

  /** Fills in whom to send to. */
  to(kind, name, hub) {
    const { elements } = this.#form;
    elements.hub.value = hub;
    elements.to.value = kind;
    elements.name.value = name;
    this.#changed();
    elements.data.focus();
  }

  get #said() {
    const { elements } = this.#form;
    const offered = (name) => !elements[name].closest("[hidden]");
    return {
      hub: elements.hub.value,
      to: elements.to.value,
      name: elements.name.value,
      dataType: elements.dataType.value,
      data: elements.data.value,
      filter: offered("filter") ? elements.filter.value : "",
      excluded: offered("excluded") ? lines(elements.excluded.value) : [],
      messageTtlSeconds: elements.ttl.value === "" ? null : Number(elements.ttl.value),
    };
  }

  #changed() {
    const { elements } = this.#form;
    const to = elements.to.value;
    for (const part of this.#form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(to);
    elements.name.required = to !== "all";
    show(byId("send-name-label"), NAMES[to] ?? "");
    if (LISTS[to]) elements.name.setAttribute("list", LISTS[to]);
    else elements.name.removeAttribute("list");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#preview(), PREVIEW_DELAY);
  }

  async #preview() {
    this.#pending?.abort();
    const { signal } = (this.#pending = new AbortController());
    const said = this.#said;
    const incomplete = !said.hub || (said.to !== "all" && !said.name);
    try {
      if (incomplete) {
        this.#showPython("Say whom to send to, and the program appears here.", false);
      } else {
        const { python, error } = await prepare("python", said, signal);
        this.#showPython(error ?? python, error === undefined);
      }
    } catch (error) {
      if (!signal.aborted) this.#showPython(error.message, false);
    }
  }

  #showPython(text, isProgram = true) {
    show(byId("python"), text ?? "The message is too long to be shown in a program.");
    byId("python").classList.toggle("hint", !isProgram || text === null);
    byId("copy").disabled = !isProgram || text === null;
  }

  async #send() {
    const said = this.#said;
    const result = byId("send-result");
    result.className = "result";
    show(result, "Sending");
    try {
      const { url, contentType, authorization, python } = await prepare("send", said);
      clearTimeout(this.#timer);
      this.#showPython(python);
      const body = said.dataType === "binary" ? bytesOf(said.data) : new TextEncoder().encode(said.data);
      const started = performance.now();
      const response = await fetch(url, {
        method: "POST",
        headers: { Authorization: authorization, "Content-Type": contentType },
        body,
      });
      const took = `${(performance.now() - started).toFixed(1)} ms`;
      result.classList.add(response.ok ? "good" : "bad");
      show(result, response.ok ? `${response.status} in ${took}` : `${response.status}: ${await reason(response)}`);
    } catch (error) {
      result.classList.add("bad");
      show(result, error.message);
    }
  }

  async #copy() {
    const button = byId("copy");
    try {
      await navigator.clipboard.writeText(byId("python").textContent);
      show(button, "Copied");
    } catch {
      getSelection().selectAllChildren(byId("python"));
      show(button, "Selected: press Ctrl+C");
    }
    setTimeout(() => show(button, "Copy"), 2000);
  }
}

async function reason(response) {
  const text = await response.text();
  try {
    const { code, message } = JSON.parse(text);
    return `${code}: ${message}`;
  } catch {
    return text || response.statusText || "no reason given";
  }
}
