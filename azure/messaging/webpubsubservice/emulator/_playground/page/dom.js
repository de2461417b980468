// The only way this page makes elements: everything that is shown is text, never markup.

import { visible } from "./format.js";

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element with a class and children, which are elements or text. */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.map((child) => (child instanceof Node ? child : visible(child))));
  return made;
}

/** A new button, with what a click does. */
export function button(text, className, clicked) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", clicked);
  return made;
}

/** Shows text in an element; touches the document only if it differs. */
export function show(where, text) {
  const shown = visible(text);
  if (where.textContent !== shown) where.textContent = shown;
}

/** Shows how something went, in an output. */
export function tell(where, text, good = null) {
  where.className = good === null ? "result" : `result ${good ? "good" : "bad"}`;
  show(where, text);
}

/** An option of a select or a datalist. */
export function option(value, text = value) {
  const made = element("option", "", text);
  made.value = value;
  return made;
}

/** Replaces the choices of a select or datalist, keeping what is chosen. */
export function offer(where, values, first = null) {
  const wanted = values.slice(0, 100);
  if (where.dataset.offered === JSON.stringify(wanted)) return;
  where.dataset.offered = JSON.stringify(wanted);
  const chosen = where.value;
  where.replaceChildren(...(first ? [first] : []), ...wanted.map((value) => option(value)));
  if (chosen !== undefined) where.value = chosen;
  if (where.selectedIndex === -1) where.selectedIndex = 0;
}

/** Hides the parts of a form that are for another choice: `data-for` lists those that they are for. */
export function showFor(form, choice) {
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(choice);
    for (const control of part.querySelectorAll("input, select, textarea")) control.disabled = part.hidden;
  }
}

/** Calls a function whenever a control, or one of a form, is changed by hand or by an aid that fills in forms. */
export function whenEdited(where, edited) {
  where.addEventListener("input", edited);
  where.addEventListener("change", edited);
}

/** Submits a form by Ctrl+Enter, from wherever in it. */
export function submitByKey(form) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
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
