// The only functions that create elements on this page: everything is shown as text, never as markup.

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

/** A new button with its action. */
export function button(text, className, clicked) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", clicked);
  return made;
}

/** Shows text in an element; changes the document only if the text differs. */
export function show(where, text) {
  const shown = visible(text);
  if (where.textContent !== shown) where.textContent = shown;
}

/** Shows the outcome of an action in an output. */
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

/** Replaces the choices of a select or datalist, and keeps the selection. */
export function offer(where, values, first = null) {
  const wanted = values.slice(0, 100);
  if (where.dataset.offered === JSON.stringify(wanted)) return;
  where.dataset.offered = JSON.stringify(wanted);
  const chosen = where.value;
  where.replaceChildren(...(first ? [first] : []), ...wanted.map((value) => option(value)));
  if (chosen !== undefined) where.value = chosen;
  if (where.selectedIndex === -1) where.selectedIndex = 0;
}

/** Hides the parts of a form that do not belong to a choice: `data-for` lists the choices of each part. */
export function showFor(form, choice) {
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(choice);
    for (const control of part.querySelectorAll("input, select, textarea")) control.disabled = part.hidden;
  }
}

/** Calls a function whenever a control, or one in a form, is changed, by hand or by autofill. */
export function whenEdited(where, edited) {
  where.addEventListener("input", edited);
  where.addEventListener("change", edited);
}

/** Submits a form when Ctrl+Enter is pressed anywhere in it. */
export function submitByKey(form) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

/** Calls a function at most once per frame, however often it is requested. */
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
