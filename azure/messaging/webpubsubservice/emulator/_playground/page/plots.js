// Small plots of the last two minutes: counts and durations.

import { byId, element } from "./dom.js";
import { duration } from "./format.js";

const SECONDS = 120;
const WIDTH = 240;
const HEIGHT = 44;
const SVG = "http://www.w3.org/2000/svg";

/** The plots: title, lines (name, class and column of the emulator's rows), and a function that formats numbers. */
const PLOTS = [
  { title: "Requests", lines: [["requests", "one", 1]], write: (value) => `${value.toLocaleString("en")}/s`, empty: 0 },
  { title: "Messages", lines: [["in", "in", 2], ["out", "out", 3]], write: (value) => `${value.toLocaleString("en")}/s`, empty: 0 },
  { title: "Times", lines: [["median", "one", 4], ["longest", "two", 5], ["handlers", "three", 6]], write: duration, empty: null },
];

export class Plots {
  #rows = new Map();
  #figures;

  constructor() {
    this.#figures = PLOTS.map((plot) => new Figure(plot));
    byId("plots").replaceChildren(...this.#figures.map((figure) => figure.element));
    byId("rates").addEventListener("toggle", () => this.#draw());
    setInterval(() => this.#draw(), 1000);
  }

  /** Adds seconds from the emulator. */
  add(rows) {
    for (const row of rows) this.#rows.set(row[0], row);
    const oldest = rows.at(-1)[0] - SECONDS;
    for (const second of this.#rows.keys()) if (second < oldest) this.#rows.delete(second);
    this.#draw();
  }

  clear() {
    this.#rows.clear();
    this.#draw();
  }

  #draw() {
    if (!byId("rates").open || document.hidden) return;
    const last = Math.floor(Date.now() / 1000) - 1;
    const seconds = Array.from({ length: SECONDS }, (_, index) => this.#rows.get(last - SECONDS + 1 + index));
    for (const figure of this.#figures) figure.draw(seconds);
  }
}

class Figure {
  #plot;
  #svg = document.createElementNS(SVG, "svg");
  #now = element("figcaption", "");

  constructor(plot) {
    this.#plot = plot;
    this.#svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.#svg.setAttribute("preserveAspectRatio", "none");
    this.#svg.setAttribute("role", "img");
    this.element = element("figure", "plot", this.#now, this.#svg);
  }

  draw(seconds) {
    const { title, lines, write, empty } = this.#plot;
    const series = lines.map(([name, className, column]) => ({
      name, className, values: seconds.map((row) => row?.[column] ?? empty),
    }));
    const most = Math.max(...series.flatMap(({ values }) => values.filter((value) => value !== null)), 0);
    const latest = series.map(({ name, values }) => [name, values.findLast((value) => value !== null) ?? null]);
    const parts = latest.map(([name, value]) => `${name} ${value === null ? "none" : write(value)}`);
    this.#now.replaceChildren(
      element("strong", "", title),
      ...series.map(({ name, className }, index) =>
        element("span", `legend ${className}`, `${lines.length > 1 ? `${name} ` : ""}${latest[index][1] === null ? "none" : write(latest[index][1])}`)),
      element("span", "muted", most ? `peak ${write(most)}` : ""),
    );
    this.#svg.setAttribute("aria-label", `${title} in the last two minutes: now ${parts.join(", ")}; at most ${write(most)}`);
    this.#svg.replaceChildren(...series.flatMap(({ className, values }) => paths(values, most || 1, className)));
  }
}

/** One path for each stretch of values; a value between two gaps is a dot. */
function paths(values, most, className) {
  const stretches = [];
  let stretch = [];
  for (const [index, value] of values.entries()) {
    if (value === null) {
      if (stretch.length) stretches.push(stretch);
      stretch = [];
    } else {
      stretch.push([(index * WIDTH) / (SECONDS - 1), HEIGHT - 2 - (value / most) * (HEIGHT - 4)]);
    }
  }
  if (stretch.length) stretches.push(stretch);
  return stretches.map((points) => {
    const path = document.createElementNS(SVG, "path");
    const ends = points.length === 1 ? [...points, [points[0][0] + 0.1, points[0][1]]] : points;
    path.setAttribute("d", `M${ends.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`);
    path.setAttribute("class", className);
    return path;
  });
}
