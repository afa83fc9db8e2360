// The pane of one thread: its parent, its replies, and a composer of its own.

import { composer } from "./composer.js";
import { drawConversation, goToEnd, stayAtEnd } from "./conversation.js";
import { h, icon, spoken } from "./dom.js";
import { channelNow, isMember, openThread, repliesTo, state } from "./state.js";

const pane = document.querySelector("#thread");
const list = h("ol", { class: "list" });
const frame = h("div", { class: "frame", tabindex: "0", role: "region", "aria-label": "Replies" }, list);
const where = h("p", { class: "topic" });
const close = h(
  "button",
  { type: "button", class: "plain", on: { click: leave } },
  icon("close"),
  spoken("Close thread"),
);
const input = composer(
  () => ({
    key: `${state.me}/${state.place}/${state.thread}`,
    label: "Reply in this thread",
    placeholder: "Reply…",
    thread: state.thread,
    refused: isMember(channelNow()) ? null : "You are not in this channel and cannot write here.",
  }),
  { broadcast: true, sent: () => goToEnd(frame) },
);

pane.append(h("header", {}, h("div", {}, h("h2", {}, "Thread"), where), close), frame, input.node);
pane.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) leave();
});
stayAtEnd(frame, list);
let shown = null;
let opener = null;

function leave() {
  const place = opener;
  openThread(null);
  const said = place && document.querySelector(`[data-place="${CSS.escape(place)}"]`);
  (
    said?.querySelector("[data-focus=replies], [data-focus=reply]") ?? document.querySelector("#composer textarea")
  )?.focus();
}

/** Draws the open thread, or hides the pane; a thread just opened takes the focus to its composer. */
export function drawThread() {
  const channel = channelNow();
  const parent = channel && state.thread && state.messages.get(channel.id)?.get(state.thread);
  pane.hidden = !parent;
  document.body.classList.toggle("with-thread", Boolean(parent));
  if (!parent) {
    shown = null;
    return;
  }
  const what = `${state.me}/${channel.id}/${parent.ts}`;
  where.textContent = `${channel.direct ? "" : "#"}${channel.name}`;
  drawConversation(frame, list, [parent, ...repliesTo(channel.id, parent.ts)], what, { inThread: true });
  input.draw();
  if (shown !== what) {
    opener = `${channel.id}/${parent.ts}/false`;
    // On a phone, a focused field would bring up the keyboard over what is to be read.
    if (matchMedia("(pointer: coarse)").matches) close.focus();
    else if (shown !== null || document.activeElement !== document.body) input.field.focus();
  }
  shown = what;
}
