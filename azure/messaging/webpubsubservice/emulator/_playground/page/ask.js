// The page's requests to the emulator. Every call has a token that is valid only for that call.

import { show } from "./dom.js";
import { bytesOf } from "./format.js";

/** Asks the emulator to prepare something; throws an Error with the emulator's message if it refuses. */
export async function prepare(what, form, signal) {
  return answerOf(await post(`/_playground/${what}`, form, signal));
}

/** Calls an operation of the control interface; throws an Error with its message if it refuses. */
export async function control(method, path, body) {
  const response = method === "DELETE" ? await fetch(`/_emulator${path}`, { method }) : await post(`/_emulator${path}`, body);
  return response.status === 204 ? null : answerOf(response);
}

function post(url, form, signal) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(form),
    signal,
  });
}

async function answerOf(response) {
  if (response.ok) return response.json();
  const text = await response.text();
  let message = text || `The emulator responded with ${response.status}.`;
  try {
    message = JSON.parse(text).error ?? message;
  } catch {
    // The response is not JSON; its text is a message for people.
  }
  throw new Error(message);
}

/** Calls the data plane; returns the outcome, also in words. */
export async function perform(form) {
  const { method, url, contentType, authorization, programs } = await prepare("call", form);
  const started = performance.now();
  const response = await fetch(url, {
    method,
    headers: { Authorization: authorization, ...(contentType ? { "Content-Type": contentType } : {}) },
    body: contentType ? bodyOf(form, contentType) : undefined,
  });
  const text = await response.text();
  const took = `${(performance.now() - started).toFixed(1)} ms`;
  const said = response.ok ? `${response.status} in ${took}` : `${response.status}: ${reason(response, text)}`;
  return { ok: response.ok, said, text, programs };
}

function bodyOf({ data }, contentType) {
  return contentType === "application/octet-stream" ? bytesOf(data) : new TextEncoder().encode(data);
}

function reason({ statusText, status }, text) {
  try {
    const { code, message } = JSON.parse(text);
    return `${code}: ${message}`;
  } catch {
    return text || statusText || (status === 404 ? "not found" : "no reason given");
  }
}

/** Copies a text, which may be a promise, and says so on the button. Never shows the text. */
export async function copy(button, text) {
  const label = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(await text);
    show(button, "Copied");
  } catch (error) {
    show(button, navigator.clipboard ? error.message : "This browser does not allow the page to copy");
  }
  setTimeout(() => show(button, label), 2000);
}
