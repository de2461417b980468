// The only way this page makes elements: everything that is shown is text, never markup.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element with a class and children, which are elements or text. */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.map((child) => (child instanceof Node ? child : visible(child))));
  return made;
}

/** Text as a person should see it: characters that hide or reorder others are spelled out. */
export function visible(text) {
  return String(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Shows text in an element; touches the document only if it differs. */
export function show(where, text) {
  const shown = visible(text);
  if (where.textContent !== shown) where.textContent = shown;
}

/** Replaces the choices of a select or datalist, keeping what is chosen. */
export function offer(where, values, first = null) {
  const wanted = values.slice(0, 100);
  if (where.dataset.offered === JSON.stringify(wanted)) return;
  where.dataset.offered = JSON.stringify(wanted);
  const chosen = where.value;
  const options = wanted.map((value) => {
    const option = element("option", "", value);
    option.value = value;
    return option;
  });
  where.replaceChildren(...(first ? [first] : []), ...options);
  if (chosen !== undefined) where.value = chosen;
  if (where.selectedIndex === -1) where.selectedIndex = 0;
}

/** Calls a function whenever a control, or one of a form, is changed by hand or by an aid that fills in forms. */
export function whenEdited(where, edited) {
  where.addEventListener("input", edited);
  where.addEventListener("change", edited);
}

/** Calls a function once per frame at most, however often it is asked for. */
export function perFrame(draw) {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw();
    });
  };
}

/** Asks the emulator to prepare something; throws an Error with the emulator's words if it refuses. */
export async function prepare(what, form, signal) {
  const response = await fetch(`/_playground/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(form),
    signal,
  });
  if (response.ok) return response.json();
  const text = await response.text();
  let message = text;
  try {
    message = JSON.parse(text).error;
  } catch {
    // Not one of the answers in JSON; the text is for people, too.
  }
  throw new Error(message);
}

/** Lines that are not empty. */
export const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** Bytes of base64, white space allowed; throws an Error if it is none. */
export function bytesOf(base64) {
  try {
    return Uint8Array.from(atob(base64.replace(/\s/g, "")), (character) => character.charCodeAt(0));
  } catch {
    throw new Error("The message is not base64.");
  }
}

/** Base64 of bytes. */
export function base64Of(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** JSON laid out for reading; what is no JSON stays as it is. Numbers keep the digits they were written with. */
export function laidOut(text) {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text, keepDigits), null, 2);
  } catch {
    return text;
  }
}

function keepDigits(_name, value, context) {
  const source = context?.source;
  const raw = JSON.rawJSON;
  return raw && typeof value === "number" && source !== undefined ? raw(source) : value;
}

/** A size in bytes for reading. */
export function bytes(size) {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${(size / 1000).toFixed(1)} kB`;
  return `${(size / 1e6).toFixed(1)} MB`;
}

/** A count with a noun. */
export const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
