// The same call as a program in three languages, one at a time, to read and to copy.

import { copy } from "./ask.js";
import { button, element, option, show } from "./dom.js";
import { keep, recall } from "./memory.js";

const LANGUAGES = new Map([["python", "Python"], ["curl", "curl"], ["javascript", "JavaScript"]]);

export class Programs {
  #programs = null;
  #hint = "";
  #language;
  #copy;
  #text = element("pre", "program");

  /** @param host the element for the programs */
  constructor(host) {
    this.#language = element("select", "", ...[...LANGUAGES].map(([value, text]) => option(value, text)));
    this.#language.setAttribute("aria-label", "Language");
    this.#language.value = recall("language", "python");
    this.#language.addEventListener("change", () => {
      keep("language", this.#language.value);
      this.#render();
    });
    this.#copy = button("Copy", "quiet", () => copy(this.#copy, this.#text.textContent));
    this.#text.tabIndex = 0;
    this.#text.setAttribute("role", "group");
    this.#text.setAttribute("aria-label", "The same call as a program");
    const title = element("h3", "", "The same call in");
    host.replaceChildren(element("div", "head", title, this.#language, this.#copy), this.#text);
  }

  /** Shows programs by language. */
  show(programs) {
    this.#programs = programs;
    this.#render();
  }

  /** Shows why there is no program. */
  say(hint) {
    this.#programs = null;
    this.#hint = hint;
    this.#render();
  }

  #render() {
    const program = this.#programs?.[this.#language.value];
    const hint = this.#programs ? "The message is too long to show in a program." : this.#hint;
    show(this.#text, program ?? hint);
    this.#text.classList.toggle("hint", !program);
    this.#copy.disabled = !program;
  }
}
