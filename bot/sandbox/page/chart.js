// The data visualization block: lines, areas, bars or a pie as inline SVG, a legend told apart by more than colour, and
// the same figures as a table for who does not see it. Knows no domain.

import { h, svg } from "./dom.js";

const [WIDTH, HEIGHT] = [480, 200];
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 8, 10, 26];
const STROKES = ["", "6 4", "2 3", "10 3 2 3", "1 4", "12 6"];
const TICKS = 4;

const short = (value) => String(Number(value.toPrecision(3)));

/** Answers where values and categories lie, with zero always in sight. */
function scales(values, many) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const span = high - low || 1;
  const y = (value) => HEIGHT - BOTTOM - ((value - low) / span) * (HEIGHT - TOP - BOTTOM);
  const step = (WIDTH - LEFT - RIGHT) / many;
  const x = (index) => LEFT + step * (index + 0.5);
  const ticks = Array.from({ length: TICKS + 1 }, (_, n) => low + (span * n) / TICKS);
  return { x, y, step, ticks };
}

function axes({ x, y, ticks }, categories) {
  const every = Math.ceil(categories.length / 6);
  return [
    ticks.flatMap((value) => [
      svg("path", { class: "rule", d: `M${LEFT} ${y(value)}H${WIDTH - RIGHT}` }),
      svg("text", { class: "tick", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, short(value)),
    ]),
    categories.flatMap((label, index) =>
      index % every === 0
        ? [svg("text", { class: "tick", x: x(index), y: HEIGHT - 8, "text-anchor": "middle" }, label)]
        : [],
    ),
  ].flat();
}

function line(values, number, { x, y }, filled) {
  const d = values.map((value, index) => `${index ? "L" : "M"}${x(index)} ${y(value)}`).join("");
  const under = `${d}L${x(values.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`;
  return [
    filled && svg("path", { class: `area series-${number}`, d: under }),
    svg("path", { class: `stroke series-${number}`, d, "stroke-dasharray": STROKES[number] }),
    values.map((value, index) => svg("circle", { class: `dot series-${number}`, cx: x(index), cy: y(value), r: 2.5 })),
  ];
}

function bars(values, number, { x, y, step }, many) {
  const wide = (step * 0.8) / many;
  return values.map((value, index) =>
    svg("rect", {
      class: `bar series-${number}`,
      x: x(index) - step * 0.4 + wide * number,
      y: Math.min(y(value), y(0)),
      width: Math.max(1, wide - 1),
      height: Math.max(1, Math.abs(y(value) - y(0))),
    }),
  );
}

function plotted(chart) {
  const { categories } = chart.axis_config;
  const all = chart.series.map((one) => one.data.map((point) => point.value));
  const scale = scales(all.flat(), categories.length);
  const drawn = all.map((values, number) =>
    chart.type === "bar"
      ? bars(values, number, scale, all.length)
      : line(values, number, scale, chart.type === "area"),
  );
  return [...axes(scale, categories), ...drawn.flat(3).filter(Boolean)];
}

function slices(segments) {
  const whole = segments.reduce((sum, found) => sum + found.value, 0);
  const [cx, cy, r] = [WIDTH / 2, HEIGHT / 2, HEIGHT / 2 - 10];
  let from = -Math.PI / 2;
  return segments.map(({ value }, number) => {
    const to = from + (value / whole) * 2 * Math.PI;
    const at = (angle) => `${cx + r * Math.cos(angle)} ${cy + r * Math.sin(angle)}`;
    const large = to - from > Math.PI ? 1 : 0;
    const d =
      segments.length === 1
        ? `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`
        : `M${cx} ${cy}L${at(from)}A${r} ${r} 0 ${large} 1 ${at(to)}Z`;
    from = to;
    return svg("path", { class: `bar series-${number}`, d });
  });
}

const sample = (number, dashed) =>
  svg(
    "svg",
    { class: "sample", viewBox: "0 0 26 10", "aria-hidden": "true" },
    svg("path", {
      class: `stroke series-${number}`,
      d: "M1 5H25",
      "stroke-dasharray": dashed ? STROKES[number] : "",
      "stroke-width": dashed ? 2 : 8,
    }),
  );

const legend = (names, dashed) =>
  h(
    "ul",
    { class: "legend" },
    names.map((name, number) => h("li", {}, sample(number, dashed), name)),
  );

function figures(title, head, rows) {
  return h(
    "details",
    {},
    h("summary", {}, "Figures"),
    h(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": `Figures of ${title}` },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, head.map((cell) => h("th", { scope: "col" }, cell)))),
        h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, String(cell)))))),
      ),
    ),
  );
}

/** Answers a chart as a figure: its title, the drawing, what is what, and every figure in a table that unfolds. */
export function chart(block) {
  const { chart: found, title } = block;
  const pie = found.type === "pie";
  const names = pie ? found.segments.map((one) => one.label) : found.series.map((one) => one.name);
  const rows = pie
    ? found.segments.map((one) => [one.label, one.value])
    : found.axis_config.categories.map((label, at) => [label, ...found.series.map((one) => one.data[at].value)]);
  const { x_label: below = "", y_label: beside = "" } = found.axis_config ?? {};
  return h(
    "figure",
    { class: "chart" },
    h("figcaption", {}, title),
    beside && h("p", { class: "detail" }, beside),
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: ${found.type} chart` },
      pie ? slices(found.segments) : plotted(found),
    ),
    below && h("p", { class: "detail below" }, below),
    legend(names, found.type === "line" || found.type === "area"),
    figures(title, pie ? ["", "value"] : [below, ...names], rows),
  );
}
