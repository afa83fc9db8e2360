// The panel of the platform: which model each stage runs and how it fares, once a second while somebody looks.
// The figures are those of the control API's snapshot; the switches that break things are in trouble.js.

import { CallFailed, get } from "./api.js";
import { h, icon, spoken } from "./dom.js";
import { sparkline } from "./sparkline.js";
import { drawTrouble, trouble } from "./trouble.js";

const KEPT = 60;
const EVERY_MS = 1000;
const NAMES = { staging: "Staging", pilots: "Pilots", global: "Global" };
const SIGNS = { healthy: "success", degraded: "warning", unhealthy: "error" };

const count = (value) => (value >= 10_000 ? `${(value / 1000).toFixed(1)}k` : value.toFixed(0));
const FIGURES = [
  ["requests_per_second", "Requests/s", count],
  ["error_rate", "Errors", (value) => `${(value * 100).toFixed(2)} %`],
  ["p95_seconds", "p95", (value) => (value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(2)} s`)],
  ["cost_per_1k_usd", "Cost per 1,000", (value) => `$${value.toFixed(2)}`],
];

const pane = document.querySelector("#platform");
const cards = new Map();
let there = true;
const stages = h("div", { class: "stages" });
const state = h("p", { class: "empty" }, "Looking…");

/** Answers a stage's card: built once, then only its words and lines change, so that nothing jumps under a hand. */
function card(stage) {
  const health = h("span", { class: "health" });
  const model = h("span", { class: "model" });
  const notes = h("ul", { class: "notes" });
  const tenants = h("dl", { class: "tenants" });
  const rows = FIGURES.map(([key, label, shown]) => {
    const line = sparkline();
    const value = h("span", { class: "figure" });
    return {
      key,
      label,
      shown,
      line,
      value,
      past: [],
      node: h("div", { class: "figures" }, h("span", { class: "detail" }, label), value, line.node),
    };
  });
  const node = h(
    "section",
    { class: "stage", "aria-labelledby": `stage-${stage}` },
    h("div", { class: "head" }, h("h3", { id: `stage-${stage}` }, NAMES[stage] ?? stage), health),
    h("p", { class: "runs" }, h("span", { class: "detail" }, "Runs "), model),
    notes,
    rows.map((row) => row.node),
    stage === "pilots" && h("details", {}, h("summary", {}, "Tenants"), tenants),
  );
  stages.append(node);
  return { health, model, notes, tenants, rows, last: null };
}

function notesOf(found) {
  const file = found.configured ?? "nothing";
  return [
    file !== found.running && `Configured ${file}; a restart is due.`,
    found.answering && found.answering !== found.running && `Answered by ${found.answering}.`,
    !found.traffic && "Traffic is cut.",
    found.health !== "healthy" && found.health_detail,
  ].filter(Boolean);
}

function draw(stage, found, say) {
  if (!cards.has(stage)) cards.set(stage, card(stage));
  const shown = cards.get(stage);
  const notes = notesOf(found);
  const stamp = JSON.stringify([found.health, found.running, notes]);
  if (stamp !== shown.last) {
    if (shown.model.textContent && shown.model.textContent !== found.running)
      say(`${NAMES[stage] ?? stage} now runs ${found.running}.`);
    shown.last = stamp;
    shown.health.className = `health ${found.health}`;
    shown.health.replaceChildren(icon(SIGNS[found.health] ?? "info"), found.health);
    shown.model.textContent = found.running;
    shown.notes.replaceChildren(...notes.map((note) => h("li", {}, note)));
  }
  for (const row of shown.rows) {
    const value = found[row.key] ?? null;
    row.past = [...row.past, value].slice(-KEPT);
    row.value.textContent = value === null ? "no data" : row.shown(value);
    const known = row.past.filter((each) => each !== null);
    const span = known.length
      ? `between ${row.shown(Math.min(...known))} and ${row.shown(Math.max(...known))}`
      : "no data";
    row.line.draw(row.past, `${row.label}, the last ${row.past.length} seconds: ${span}`);
  }
  if (stage === "pilots") drawTenants(shown.tenants, found.tenants);
}

function drawTenants(list, tenants) {
  const stamp = JSON.stringify(tenants.map(({ tenant, models }) => [tenant, models]));
  if (list.dataset.stamp === stamp) return;
  list.dataset.stamp = stamp;
  list.replaceChildren(
    ...tenants.map(({ tenant, models }) =>
      h("div", {}, h("dt", {}, tenant), h("dd", {}, models.join(", ") || "no traffic")),
    ),
  );
}

async function look(say) {
  if (pane.hidden || document.hidden || !there) return;
  try {
    const [platform, provider] = await Promise.all([get("platform/"), get("provider/")]);
    for (const [stage, found] of Object.entries(platform.stages)) draw(stage, found, say);
    drawTrouble(platform, provider);
    trouble.hidden = false;
    state.hidden = true;
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    there = error.code !== "no_such_call";
    state.hidden = false;
    state.textContent = there ? error.message : "This sandbox runs without a platform.";
  }
}

/** Begins to look; `say` is told when a stage's model changes. `closed` is called by the close button. */
export function beginPlatform(say, closed) {
  const close = h(
    "button",
    { type: "button", class: "plain", on: { click: closed } },
    icon("close"),
    spoken("Close platform"),
  );
  pane.append(
    h(
      "header",
      {},
      h("div", {}, h("h2", {}, "Platform"), h("p", { class: "topic" }, "Live figures of the last second")),
      close,
    ),
    h("div", { class: "frame", tabindex: "0", role: "region", "aria-label": "Stages" }, state, stages, trouble),
  );
  const again = () => look(say).finally(() => setTimeout(again, EVERY_MS));
  again();
  return () => look(say);
}
