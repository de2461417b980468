// A list of any length in which only the visible rows are elements.

import { element, perFrame } from "./dom.js";

const SPARE = 6; // rows beyond the edges, so that scrolling does not show a gap

export class VirtualList {
  #host;
  #sizer = element("div", "sizer");
  #items = [];
  #row;
  #opened;
  #active = null;
  #follow;
  #top = 0; // the scroll position
  #draw = perFrame(() => this.#render());
  #drawn = new Map();

  /**
   * @param host the scrolling element, a listbox
   * @param row creates an item's element
   * @param opened called with an item that is clicked, or selected with Enter
   * @param follow whether to keep the newest item, which is the last, visible until the user scrolls away
   *
   * Whenever the list is drawn, `onFollow` is called with whether the newest item is visible.
   */
  constructor(host, { row, opened, follow = false }) {
    this.#host = host;
    this.#row = row;
    this.#opened = opened;
    this.#follow = follow;
    this.#sizer.setAttribute("role", "presentation");
    host.append(this.#sizer);
    host.addEventListener("scroll", () => {
      // A list whose height shrank is not at its end either, although nobody scrolled away from there.
      const { scrollTop } = host;
      if (this.#atEnd()) this.#follow = follow;
      else if (scrollTop < this.#top) this.#follow = false;
      this.#top = scrollTop;
      this.#draw();
    }, { passive: true });
    host.addEventListener("keydown", (event) => this.#pressed(event));
    host.addEventListener("click", (event) => {
      const index = event.target.closest?.("[data-index]")?.dataset.index;
      if (index !== undefined) this.#choose(Number(index), true);
    });
    new ResizeObserver(() => {
      this.#drawn.clear();
      // An element that takes up space, such as the details of a row, must not hide that row.
      if (this.#active !== null && !this.#follow) this.#reveal(this.#items.indexOf(this.#active));
      this.#draw();
    }).observe(host);
  }

  /** The selected item. */
  get active() {
    return this.#active;
  }

  set active(item) {
    this.#active = item;
    this.redraw();
  }

  /** Shows these items; `gone` is how many were removed at the beginning. */
  show(items, gone = 0) {
    this.#items = items;
    if (gone && !this.#follow) this.#host.scrollTop -= gone * this.#height;
    this.#draw();
  }

  /** Selects an item and scrolls it into view. */
  choose(item) {
    const index = this.#items.indexOf(item);
    if (index >= 0) this.#choose(index, true);
  }

  /** Draws the rows again, because their items have changed. */
  redraw() {
    this.#drawn.clear();
    this.#draw();
  }

  /** Scrolls to the last item and stays there. */
  toEnd() {
    this.#follow = true;
    this.onFollow?.(true);
    this.#draw();
  }

  get #height() {
    return parseFloat(getComputedStyle(this.#host).getPropertyValue("--row")) || 28;
  }

  #atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#host;
    return scrollTop + clientHeight >= scrollHeight - this.#height;
  }

  #render() {
    const height = this.#height;
    const host = this.#host;
    const total = this.#items.length * height;
    this.#sizer.style.height = `${total}px`;
    if (host.clientHeight === 0) return; // not visible
    if (this.#follow) {
      host.scrollTop = total;
      this.#top = host.scrollTop;
    }
    this.onFollow?.(this.#atEnd());
    const first = Math.max(0, Math.floor(host.scrollTop / height) - SPARE);
    const last = Math.min(this.#items.length, Math.ceil((host.scrollTop + host.clientHeight) / height) + SPARE);
    const drawn = new Map();
    const rows = [];
    for (let index = first; index < last; index += 1) {
      const item = this.#items[index];
      const row = this.#drawn.get(item) ?? this.#made(item);
      const chosen = item === this.#active;
      row.dataset.index = index;
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", this.#items.length);
      row.setAttribute("aria-selected", chosen);
      row.id = `${host.id}-${index}`;
      row.style.transform = `translateY(${index * height}px)`;
      drawn.set(item, row);
      rows.push(row);
    }
    this.#drawn = drawn;
    this.#sizer.replaceChildren(...rows);
    const index = this.#active === null ? -1 : this.#items.indexOf(this.#active);
    if (index >= first && index < last) host.setAttribute("aria-activedescendant", `${host.id}-${index}`);
    else host.removeAttribute("aria-activedescendant");
  }

  #made(item) {
    const row = this.#row(item);
    row.classList.add("item");
    row.setAttribute("role", "option");
    return row;
  }

  #pressed(event) {
    const page = Math.max(1, Math.floor(this.#host.clientHeight / this.#height) - 1);
    const here = this.#items.indexOf(this.#active);
    const end = this.#items.length - 1;
    const start = here === -1 ? end + 1 : here;
    const target = {
      ArrowUp: start - 1,
      ArrowDown: here === -1 ? end : here + 1,
      PageUp: start - page,
      PageDown: start + page,
      Home: 0,
      End: end,
    }[event.key];
    if (target !== undefined && end >= 0) {
      event.preventDefault();
      this.#choose(Math.min(end, Math.max(0, target)), false);
    } else if ((event.key === "Enter" || event.key === " ") && this.#active !== null) {
      event.preventDefault();
      this.#opened(this.#active);
    }
  }

  #choose(index, open) {
    this.#active = this.#items[index];
    this.#follow = this.#follow && index === this.#items.length - 1;
    this.#reveal(index);
    this.#draw();
    if (open) this.#opened(this.#active);
  }

  #reveal(index) {
    if (index < 0) return;
    const top = index * this.#height;
    const host = this.#host;
    if (top < host.scrollTop) host.scrollTop = top;
    else if (top + this.#height > host.scrollTop + host.clientHeight) {
      host.scrollTop = top + this.#height - host.clientHeight;
    }
  }
}
