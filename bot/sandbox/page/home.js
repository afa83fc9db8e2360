// The app's home tab of the acting person.

import { act } from "./acts.js";
import { blocks } from "./blocks.js";
import { h, patch } from "./dom.js";
import { state } from "./state.js";
import { ofView } from "./surface.js";

const frame = document.querySelector("#home");
let opened = null;

/** Draws the home tab while it is open; opening it tells the app, as Slack does. */
export function drawHome() {
  const here = state.place === "home";
  frame.hidden = !here;
  if (!here) {
    opened = null;
    return;
  }
  if (opened !== state.me) {
    opened = state.me;
    act("home", {});
  }
  const view = state.home;
  const empty = () => h("p", { class: "empty" }, `${state.app.name} has shown nothing here yet.`);
  const build = () =>
    view
      ? h("div", { class: "words", data: { place: "home" } }, blocks(view.blocks, ofView(view, new Map())))
      : empty();
  patch(frame, [{ key: "home", stamp: JSON.stringify([state.me, view]), build }]);
}
