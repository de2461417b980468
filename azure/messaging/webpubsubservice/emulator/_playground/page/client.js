// One client of the page: an ordinary connection to the emulator, with a token from the emulator.

import { prepare } from "./ask.js";
import { socketUrl } from "./feed.js";
import { NAMES, readable, speech } from "./subprotocols.js";

const KEPT = 500; // the most frames that are kept for each client
const KEPT_OVER_RELOAD = 50;
const ACK_DELAY = 500; // milliseconds for which acknowledgements of messages are collected
const LOSE = 4000; // a close code other than 1000, so that the service keeps a reliable connection for a while

/** A connection of this page. `changed` is called whenever something about it has changed. */
export class Client {
  frames = [];
  connectionId = null;
  state = "connecting";
  #socket = null;
  #recovery = null;
  #acked = 0;
  #seen = 0;
  #ackId = 0;
  #again = false;
  #streams = new Map(); // the number of the next message, by stream

  /**
   * @param name its name for people
   * @param form the values for its token: hub, userId, roles and groups
   * @param options the subprotocol, and the group that a simple client publishes to
   */
  constructor(name, form, { subprotocol, rawGroup = "" }, changed) {
    this.name = name;
    this.form = form;
    this.hub = form.hub;
    this.subprotocol = subprotocol;
    this.rawGroup = rawGroup;
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

  /** The data to continue this client after the page is reloaded. */
  get kept() {
    const { name, form, subprotocol, rawGroup, frames, connectionId, state } = this;
    return {
      ...{ name, form, subprotocol, rawGroup, connectionId, state, recovery: this.#recovery },
      streams: [...this.#streams],
      frames: frames.slice(-KEPT_OVER_RELOAD),
    };
  }

  /** Restores a client from before the page was reloaded. */
  static of({ frames, connectionId, recovery, state, streams, ...kept }, changed) {
    const client = new Client(kept.name, kept.form, kept, changed);
    client.frames = [...frames, { direction: "closed", text: "the page was reloaded" }];
    client.connectionId = connectionId;
    client.state = state === "closed" ? "closed" : "lost";
    client.#recovery = recovery;
    client.#streams = new Map(streams);
    return client;
  }

  /** Continues after the page was reloaded: the same connection if it is reliable, otherwise a new one. */
  async resume() {
    if (this.state === "closed") return;
    if (this.#recovery) this.recover({ orAgain: true });
    else await this.connect();
  }

  /** Connects with a new token. Throws an Error with the emulator's message if it refuses. */
  async connect() {
    this.#become("connecting");
    try {
      const { url } = await prepare("client", this.form);
      const raw = this.rawGroup ? `&${new URLSearchParams({ webpubsub_mode: "sendToGroup", group: this.rawGroup })}` : "";
      this.open(url + raw);
    } catch (error) {
      this.#become("closed");
      throw error;
    }
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
      if (this.#again && this.state === "connecting") {
        this.#again = false;
        this.#recovery = null;
        this.connect().catch((error) => this.#note("closed", error.message));
        return;
      }
      if (code === 1008) this.#recovery = null;
      this.#note("closed", `${code}${reason ? ` ${reason}` : ""}`);
      const lost = this.state === "open" && this.#recovery !== null && code !== 1000;
      this.#become(lost || this.state === "losing" ? "lost" : "closed");
    });
  }

  /** Sends the frame for an action; the messages of a stream get their numbers here. */
  say(action) {
    const sequenceId = this.#streams.get(action.stream) ?? 1;
    const frame = this.speech.frame({ ...action, sequenceId, ackId: (this.#ackId += 1) });
    this.#socket.send(frame);
    if (action.action === "streamStart") this.#streams.set(action.stream, 1);
    if (action.action === "streamData") this.#streams.set(action.stream, sequenceId + 1);
    this.#note("sent", frame);
  }

  /** Sends an earlier frame again. */
  repeat(text) {
    const frame = this.speech.frame({ action: "raw", data: text });
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

  /** Continues the same connection; with `orAgain`, makes a new one if the service no longer has it. */
  recover({ orAgain = false } = {}) {
    this.#again = orAgain;
    const { id, token } = this.#recovery;
    const query = new URLSearchParams({ awps_connection_id: id, awps_reconnection_token: token });
    this.#become("connecting");
    this.open(socketUrl(`/client/hubs/${encodeURIComponent(this.hub)}?${query}`));
  }

  #understand(message) {
    if (message.type === "system" && message.event === "connected") {
      this.connectionId = message.connectionId;
      if (message.reconnectionToken) this.#recovery = { id: message.connectionId, token: message.reconnectionToken };
      this.changed();
    }
    if (message.type === "system" && message.event === "disconnected") this.#recovery = null;
    if (message.type === "streamAck") this.#continueStream(message, this.#streams.get(message.streamId) ?? 1);
    if (message.type === "streamNack") this.#continueStream(message, 1);
    if (Number.isInteger(message.sequenceId)) {
      this.#seen = Math.max(this.#seen, message.sequenceId);
      setTimeout(() => this.#acknowledge(), ACK_DELAY);
    }
  }

  /** Notes which message of a stream comes next: at least `least`, since others may be on their way. */
  #continueStream({ streamId, expectedSequenceId }, least) {
    this.#streams.set(streamId, Math.max(least, expectedSequenceId));
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
    this.frames.push({ direction, text: readable(frame, this.subprotocol, direction === "sent" ? "Upstream" : "Downstream") });
    if (this.frames.length > KEPT) this.frames = this.frames.slice(-KEPT / 2);
    this.changed();
  }
}
