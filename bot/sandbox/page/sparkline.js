// A small line of the last figures: inline SVG, with the same in words for who does not see it. Knows no domain.

import { svg } from "./dom.js";

const [WIDTH, HEIGHT] = [96, 22];
const FEWEST = 20;

/**
 * Answers a line of values, the newest at its right, to be fed with `draw(values, inWords)`; null is a
 * gap. Its height is at least half of the largest value, so that small unrest looks small.
 */
export function sparkline() {
  const path = svg("path", { class: "line" });
  const dot = svg("circle", { r: 2, class: "dot" });
  const node = svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": "" },
    path,
    dot,
  );

  function draw(values, inWords) {
    const known = values.filter((value) => value !== null);
    const [low, high] = [Math.min(...known, Infinity), Math.max(...known, 0)];
    const middle = (low + high) / 2;
    const half = Math.max((high - low) / 2, high / 4) || 1;
    const x = (index) =>
      WIDTH - 3 - (values.length - 1 - index) * ((WIDTH - 6) / (Math.max(values.length, FEWEST) - 1));
    const y = (value) => HEIGHT / 2 - ((value - middle) / half) * (HEIGHT / 2 - 3);
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
