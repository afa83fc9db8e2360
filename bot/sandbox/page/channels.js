// The list of channels and the app at the side, with what is unread, and what of it calls the acting person.

import { h, icon, patch, spoken } from "./dom.js";
import { channelsOfMine, listed, open, state } from "./state.js";

const KEY = "sandbox-read";
const began = String(Date.now() / 1000);
const marks = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");

/** Answers up to where the acting person has read a channel. */
export const readUpTo = (channel) => marks[state.me]?.[channel] ?? marks.began ?? began;

/** Marks a channel as read up to its newest message. */
export function markRead(channel) {
  const newest = listed(channel).at(-1)?.ts;
  if (!newest || newest <= readUpTo(channel)) return;
  marks.began ??= began;
  marks[state.me] = { ...marks[state.me], [channel]: newest };
  sessionStorage.setItem(KEY, JSON.stringify(marks));
}

/** Answers what in a channel the acting person has not seen: how many messages, and how many of them call them. */
export function unread(channel) {
  const since = readUpTo(channel);
  const fresh = listed(channel).filter((said) => said.ts > since && said.user !== state.me && !said.deleted);
  return { count: fresh.length, calls: fresh.filter(callsMe).length };
}

/** Answers whether a message mentions the acting person or a group of theirs, or is for their eyes alone. */
export function callsMe(said) {
  const names = [
    `<@${state.me}`,
    ...[...state.groups.values()]
      .filter((group) => group.users.includes(state.me))
      .map((group) => `<!subteam^${group.id}`),
  ];
  const content = said.text + JSON.stringify(said.blocks);
  return said.ephemeral || names.some((name) => content.includes(name));
}

function row(channel, others) {
  const here = state.place === channel.id;
  const { count, calls } = here || others ? { count: 0, calls: 0 } : unread(channel.id);
  const sign = channel.direct ? "app" : channel.private ? "lock" : "hash";
  const said = calls ? `${calls} for you` : count ? `${count} new` : "";
  return {
    key: channel.id,
    stamp: `${channel.name}/${here}/${said}/${others}/${channel.archived}`,
    build: () =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            class: count ? "channel unread" : "channel",
            "aria-current": here && "page",
            data: { focus: channel.id },
            on: { click: () => open(channel.id) },
          },
          icon(sign),
          h("span", { class: "name" }, channel.name.replace(/^@/, "")),
          channel.archived && h("span", { class: "detail" }, "archived"),
          said &&
            h(
              "span",
              { class: calls ? "badge calls" : "badge" },
              calls ? `${calls}` : `${count}`,
              spoken(calls ? ` new for you` : " new"),
            ),
        ),
      ),
  };
}

function home() {
  const here = state.place === "home";
  const button = () =>
    h(
      "button",
      {
        type: "button",
        class: "channel",
        "aria-current": here && "page",
        data: { focus: "home" },
        on: { click: () => open("home") },
      },
      icon("app"),
      h("span", { class: "name" }, `${state.app.name} home`),
    );
  return { key: "home", stamp: String(here), build: () => h("li", {}, button()) };
}

/** Draws the list. */
export function drawChannels() {
  const { mine, others } = channelsOfMine();
  const rooms = mine.filter((channel) => !channel.direct);
  const direct = mine.filter((channel) => channel.direct);
  patch(
    document.querySelector("#rooms"),
    rooms.map((channel) => row(channel, false)),
  );
  patch(document.querySelector("#apps"), [home(), ...direct.map((channel) => row(channel, false))]);
  patch(
    document.querySelector("#others"),
    others.map((channel) => row(channel, true)),
  );
  document.querySelector("#others-title").hidden = !others.length;
}
