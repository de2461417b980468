// Faults and time: what goes wrong on purpose, and the emulator's clock. The control interface changes both.

import { control } from "./ask.js";
import { byId, element, option, show, showFor, tell, whenEdited } from "./dom.js";
import { count, span, timeOfDay } from "./format.js";

/** The effects of a fault, by the choice in the form. Each function gets the form's numbers. */
const EFFECTS = {
  status: ({ status, retryAfter }) => ({ status, retryAfter }),
  before: () => ({ reset: "before" }),
  after: () => ({ reset: "after" }),
  delay: ({ delay }) => ({ delay }),
  drop: ({ dropAfter }) => ({ dropAfter }),
  refuse: () => ({ refuseRecovery: true }),
};

export class Faults {
  #ahead = 0;
  #drift = 0;

  constructor() {
    const form = byId("fault");
    whenEdited(form, () => showFor(form, form.elements.effect.value));
    showFor(form, "status");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#do("fault-result", () => control("POST", "/faults", faultOf(form.elements)), "Added");
    });
    byId("faults-clear").addEventListener("click", () => this.#do("fault-result", () => control("DELETE", "/faults"), "Removed"));
    const advance = byId("advance");
    advance.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#advance(Number(advance.elements.seconds.value));
    });
    for (const button of advance.querySelectorAll("[data-seconds]")) {
      button.addEventListener("click", () => this.#advance(Number(button.dataset.seconds)));
    }
    setInterval(() => this.#tick(), 1000);
  }

  /** Offers the operations that a fault can apply to. */
  offer(operations) {
    const select = byId("fault").elements.operation;
    if (select.options.length > 1) return;
    select.append(...operations.map(({ operation, title }) => option(operation, title)));
  }

  /** Enables the forms if faults and time can be changed, which needs the control interface. */
  allow(allowed) {
    byId("faults-off").hidden = allowed;
    for (const control of byId("faults").querySelectorAll("button, input, select")) control.disabled = !allowed;
    if (allowed) showFor(byId("fault"), byId("fault").elements.effect.value);
  }

  /** Shows the emulator's time. */
  time({ now, ahead }) {
    this.#drift = now - Date.now() / 1000;
    this.#ahead = ahead;
    this.#tick();
  }

  /** Shows the faults. */
  update(faults) {
    byId("faults-empty").hidden = faults.length > 0;
    byId("faults-list").hidden = faults.length === 0;
    byId("faults-clear").disabled = faults.length === 0 || !byId("faults-off").hidden;
    byId("faults-list").replaceChildren(...faults.map((fault) =>
      element("li", "", element("span", "", inWords(fault)), " ", element("span", "muted", usedInWords(fault)))));
  }

  #tick() {
    const ahead = this.#ahead ? `${span(this.#ahead)} ahead of this machine` : "same as this machine";
    show(byId("clock"), `${timeOfDay(Date.now() / 1000 + this.#drift).slice(0, 8)}, ${ahead}`);
  }

  #advance(seconds) {
    this.#do("clock-result", () => control("POST", "/clock/:advance", { seconds }), `Moved ahead by ${span(seconds)}`);
  }

  async #do(output, act, said) {
    try {
      await act();
      tell(byId(output), said, true);
    } catch (error) {
      tell(byId(output), error.message, false);
    }
  }
}

function faultOf(elements) {
  const number = (name) => (elements[name].value === "" || elements[name].disabled ? undefined : Number(elements[name].value));
  const text = (name) => elements[name].value.trim() || undefined;
  return {
    ...EFFECTS[elements.effect.value]({
      status: number("status"), retryAfter: number("retryAfter"), delay: number("delay"), dropAfter: number("dropAfter"),
    }),
    operation: elements.operation.disabled ? undefined : text("operation"),
    method: text("method"),
    path: text("path"),
    times: number("times"),
    probability: number("probability"),
  };
}

function inWords(fault) {
  const effects = [
    fault.delay ? `wait ${fault.delay} s` : "",
    fault.status ? `answer ${fault.status}${fault.retryAfter === null ? "" : `, try again after ${fault.retryAfter} s`}` : "",
    fault.reset ? `reset ${fault.reset} acting` : "",
    fault.refuseRecovery ? "refuse recoveries" : "",
    fault.dropAfter === null ? "" : `drop the client's socket after ${fault.dropAfter} s`,
  ].filter(Boolean);
  const which = [fault.method, fault.path, fault.operation?.replace(/^\w+?_/, "")].filter(Boolean);
  const chance = fault.probability < 1 ? `, with probability ${fault.probability}` : "";
  return `${effects.join(", ")}${which.length ? `: ${which.join(" ")}` : ""}${chance}`;
}

const usedInWords = ({ used, times }) => (times === null ? `used ${count(used, "time")}` : `used ${used} of ${times}`);
