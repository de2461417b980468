// The page's own clients: ordinary connections to the emulator, with tokens that it hands out for each.

import { byId, element, laidOut, lines, offer, perFrame, prepare, show, whenEdited } from "./dom.js";
import { NAMES, readable, speech } from "./subprotocols.js";
import { VirtualList } from "./virtual-list.js";

const KEPT = 500; // frames of each client
const ACK_DELAY = 500; // milliseconds in which acknowledgements of messages are put together
const LOSE = 4000; // a close code other than 1000, by which the service keeps a reliable connection for a while

class Client {
  frames = [];
  connectionId = null;
  state = "connecting";
  #socket = null;
  #recovery = null;
  #acked = 0;
  #seen = 0;
  #ackId = 0;

  constructor(name, hub, subprotocol, changed) {
    this.name = name;
    this.hub = hub;
    this.subprotocol = subprotocol;
    this.speech = speech(subprotocol);
    this.changed = changed;
  }

  get reliable() {
    return this.subprotocol.includes(".reliable.");
  }

  get recoverable() {
    return this.state === "lost" && this.#recovery !== null;
  }

  get label() {
    return `${this.name} in ${this.hub}, ${NAMES.get(this.subprotocol) ?? this.subprotocol}`;
  }

  open(url) {
    const socket = (this.#socket = new WebSocket(url, this.subprotocol ? [this.subprotocol] : []));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.#become("open"));
    socket.addEventListener("message", ({ data }) => {
      const frame = typeof data === "string" ? data : new Uint8Array(data);
      this.#note("got", frame);
      this.#understand(this.speech.understand(frame));
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket !== this.#socket) return;
      if (code === 1008) this.#recovery = null;
      this.#note("closed", `${code}${reason ? ` ${reason}` : ""}`);
      const lost = this.state === "open" && this.#recovery !== null && code !== 1000;
      this.#become(lost || this.state === "losing" ? "lost" : "closed");
    });
  }

  say(action) {
    const frame = this.speech.frame({ ...action, ackId: (this.#ackId += 1) });
    this.#socket.send(frame);
    this.#note("sent", frame);
  }

  close() {
    this.#recovery = null;
    this.#socket.close(1000);
  }

  lose() {
    this.#become("losing");
    this.#socket.close(LOSE);
  }

  recover() {
    const { id, token } = this.#recovery;
    const query = new URLSearchParams({ awps_connection_id: id, awps_reconnection_token: token });
    this.#become("connecting");
    this.open(`ws://${location.host}/client/hubs/${encodeURIComponent(this.hub)}?${query}`);
  }

  #understand(message) {
    if (message.type === "system" && message.event === "connected") {
      this.connectionId = message.connectionId;
      if (message.reconnectionToken) this.#recovery = { id: message.connectionId, token: message.reconnectionToken };
      this.changed();
    }
    if (message.type === "system" && message.event === "disconnected") this.#recovery = null;
    if (Number.isInteger(message.sequenceId)) {
      this.#seen = Math.max(this.#seen, message.sequenceId);
      setTimeout(() => this.#acknowledge(), ACK_DELAY);
    }
  }

  #acknowledge() {
    if (this.#seen === this.#acked || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#acked = this.#seen;
    this.#socket.send(this.speech.sequenceAck(this.#seen));
  }

  #become(state) {
    this.state = state;
    this.changed();
  }

  #note(direction, frame) {
    this.frames.push({ direction, text: readable(frame, this.subprotocol) });
    if (this.frames.length > KEPT) this.frames = this.frames.slice(-KEPT / 2);
    this.changed();
  }
}

export class OwnClients {
  #clients = [];
  #chosen = null;
  #number = 0;
  #list;
  #draw = perFrame(() => this.#render());
  #connectForm = byId("connect");
  #sayForm = byId("say");

  constructor() {
    this.#list = new VirtualList(byId("own-log"), { row, opened: showFrame, follow: true });
    this.#connectForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#connect();
    });
    whenEdited(this.#connectForm, () => {
      const simple = this.#connectForm.elements.subprotocol.value === "";
      this.#connectForm.querySelector("[data-subprotocol=simple]").hidden = !simple;
    });
    this.#sayForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say();
    });
    this.#sayForm.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#sayForm.requestSubmit();
    });
    whenEdited(this.#sayForm, this.#draw);
    whenEdited(byId("own-which"), (event) => this.#choose(this.#clients[event.target.selectedIndex]));
    byId("own-close").addEventListener("click", () => this.#chosen.close());
    byId("own-drop").addEventListener("click", () => this.#chosen.lose());
    byId("own-recover").addEventListener("click", () => this.#chosen.recover());
    byId("own-forget").addEventListener("click", () => this.#forget());
  }

  /** Offers the subprotocols that the emulator speaks. */
  offer(subprotocols) {
    const select = this.#connectForm.elements.subprotocol;
    for (const option of [...select.options]) {
      if (option.value && !subprotocols.includes(option.value)) option.remove();
    }
  }

  async #connect() {
    const { elements } = this.#connectForm;
    const roles = [...elements.role].filter((box) => box.checked).map((box) => box.value);
    const result = byId("connect-result");
    result.className = "result";
    show(result, "");
    try {
      const form = {
        hub: elements.hub.value,
        userId: elements.userId.value,
        roles: [...roles, ...lines(elements.roles.value)],
        groups: lines(elements.groups.value),
      };
      const { url } = await prepare("client", form);
      const subprotocol = elements.subprotocol.value;
      const rawGroup = subprotocol === "" ? elements.rawGroup.value : "";
      this.#number += 1;
      const client = new Client(form.userId || `anonymous ${this.#number}`, form.hub, subprotocol, this.#draw);
      client.open(rawGroup ? `${url}&${new URLSearchParams({ webpubsub_mode: "sendToGroup", group: rawGroup })}` : url);
      this.#clients.push(client);
      byId("connect-part").open = false;
      this.#choose(client);
    } catch (error) {
      result.classList.add("bad");
      show(result, error.message);
    }
  }

  #choose(client) {
    this.#chosen = client ?? null;
    this.#list.toEnd();
    byId("own-frame").hidden = true;
    show(byId("say-result"), "");
    this.#draw();
  }

  #forget() {
    if (this.#chosen.state === "open") this.#chosen.close();
    this.#clients = this.#clients.filter((client) => client !== this.#chosen);
    this.#choose(this.#clients.at(-1));
  }

  #say() {
    const { elements } = this.#sayForm;
    const result = byId("say-result");
    result.className = "result";
    try {
      this.#chosen.say({
        action: this.#action,
        group: elements.group.value,
        event: elements.event.value,
        dataType: elements.dataType.value,
        data: elements.data.value,
        noEcho: elements.noEcho.checked,
      });
      show(result, "Sent");
    } catch (error) {
      result.classList.add("bad");
      show(result, error.message);
    }
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
    for (const part of this.#sayForm.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(this.#action);
    }
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

function showFrame({ text }) {
  byId("own-frame").hidden = false;
  show(byId("own-frame"), laidOut(text));
}
