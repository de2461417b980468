// The messages of protobuf.webpubsub.azure.v1 as a table, with just enough of protobuf's wire format for them.

import { base64Of } from "./format.js";

/** Messages: the name and the type of each field by its number, from the service's webpubsub.v1.proto. */
const MESSAGES = {
  Upstream: {
    1: ["sendToGroup", "SendToGroup"],
    5: ["event", "Event"],
    6: ["joinGroup", "Group"],
    7: ["leaveGroup", "Group"],
    8: ["sequenceAck", "SequenceAck"],
    9: ["ping", "Empty"],
    13: ["streamData", "StreamData"],
    14: ["streamEnd", "StreamEnd"],
  },
  SendToGroup: {
    1: ["group", "text"],
    2: ["ackId", "number"],
    3: ["data", "Data"],
    4: ["noEcho", "flag"],
    7: ["stream", "StreamStart"],
  },
  StreamStart: { 1: ["streamId", "text"], 2: ["idleTimeoutMs", "number"] },
  StreamData: { 1: ["streamId", "text"], 2: ["streamSequenceId", "number"], 3: ["data", "Data"] },
  StreamEnd: { 1: ["streamId", "text"], 2: ["error", "StreamEndError"] },
  StreamEndError: { 1: ["message", "text"], 2: ["userErrorCode", "text"] },
  Event: { 1: ["event", "text"], 2: ["data", "Data"], 3: ["ackId", "number"] },
  Group: { 1: ["group", "text"], 2: ["ackId", "number"] },
  SequenceAck: { 1: ["sequenceId", "number"] },
  Empty: {},
  Data: { 1: ["text", "text"], 2: ["binary", "bytes"], 3: ["protobuf", "bytes"], 4: ["json", "text"] },
  Downstream: {
    1: ["ack", "Ack"],
    2: ["message", "Message"],
    3: ["system", "System"],
    4: ["pong", "Empty"],
    6: ["streamAck", "StreamAck"],
    7: ["streamNack", "StreamNack"],
    8: ["streamClosed", "StreamClosed"],
  },
  Ack: { 1: ["ackId", "number"], 2: ["success", "flag"], 3: ["error", "Failure"] },
  Failure: { 1: ["name", "text"], 2: ["message", "text"] },
  Message: {
    1: ["from", "text"],
    2: ["group", "text"],
    3: ["data", "Data"],
    4: ["sequenceId", "number"],
    6: ["stream", "StreamInfo"],
  },
  StreamInfo: {
    1: ["streamId", "text"],
    2: ["streamSequenceId", "number"],
    3: ["endOfStream", "flag"],
    4: ["error", "StreamError"],
  },
  StreamError: { 1: ["name", "text"], 2: ["message", "text"], 3: ["userErrorCode", "text"] },
  StreamAck: { 1: ["streamId", "text"], 2: ["expectedSequenceId", "number"] },
  StreamNack: { 1: ["streamId", "text"], 2: ["name", "text"], 3: ["message", "text"], 4: ["expectedSequenceId", "number"] },
  StreamClosed: { 1: ["streamId", "text"], 2: ["error", "Failure"] },
  System: { 1: ["connected", "Connected"], 2: ["disconnected", "Disconnected"] },
  Connected: { 1: ["connectionId", "text"], 2: ["userId", "text"], 3: ["reconnectionToken", "text"] },
  Disconnected: { 2: ["reason", "text"] },
};

const VARINT = 0;
const DELIMITED = 2;

/** The bytes of a message. */
export function encode(type, message) {
  const bytes = [];
  for (const [number, [name, kind]] of Object.entries(MESSAGES[type])) {
    const value = message[name];
    if (value === undefined || value === false) continue;
    if (kind === "number" || kind === "flag") {
      bytes.push(...varint(number * 8 + VARINT), ...varint(Number(value)));
    } else {
      const content = contentOf(kind, value);
      bytes.push(...varint(number * 8 + DELIMITED), ...varint(content.length), ...content);
    }
  }
  return Uint8Array.from(bytes);
}

function contentOf(kind, value) {
  if (kind === "text") return new TextEncoder().encode(value);
  return kind === "bytes" ? value : encode(kind, value);
}

function* varint(number) {
  let rest = number;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) yield (rest % 0x80) | 0x80;
  yield rest;
}

/** Decodes a message; fields that the table lacks are left out. Throws an Error if the bytes are not a message. */
export function decode(type, bytes) {
  const message = {};
  const reader = new Reader(bytes);
  while (!reader.done) {
    const key = reader.varint();
    const value = reader.value(key % 8);
    const [name, kind] = MESSAGES[type][Math.floor(key / 8)] ?? [];
    if (name !== undefined) message[name] = valueOf(kind, value);
  }
  return message;
}

function valueOf(kind, value) {
  if (kind === "number") return value;
  if (kind === "flag") return value !== 0;
  if (!(value instanceof Uint8Array)) throw new Error("A field does not have its type.");
  if (kind === "text") return new TextDecoder().decode(value);
  return kind === "bytes" ? base64Of(value) : decode(kind, value);
}

class Reader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  get done() {
    return this.#at >= this.#bytes.length;
  }

  varint() {
    let number = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || factor > 2 ** 63) throw new Error("A number does not end.");
      this.#at += 1;
      number += (byte & 0x7f) * factor;
      if (byte < 0x80) return number;
    }
  }

  value(wireType) {
    if (wireType === VARINT) return this.varint();
    const length = wireType === DELIMITED ? this.varint() : { 1: 8, 5: 4 }[wireType];
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    if (value.length !== length) throw new Error("A field is longer than its message.");
    this.#at += length;
    return value;
  }
}
