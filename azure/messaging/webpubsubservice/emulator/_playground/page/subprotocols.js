// The frames that a client sends and understands in each subprotocol: tables, no sockets.

import { base64Of, bytesOf } from "./format.js";
import { decode, encode } from "./protobuf.js";

/** The names for people, in the order of the choices. */
export const NAMES = new Map([
  ["json.webpubsub.azure.v1", "JSON"],
  ["json.reliable.webpubsub.azure.v1", "JSON, reliable"],
  ["protobuf.webpubsub.azure.v1", "Protobuf"],
  ["protobuf.reliable.webpubsub.azure.v1", "Protobuf, reliable"],
  ["", "none (simple client)"],
]);

/** The functions for a connection that negotiated `subprotocol`. */
export function speech(subprotocol) {
  if (!subprotocol) return SIMPLE_SPEECH;
  return subprotocol.startsWith("protobuf.") ? PROTOBUF_SPEECH : JSON_SPEECH;
}

/**
 * A frame as people can read it; text stays as it is.
 * `direction` is "Upstream" for what a client sent, and "Downstream" for what it got.
 */
export function readable(frame, subprotocol, direction) {
  if (typeof frame === "string") return frame;
  if (subprotocol?.startsWith("protobuf.")) {
    try {
      const message = decode(direction, frame);
      if (Object.keys(message).length > 0) return JSON.stringify(message);
    } catch {
      // Not a message.
    }
  }
  return `base64 ${base64Of(frame)}`;
}

const JSON_SPEECH = {
  actions: ["sendToGroup", "joinGroup", "leaveGroup", "event", "streamStart", "streamData", "streamEnd", "raw"],

  /** The frame for an action; JSON is inserted as it was typed, so that its numbers keep their digits. */
  frame({ action, group, event, dataType, data, noEcho, ackId, stream, sequenceId, idleTimeoutMs, error }) {
    const message = (fields, payload = "") => `${JSON.stringify(fields).slice(0, -1)}${payload}}`;
    const payload = () => `,"dataType":"${dataType}","data":${jsonData(dataType, data)}`;
    switch (action) {
      case "joinGroup":
      case "leaveGroup":
        return message({ type: action, group, ackId });
      case "sendToGroup":
        return message({ type: action, group, ackId, noEcho }, payload());
      case "event":
        return message({ type: action, event, ackId }, payload());
      case "streamStart":
        return message({ type: "sendToGroup", group, noEcho, stream: { streamId: stream, idleTimeoutMs } });
      case "streamData":
        return message({ type: action, streamId: stream, streamSequenceId: sequenceId }, payload());
      case "streamEnd":
        return message({ type: action, streamId: stream, error: error && { message: error } });
      default:
        return data;
    }
  },

  sequenceAck: (sequenceId) => JSON.stringify({ type: "sequenceAck", sequenceId }),

  /** The facts that the page itself needs from a frame of the service. */
  understand(frame) {
    if (typeof frame !== "string") return {};
    try {
      return JSON.parse(frame) ?? {};
    } catch {
      return {};
    }
  },
};

const PROTOBUF_SPEECH = {
  actions: JSON_SPEECH.actions,

  frame({ action, group, event, dataType, data, noEcho, ackId, stream, sequenceId, idleTimeoutMs, error }) {
    const payload = () => ({ [dataType]: dataType === "binary" ? bytesOf(data) : data });
    switch (action) {
      case "joinGroup":
      case "leaveGroup":
        return encode("Upstream", { [action]: { group, ackId } });
      case "sendToGroup":
        return encode("Upstream", { sendToGroup: { group, ackId, noEcho, data: payload() } });
      case "event":
        return encode("Upstream", { event: { event, ackId, data: payload() } });
      case "streamStart":
        return encode("Upstream", { sendToGroup: { group, noEcho, stream: { streamId: stream, idleTimeoutMs } } });
      case "streamData":
        return encode("Upstream", { streamData: { streamId: stream, streamSequenceId: sequenceId, data: payload() } });
      case "streamEnd":
        return encode("Upstream", { streamEnd: { streamId: stream, error: error && { message: error } } });
      default:
        return bytesOf(data);
    }
  },

  sequenceAck: (sequenceId) => encode("Upstream", { sequenceAck: { sequenceId } }),

  understand(frame) {
    const { system, message, streamAck, streamNack } = decode("Downstream", frame);
    if (streamAck) return { type: "streamAck", ...streamAck };
    if (streamNack) return { type: "streamNack", ...streamNack };
    if (system?.connected) return { type: "system", event: "connected", ...system.connected };
    if (system?.disconnected) return { type: "system", event: "disconnected" };
    return { sequenceId: message?.sequenceId };
  },
};

const SIMPLE_SPEECH = {
  actions: ["raw"],
  frame: ({ data }) => data,
  sequenceAck: () => null,
  understand: () => ({}),
};

function jsonData(dataType, data) {
  if (dataType === "text") return JSON.stringify(data);
  if (dataType === "binary") return JSON.stringify(base64Of(bytesOf(data)));
  try {
    JSON.parse(data);
  } catch {
    throw new Error("The message is not JSON.");
  }
  return data;
}
