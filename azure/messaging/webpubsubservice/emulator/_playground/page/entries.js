// Entries of the traffic as text: for a row, for the details, and for a filter.

import { element } from "./dom.js";
import { bytes, bytesOf, count, duration, timeOfDay } from "./format.js";
import { readable } from "./subprotocols.js";

export const KINDS = {
  request: { label: "REST", filter: "rest" },
  in: { label: "in", filter: "in" },
  out: { label: "out", filter: "out" },
  event: { label: "handler", filter: "event" },
  open: { label: "open", filter: "life" },
  close: { label: "close", filter: "life" },
  refused: { label: "refused", filter: "life" },
  gap: { label: "skipped", filter: null },
};

/** A placeholder for entries that the page did not get. */
export const gap = (number, time) => ({ kind: "gap", count: number, time });

/** Whether something failed. */
export const isError = (entry) => !entry.pending && (entry.status >= 400 || Boolean(entry.failure));

/** Replaces the bytes of a binary subprotocol's frame by text, if the frame is complete. */
export function readFrame(entry) {
  if (entry.base64 === undefined || !entry.protocol) return;
  const frame = bytesOf(entry.base64);
  if (frame.length < entry.size) return;
  entry.text = readable(frame, entry.protocol, entry.kind === "in" ? "Upstream" : "Downstream");
}

/** Everything in an entry that a search looks at. */
export function searchable(entry) {
  entry.searchable ??= [
    entry.method, decoded(entry.path), entry.status, entry.reason, entry.failure, entry.hub, entry.user, entry.fromUser,
    entry.group, entry.event, entry.url, ...(entry.connections ?? []), ...(entry.query ?? []).flat(), entry.text,
  ].filter((part) => part !== undefined && part !== null).join("\n").toLowerCase();
  return entry.searchable;
}

/** The hub of an entry, in lower case; empty if it has none. */
export function hubOf(entry) {
  if (entry.hub !== undefined) return entry.hub;
  const [, hub] = /\/hubs\/([^/]+)/.exec(entry.path ?? "") ?? [];
  return hub === undefined ? "" : decoded(hub).toLowerCase();
}

export function decoded(path) {
  try {
    return path === undefined ? undefined : decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The row of an entry. */
export function row(entry) {
  const { label } = KINDS[entry.kind];
  return element(
    "div",
    isError(entry) ? "entry error" : "entry",
    element("span", "time mono", timeOfDay(entry.time)),
    element("span", `kind ${entry.kind}`, label),
    ...(entry.path === undefined ? [element("span", "who", whoOf(entry))] : []), // a path includes the hub
    element("span", entry.path === undefined ? "what mono" : "what mono whole", whatOf(entry)),
    element("span", "meta mono", metaOf(entry)),
  );
}

function whoOf(entry) {
  if (entry.kind === "gap") return "";
  const { hub, user, connections, recipients } = entry;
  if (recipients === 0) return `${hub} / nobody`;
  return `${hub} / ${connections.length === 1 ? user ?? connections[0].slice(0, 8) : count(recipients, "client")}`;
}

/** What happened, in one line. */
export function whatOf(entry) {
  switch (entry.kind) {
    case "request":
      return `${entry.method} ${entry.path}${entry.reason ? `  ${entry.reason}` : ""}`;
    case "refused":
      return `${entry.path}  ${entry.reason}`;
    case "event":
      return `${entry.event}  ${entry.failure || (entry.pending && entry.attempts.at(-1)?.problem) || entry.url}`;
    case "open":
      return entry.protocol ?? "simple client";
    case "close":
      return entry.reason || "closed";
    case "gap":
      return `${count(entry.count, "entry", "entries")} skipped: too many to show`;
    default: {
      const group = entry.group ? `[${entry.group}] ` : "";
      return group + (entry.text === undefined ? `base64 ${entry.base64.slice(0, 200)}` : entry.text.slice(0, 300));
    }
  }
}

function metaOf(entry) {
  const reached = entry.reached ? `\u2192 ${entry.reached.toLocaleString("en")}  ` : "";
  if (entry.kind === "request") return `${reached}${entry.status ?? "reset"}  ${duration(entry.milliseconds)}`;
  if (entry.kind === "event" && entry.pending) return pendingInWords(entry.pending);
  if (entry.kind === "event") {
    const attempts = entry.attempts.length > 1 ? `${entry.attempts.length} attempts  ` : "";
    return `${attempts}${entry.status ?? "failed"}  ${duration(entry.milliseconds)}`;
  }
  if (entry.kind === "refused") return String(entry.status);
  if (entry.kind === "in" && entry.failure) return `failed: ${entry.failure.split(":")[0]}`;
  return entry.size === undefined ? "" : reached + bytes(entry.size);
}

/** Names and values for the details. */
export function* factsOf(entry) {
  const { recipients, connections } = entry;
  if (entry.kind === "request") {
    yield ["Request", `${entry.method} ${entry.path}`];
    for (const [name, value] of entry.query) yield [name, value];
    yield ["Operation", entry.operation ?? "none"];
    yield ["Answer", `${entry.status ?? "none: the connection was reset"} in ${entry.milliseconds} ms`];
    if (entry.contentType) yield ["Content-Type", entry.contentType];
    if (/:send$/.test(entry.path)) yield ["Reached", count(entry.reached ?? 0, "client")];
  }
  if (entry.kind === "event") {
    yield ["Event", `${entry.event} (${entry.type})`];
    yield ["Handler", entry.url];
    const ended = entry.attempts.map(attemptInWords);
    if (entry.pending) {
      yield ["Attempts", [...ended, pendingInWords(entry.pending)].join("\n")];
    } else {
      yield ["Answer", `${entry.status ?? "none"} in ${duration(entry.milliseconds)}`];
      yield ["Attempts", ended.join("\n") || "none: the handler was not called"];
    }
  }
  if (entry.kind === "refused") yield ["Answer", `${entry.status} to ${entry.path}`];
  if (entry.reason) yield ["Reason", entry.reason];
  if (entry.failure) yield [entry.kind === "in" ? "Answered with" : "Failure", entry.failure];
  if (entry.hub !== undefined) yield ["Hub", entry.hub];
  if (connections?.length) {
    const more = recipients > connections.length ? `\nand ${recipients - connections.length} more` : "";
    yield [connections.length === 1 ? "Connection" : "Connections", connections.join("\n") + more];
  }
  if (recipients === 0) yield ["Clients", "none: nobody matched"];
  if (entry.user !== null && entry.user !== undefined) yield ["User", entry.user];
  if (entry.protocol !== undefined) yield ["Subprotocol", entry.protocol ?? "none"];
  if (entry.group) yield ["Group", entry.group];
  if (entry.fromUser) yield ["From user", entry.fromUser];
  if (entry.dataType) yield ["Data type", entry.dataType];
  if (entry.size !== undefined) yield ["Size", bytes(entry.size)];
}

/** How far a call is that has not ended. */
const pendingInWords = ({ attempt, wait }) =>
  (wait ? `attempt ${attempt} in ${duration(wait * 1000)}` : `attempt ${attempt}, no answer yet`);

const attemptInWords = ({ status, problem, milliseconds }, index) =>
  `${index + 1}: ${problem || status} after ${duration(milliseconds)}`;

/** The payload as text, with a note if only its beginning is there. */
export function payloadOf(entry) {
  if (entry.text === undefined) return entry.base64 ?? "";
  const cut = entry.base64 === undefined && new TextEncoder().encode(entry.text).length < entry.size;
  return cut ? `${entry.text}\n… (the beginning of ${bytes(entry.size)})` : entry.text;
}
