// The page put together: what is drawn when, the address, the panes on narrow screens, what is said aloud.

import { CallFailed } from "./api.js";
import { callsMe, drawChannels, markRead, readUpTo, unread } from "./channels.js";
import { composer } from "./composer.js";
import { drawConversation, goToEnd, stayAtEnd } from "./conversation.js";
import { h, icon, patch, spoken } from "./dom.js";
import { drawHome } from "./home.js";
import { followLinks, goTo, wished } from "./links.js";
import { drawModal } from "./modals.js";
import { drawPeople } from "./people.js";
import { beginPlatform } from "./platform.js";
import { begin, channelNow, isMember, listed, me, onArrival, redraw, state, subscribe } from "./state.js";
import { drawThread } from "./thread.js";

const find = (selector) => document.querySelector(selector);
const frame = find("#frame");
const NARROW = matchMedia("(max-width: 1099px)");
const SPOKEN_LETTERS = 240;
let newFrom = null;
let place = null;

const input = composer(
  () => {
    const channel = channelNow();
    const name = channel ? `${channel.direct ? "" : "#"}${channel.name}` : "";
    const outside = channel?.archived
      ? `${name} is archived, nobody can write there.`
      : `You are not in ${name} and cannot write there.`;
    return {
      key: `${state.me}/${state.place}`,
      label: `Message ${name}`,
      placeholder: `Message ${name}`,
      refused: channel && isMember(channel) && !channel.archived ? null : outside,
    };
  },
  { sent: () => goToEnd(frame) },
);
find("#composer").append(input.node);
stayAtEnd(frame, find("#list"));

function drawTop() {
  const channel = channelNow();
  const home = state.place === "home";
  const sign = home || channel.direct ? "app" : channel.private ? "lock" : "hash";
  const name = home ? `${state.app.name} home` : channel.name;
  find("#team").textContent = state.team.name;
  find("#title").replaceChildren(icon(sign), name);
  find("#topic").textContent = home
    ? "What concerns you"
    : [channel.topic, channel.direct ? "" : `${channel.members.length} members`].filter(Boolean).join(" · ");
  document.title = `${home || channel.direct ? "" : "#"}${name} · ${me().real_name} · ${state.team.name} sandbox`;
}

function drawStatus() {
  const { delivery, name } = state.app;
  const away = !delivery.request_url && !delivery.connections;
  const text = !state.online
    ? "The sandbox does not answer. Trying again…"
    : away
      ? `${name} is not connected: commands and buttons will fail until it is.`
      : "";
  const status = find("#status");
  if (status.dataset.shown === text) return;
  status.dataset.shown = text;
  status.replaceChildren(...(text ? [icon("warning"), h("span", {}, text)] : []));
}

function drawHint() {
  const command = state.app.commands[0]?.command;
  const gone = localStorage.getItem("sandbox-hint") === "gone" || !command || state.place === "home";
  const example =
    /\bdiff\b/.test(state.app.commands[0]?.usage_hint) || command === "/rotate" ? `${command} diff` : command;
  const dismiss = () => {
    localStorage.setItem("sandbox-hint", "gone");
    redraw();
    input.field.focus();
  };
  const build = () =>
    h(
      "div",
      { class: "hint-bar" },
      icon("info"),
      h(
        "p",
        {},
        "New here? Type ",
        h("code", {}, example),
        ". To approve, act as somebody else: the switch is at the top right.",
      ),
      h(
        "button",
        { type: "button", class: "link", on: { click: () => input.suggest(`${example} `) } },
        `Try ${example}`,
      ),
      h("button", { type: "button", class: "plain", on: { click: dismiss } }, icon("close"), spoken("Dismiss hint")),
    );
  patch(find("#hint"), gone ? [] : [{ key: "hint", stamp: example, build }]);
}

function drawChannel() {
  const channel = channelNow();
  const home = state.place === "home";
  frame.hidden = home;
  find("#composer").hidden = home;
  if (home || !channel) return;
  const what = `${state.me}/${channel.id}`;
  if (place !== what) {
    newFrom = unread(channel.id).count ? readUpTo(channel.id) : null;
    place = what;
    frame.setAttribute("aria-label", `Messages in ${channel.name}`);
  }
  const found = listed(channel.id);
  find("#none").hidden = found.length > 0;
  drawConversation(frame, find("#list"), found, what, { inThread: false, newFrom });
  if (!document.hidden) markRead(channel.id);
  input.draw();
}

function drawAddress() {
  const where = state.place === "home" ? "home" : channelNow().direct ? state.place : channelNow().name;
  const address = `#${[me().name, where, state.thread].filter(Boolean).join("/")}`;
  if (location.hash !== address) history.replaceState(null, "", address);
}

function draw() {
  for (const part of [
    drawTop,
    drawStatus,
    drawPeople,
    drawChannel,
    drawHome,
    drawThread,
    drawChannels,
    drawHint,
    drawModal,
    drawAddress,
  ])
    part();
  document.body.removeAttribute("aria-busy");
}

/** Says something aloud for who listens instead of looking. */
function sayAloud(text) {
  find("#live").append(h("p", {}, text));
  while (find("#live").children.length > 4) find("#live").firstChild.remove();
}

onArrival((said) => {
  if (said.user === state.me || (said.channel !== state.place && !callsMe(said))) return;
  if (said.thread_ts && said.thread_ts !== said.ts && !said.broadcast && said.thread_ts !== state.thread) return;
  const where = said.channel === state.place ? "" : ` in ${said.channel_name}`;
  sayAloud(`${said.user_name}${where}${said.ephemeral ? ", only to you" : ""}: ${said.plain.slice(0, SPOKEN_LETTERS)}`);
});

function show(pane, shown) {
  document.body.classList.toggle(`no-${pane}`, !shown);
  find(`#${pane}`).hidden = !shown;
  find(`#open-${pane}`).setAttribute("aria-expanded", String(shown));
}

function shownNow(pane) {
  return !find(`#${pane}`).hidden;
}

let lookAtPlatform = () => {};

function togglePlatform(shown = !shownNow("platform")) {
  show("platform", shown);
  if (shown) lookAtPlatform();
  else find("#open-platform").focus();
}

function toggleDrawer(opened) {
  document.body.classList.toggle("drawer", opened);
  find("#open-side").setAttribute("aria-expanded", String(opened));
  if (opened) find("#side button")?.focus();
}

find("#open-platform").addEventListener("click", () => togglePlatform());
find("#open-side").addEventListener("click", () => toggleDrawer(!document.body.classList.contains("drawer")));
find("#side").addEventListener("click", (event) => event.target.closest("button") && toggleDrawer(false));
find("#side").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  toggleDrawer(false);
  find("#open-side").focus();
});
find("#shade").addEventListener("click", () => toggleDrawer(false));
find(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  (state.place === "home" ? find("#home") : frame).focus();
});
document.addEventListener("visibilitychange", () => !document.hidden && state.me && redraw());
addEventListener("hashchange", () => location.reload());

const asked = wished();
subscribe(draw);
followLinks();
show("platform", !NARROW.matches);
lookAtPlatform = beginPlatform(sayAloud, () => togglePlatform(false));
try {
  await begin(asked);
  if (asked.message) goTo(asked.message);
  else if (!NARROW.matches) input.field.focus();
} catch (error) {
  if (!(error instanceof CallFailed)) throw error;
  find("#status").textContent = `${error.message} Reload this page once it does.`;
}
