// A small line of the last figures: inline SVG, with the same in words for who does not see it. Knows no domain.

import { svg } from "./dom.js";

const [WIDTH, HEIGHT] = [96, 22];

/** Answers a line to be fed with `draw(values, inWords)`; null among the values is a gap. */
export function sparkline() {
  const path = svg("path", { class: "line" });
  const dot = svg("circle", { r: 2, class: "dot" });
  const node = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": "" }, path, dot);

  function draw(values, inWords) {
    const known = values.filter((value) => value !== null);
    const most = Math.max(...known, 0);
    const least = Math.min(...known, most * 0.5);
    const x = (index) => 2 + (index / Math.max(values.length - 1, 1)) * (WIDTH - 4);
    const y = (value) => HEIGHT - 3 - ((value - least) / (most - least || 1)) * (HEIGHT - 6);
    let line = "";
    values.forEach((value, index) => {
      if (value === null) return;
      const begins = index === 0 || values[index - 1] === null;
      line += `${begins ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    const last = values.at(-1);
    path.setAttribute("d", line || "M0 0");
    dot.style.display = last === null || last === undefined ? "none" : "";
    if (last !== null && last !== undefined) {
      dot.setAttribute("cx", x(values.length - 1).toFixed(1));
      dot.setAttribute("cy", y(last).toFixed(1));
    }
    node.setAttribute("aria-label", inWords);
  }

  return { node, draw };
}
