// Switches that break the provider, a model or a stage's traffic, and one that mends it all: to see a rollback work.

import { tell } from "./acts.js";
import { CallFailed, change, post } from "./api.js";
import { freshId, h, patch } from "./dom.js";

const SLOW_SECONDS = 3;
const FAILING = 0.3;
const SLOWER = 4;
const USUAL_SECONDS = 0.015;

const switches = h("div", { class: "switches" });
const models = h("select", {
  id: freshId("model"),
  class: "field",
  on: { change: () => (models.dataset.chosen = "yes") },
});
let personas = {};

/** Makes a call that breaks or mends something, and says what was done or why not. */
async function run(call, said) {
  try {
    await call();
    tell(said, false);
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    tell(error.message);
  }
}

const edit = (given, said) => run(() => change(`provider/models/${models.value}`, given), said);
const button = (text, press) => h("button", { type: "button", class: "button", on: { click: press } }, text);

export const trouble = h(
  "section",
  { class: "trouble", "aria-labelledby": "trouble", hidden: true },
  h("h3", { id: "trouble" }, "Break something"),
  h(
    "p",
    { class: "detail" },
    "See what the bot does: break the new model while it is being watched and it goes back; break the provider for both models and it holds.",
  ),
  h("div", { class: "broken" }, h("label", { for: models.id }, "Break one model"), models),
  h(
    "div",
    { class: "row" },
    button("Let it fail", () =>
      edit({ failure_rate: FAILING }, `${models.value} now fails ${FAILING * 100} % of its requests.`),
    ),
    button("Slow it down", () => {
      const usual = personas[models.value]?.base_seconds ?? USUAL_SECONDS;
      return edit({ base_seconds: usual * SLOWER }, `${models.value} is now about ${SLOWER} times as slow.`);
    }),
  ),
  switches,
  h(
    "div",
    { class: "row" },
    button("Mend everything", () => run(mend, "Provider, models and traffic are as they were at the start.")),
  ),
);

async function mend() {
  await post("provider/reset", {});
  await post("platform/reset", {});
}

function toggle(key, label, detail, on, press) {
  const build = () => {
    const [id, name, more] = ["switch", "name", "detail"].map((each) => freshId(each));
    return h(
      "div",
      { class: "switch" },
      h("label", { for: id }, h("span", { id: name }, label), h("span", { id: more, class: "detail" }, detail)),
      h(
        "button",
        {
          id,
          type: "button",
          role: "switch",
          "aria-checked": String(on),
          "aria-labelledby": name,
          "aria-describedby": more,
          data: { focus: key },
          on: { click: () => press(!on) },
        },
        on ? "on" : "off",
      ),
    );
  };
  return { key, stamp: String(on), build };
}

/** Draws the switches as things are now. */
export function drawTrouble(platform, provider) {
  const { outage_rate: outage, extra_seconds: extra } = provider.faults;
  const cut = Object.entries(platform.stages).map(([stage, found]) =>
    toggle(`cut-${stage}`, `Cut traffic to ${stage}`, "No requests, so no figures", !found.traffic, (on) =>
      run(
        () => post("platform/traffic", { stage, on: !on }),
        on ? `Traffic to ${stage} is cut.` : `Traffic to ${stage} flows again.`,
      ),
    ),
  );
  patch(switches, [
    toggle("outage", "Provider outage", "Every model fails", outage > 0, (on) =>
      run(() => post("provider/outage", { rate: on ? 1 : 0 }), on ? "The provider is down." : "The provider is back."),
    ),
    toggle("slow", "Slow provider", `Every answer takes ${SLOW_SECONDS} s longer`, extra > 0, (on) =>
      run(
        () => post("provider/latency", { seconds: on ? SLOW_SECONDS : 0 }),
        on ? "The provider is slow." : "The provider is as fast as before.",
      ),
    ),
    ...cut,
  ]);
  personas = Object.fromEntries(Object.entries(provider.models).map(([name, { persona }]) => [name, persona]));
  drawModels(platform);
}

/** Draws which model can be broken, with where each runs; until somebody chooses, it is the one on staging. */
function drawModels(platform) {
  const stages = Object.values(platform.stages);
  const where = (name) => {
    const found = stages.filter((stage) => stage.running === name).map((stage) => stage.stage);
    return found.length === stages.length ? "everywhere" : found.join(", ");
  };
  const rows = Object.keys(personas).map((name) => [name, where(name)]);
  const stamp = JSON.stringify(rows);
  if (models.dataset.stamp === stamp) return;
  models.dataset.stamp = stamp;
  const chosen = models.dataset.chosen ? models.value : platform.stages.staging?.running;
  models.replaceChildren(
    ...rows.map(([name, place]) => h("option", { value: name }, place ? `${name} (${place})` : name)),
  );
  models.value = chosen;
}
