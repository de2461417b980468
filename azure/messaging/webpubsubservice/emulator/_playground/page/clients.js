// The page's own clients: the form that connects them, and the selected client.

import { copy, prepare } from "./ask.js";
import { Client } from "./client.js";
import { byId, element, offer, perFrame, show, showFor, submitByKey, tell, whenEdited } from "./dom.js";
import { lines } from "./format.js";
import { jsonTree } from "./json-tree.js";
import { keep, recall } from "./memory.js";
import { VirtualList } from "./virtual-list.js";

export class OwnClients {
  #clients = [];
  #chosen = null;
  #number = 0;
  #list;
  #draw = perFrame(() => this.#render());
  #connectForm = byId("connect");
  #sayForm = byId("say");

  constructor() {
    this.#list = new VirtualList(byId("own-log"), { row, opened: (frame) => showFrame(frame, this.#chosen), follow: true });
    this.#connectForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#connect();
    });
    whenEdited(this.#connectForm, () => {
      const simple = this.#connectForm.elements.subprotocol.value === "";
      this.#connectForm.querySelector("[data-subprotocol=simple]").hidden = !simple;
    });
    byId("copy-url").addEventListener("click", () => this.#copyUrl());
    this.#sayForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say();
    });
    submitByKey(this.#sayForm);
    whenEdited(this.#sayForm, this.#draw);
    whenEdited(byId("own-which"), (event) => this.#choose(this.#clients[event.target.selectedIndex]));
    byId("own-close").addEventListener("click", () => this.#chosen.close());
    byId("own-drop").addEventListener("click", () => this.#chosen.lose());
    byId("own-recover").addEventListener("click", () => this.#chosen.recover());
    byId("own-forget").addEventListener("click", () => this.#forget());
    byId("own-again").addEventListener("click", () => this.#try(() => this.#chosen.repeat(this.#list.active.text)));
    byId("own-edit").addEventListener("click", () => this.#edit());
    addEventListener("pagehide", () => keep("clients", this.#clients.map((client) => client.kept)));
  }

  /** Continues the clients that the page had before it was reloaded. */
  resume() {
    for (const kept of recall("clients", [])) {
      const client = Client.of(kept, this.#draw);
      this.#clients.push(client);
      client.resume().catch((error) => tell(byId("connect-result"), error.message, false));
    }
    this.#number = this.#clients.length;
    if (this.#clients.length) {
      byId("connect-part").open = false;
      this.#choose(this.#clients.at(-1));
    }
  }

  /** Offers the subprotocols that the emulator speaks. */
  offer(subprotocols) {
    const select = this.#connectForm.elements.subprotocol;
    for (const option of [...select.options]) {
      if (option.value && !subprotocols.includes(option.value)) option.remove();
    }
  }

  get #asked() {
    const { elements } = this.#connectForm;
    const roles = [...elements.role].filter((box) => box.checked).map((box) => box.value);
    return {
      hub: elements.hub.value,
      userId: elements.userId.value,
      roles: [...roles, ...lines(elements.roles.value)],
      groups: lines(elements.groups.value),
    };
  }

  async #connect() {
    const { elements } = this.#connectForm;
    tell(byId("connect-result"), "");
    try {
      const form = this.#asked;
      const subprotocol = elements.subprotocol.value;
      const rawGroup = subprotocol === "" ? elements.rawGroup.value : "";
      const client = new Client(form.userId || `anonymous ${this.#number + 1}`, form, { subprotocol, rawGroup }, this.#draw);
      await client.connect();
      this.#number += 1;
      this.#clients.push(client);
      this.#choose(client);
      this.#render(); // at once, so that there is an element to focus
      byId("connect-part").open = false;
      this.#sayForm.elements.action.focus();
    } catch (error) {
      tell(byId("connect-result"), error.message, false);
    }
  }

  #copyUrl() {
    copy(byId("copy-url"), prepare("client", { ...this.#asked, minutes: 60 }).then(({ url }) => url));
  }

  #choose(client) {
    this.#chosen = client ?? null;
    this.#list.toEnd();
    byId("own-frame").hidden = byId("own-frame-actions").hidden = true;
    tell(byId("say-result"), "");
    this.#draw();
  }

  #forget() {
    if (this.#chosen.state === "open") this.#chosen.close();
    this.#clients = this.#clients.filter((client) => client !== this.#chosen);
    this.#choose(this.#clients.at(-1));
    if (this.#clients.length === 0) {
      byId("connect-part").open = true;
      this.#connectForm.elements.userId.focus();
    }
  }

  #say() {
    const { elements } = this.#sayForm;
    this.#try(() => this.#chosen.say({
      action: this.#action,
      group: elements.group.value,
      event: elements.event.value,
      dataType: elements.dataType.value,
      data: elements.data.value,
      noEcho: elements.noEcho.checked,
      stream: elements.stream.value,
      idleTimeoutMs: elements.idle.value ? Math.round(1000 * elements.idle.value) : undefined,
      error: elements.error.value || undefined,
    }));
  }

  #try(act) {
    try {
      act();
      tell(byId("say-result"), "Sent");
    } catch (error) {
      tell(byId("say-result"), error.message, false);
    }
  }

  /** Puts a frame into the form, to be sent as it is. */
  #edit() {
    const { elements } = this.#sayForm;
    elements.action.value = "raw";
    elements.data.value = this.#list.active.text;
    this.#render();
    elements.data.focus();
  }

  get #action() {
    const { actions } = this.#chosen.speech;
    const { value } = this.#sayForm.elements.action;
    return actions.includes(value) ? value : actions[0];
  }

  #render() {
    const client = this.#chosen;
    byId("own").hidden = client === null;
    if (client === null) return;
    const which = byId("own-which");
    offerClients(which, this.#clients);
    which.selectedIndex = this.#clients.indexOf(client);
    const id = client.connectionId ? `, connection ${client.connectionId}` : "";
    show(byId("own-state"), `${STATES[client.state]}${client.state === "open" ? id : ""}`);
    byId("own-state").dataset.state = client.state;
    const open = client.state === "open";
    byId("own-close").disabled = !open;
    byId("own-drop").hidden = !client.reliable || client.recoverable;
    byId("own-drop").disabled = !open;
    byId("own-recover").hidden = !client.recoverable;
    this.#sayForm.querySelector("[type=submit]").disabled = !open;
    const select = this.#sayForm.elements.action;
    for (const option of select.options) option.hidden = option.disabled = !client.speech.actions.includes(option.value);
    if (select.value !== this.#action || select.selectedOptions[0]?.disabled) select.value = this.#action;
    showFor(this.#sayForm, this.#action);
    byId("own-empty").hidden = client.frames.length > 0;
    this.#list.show(client.frames);
  }
}

const STATES = {
  connecting: "Connecting",
  open: "Connected",
  losing: "Losing the socket",
  lost: "Lost; the service keeps the connection for a while",
  closed: "Closed",
};

function offerClients(select, clients) {
  const labels = clients.map((client, index) => `${index + 1}: ${client.label}`);
  if ([...select.options].map((option) => option.value).join("\n") !== labels.join("\n")) offer(select, labels);
}

function row({ direction, text }) {
  return element(
    "div",
    "entry",
    element("span", `kind ${{ sent: "in", got: "out", closed: "close" }[direction]}`, direction),
    element("span", "what mono", text.slice(0, 300)),
  );
}

/** Shows a frame. Only text can be sent again in the form that is shown. */
function showFrame({ direction, text }, client) {
  const again = direction === "sent" && !client.subprotocol.startsWith("protobuf.");
  byId("own-frame").hidden = false;
  byId("own-frame").replaceChildren(jsonTree(text, "Frame"));
  byId("own-frame-actions").hidden = !again;
  byId("own-again").disabled = client.state !== "open";
}
