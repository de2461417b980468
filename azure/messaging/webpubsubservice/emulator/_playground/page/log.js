// The newest entries that the page has, by id and by cause.

import { gap, readFrame } from "./entries.js";

const KEPT = 5000; // entries; the oldest are dropped in groups
const PORTION = 500;
const HELD = 2000; // entries that wait while the list is paused

export class Log {
  entries = [];
  #held = [];
  #lost = 0;
  #paused = false;
  #newest = 0;
  #byId = new Map();
  #effects = new Map();

  /** The id of the newest entry so far. */
  get newest() {
    return this.#newest;
  }

  get paused() {
    return this.#paused;
  }

  /** How many entries wait until the list is resumed. */
  get waiting() {
    return this.#held.length + this.#lost;
  }

  /** Adds entries; `skipped` is how many were dropped before them. Returns the entries to show now. */
  add(entries, skipped = 0) {
    const news = skipped ? [gap(skipped, entries[0].time), ...entries] : entries;
    for (const entry of news) {
      readFrame(entry);
      this.#index(entry);
    }
    if (this.#paused) {
      this.#hold(news);
      return [];
    }
    this.entries.push(...news);
    return news;
  }

  /** Replaces what is known of entries; returns those that are here. */
  change(changed) {
    const found = [];
    for (const news of changed) {
      const entry = this.#byId.get(news.id);
      if (entry === undefined) continue;
      delete entry.pending;
      Object.assign(entry, news, { searchable: undefined });
      readFrame(entry);
      found.push(entry);
    }
    return found;
  }

  /** Marks entries as failed; returns whether one of them is here. */
  fail(failures) {
    let found = false;
    for (const [id, failure] of failures) {
      const entry = this.#byId.get(id);
      if (entry === undefined) continue;
      entry.failure = failure;
      entry.searchable = undefined;
      found = true;
    }
    return found;
  }

  pause() {
    this.#paused = true;
  }

  /** Resumes; returns the entries that arrived meanwhile. */
  resume() {
    this.#paused = false;
    const held = this.#lost ? [gap(this.#lost, this.#held[0].time), ...this.#held] : this.#held;
    this.#held = [];
    this.#lost = 0;
    this.entries.push(...held);
    return held;
  }

  /** Drops the oldest entries if there are too many; returns them. */
  trim() {
    if (this.entries.length <= KEPT + PORTION) return new Set();
    const dropped = this.entries.splice(0, this.entries.length - KEPT);
    for (const { id } of dropped) {
      this.#byId.delete(id);
      this.#effects.delete(id);
    }
    return new Set(dropped);
  }

  clear() {
    this.entries = [];
    this.#held = [];
    this.#lost = 0;
    this.#byId.clear();
    this.#effects.clear();
  }

  cause(entry) {
    return this.#byId.get(entry.cause);
  }

  effects(entry) {
    return this.#effects.get(entry.id) ?? [];
  }

  #index(entry) {
    if (entry.id === undefined) return;
    this.#byId.set(entry.id, entry);
    this.#newest = Math.max(this.#newest, entry.id);
    if (entry.cause === undefined) return;
    const others = this.#effects.get(entry.cause);
    if (others) others.push(entry);
    else this.#effects.set(entry.cause, [entry]);
  }

  #hold(entries) {
    this.#held.push(...entries);
    if (this.#held.length <= HELD + PORTION) return;
    for (const dropped of this.#held.splice(0, this.#held.length - HELD)) this.#lost += dropped.kind === "gap" ? dropped.count : 1;
  }
}
