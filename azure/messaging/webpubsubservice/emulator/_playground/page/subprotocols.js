// What a client says in each subprotocol, and what it understands: tables, no sockets.

import { base64Of, bytesOf } from "./dom.js";

/** The names people see, in the order of the choices. */
export const NAMES = new Map([
  ["json.webpubsub.azure.v1", "JSON"],
  ["json.reliable.webpubsub.azure.v1", "JSON, reliable"],
  ["", "none (simple client)"],
]);

/** What a connection that negotiated `subprotocol` speaks. */
export function speech(subprotocol) {
  return subprotocol ? JSON_SPEECH : SIMPLE_SPEECH;
}

const JSON_SPEECH = {
  actions: ["sendToGroup", "joinGroup", "leaveGroup", "event", "raw"],

  /** The frame for an action; JSON goes into it as it was typed, so that its numbers keep their digits. */
  frame({ action, group, event, dataType, data, noEcho, ackId }) {
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
      default:
        return data;
    }
  },

  sequenceAck: (sequenceId) => JSON.stringify({ type: "sequenceAck", sequenceId }),

  /** What the page itself has to know of a frame from the service. */
  understand(frame) {
    if (typeof frame !== "string") return {};
    try {
      return JSON.parse(frame) ?? {};
    } catch {
      return {};
    }
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
