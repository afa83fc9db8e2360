// One message: who, when, what it says, what is under it, and what a person can do with it.

import { act } from "./acts.js";
import { attachment, blocks } from "./blocks.js";
import { freshId, h, icon, spoken } from "./dom.js";
import { QUICK } from "./emoji.js";
import { emoji, mrkdwn } from "./mrkdwn.js";
import { openMenu } from "./popup.js";
import { me, nameOf, openThread, repliesTo, state } from "./state.js";
import { ofMessage } from "./surface.js";
import { atOf, clock, full } from "./time.js";

const TINTS = 8;

/** Answers a person's picture: the first letters of their name on a colour of their own; the app has its icon. */
export function face(user) {
  const known = state.users.get(user);
  const name = nameOf(user);
  if (known?.is_bot) return h("span", { class: "face app", "aria-hidden": "true" }, icon("app"));
  const tint = [...state.users.keys()].indexOf(user) % TINTS;
  const letters = name
    .split(" ")
    .map((word) => word[0])
    .slice(0, 2)
    .join("");
  return h("span", { class: `face tint-${tint}`, "aria-hidden": "true" }, letters);
}

function content(said) {
  if (said.deleted) return h("p", { class: "tombstone" }, "This message was deleted.");
  const ctx = ofMessage(said);
  const inside = said.blocks.length ? blocks(said.blocks, ctx) : mrkdwn(said.text);
  return [inside, said.attachments.map((found) => attachment(found, ctx)), files(said)];
}

function files(said) {
  const inBlocks = JSON.stringify(said.blocks);
  return said.files
    .filter((file) => !inBlocks.includes(`"${file.id}"`))
    .map((file) => {
      const url = new URL(file.url);
      url.host = location.host;
      const name = h("a", { href: url.href, target: "_blank", rel: "noopener" }, file.title);
      if (!file.mimetype.startsWith("image/")) return h("p", { class: "file" }, icon("file"), name);
      return h("figure", {}, h("figcaption", {}, name), h("img", { src: url.href, alt: file.alt || file.title, loading: "lazy" }));
    });
}

function reactions(said) {
  if (!said.reactions.length) return null;
  const one = ({ name, users }) => {
    const mine = users.includes(state.me);
    const who = users.map(nameOf).join(", ");
    return h(
      "button",
      {
        type: "button",
        class: mine ? "reaction mine" : "reaction",
        title: `${who} reacted with :${name}:`,
        "aria-disabled": mine && "true",
        data: { focus: `reaction-${name}` },
        on: { click: () => !mine && act("react", { channel: said.channel, ts: said.ts, name }) },
      },
      emoji(name),
      ` ${users.length}`,
      spoken(` by ${who}`),
    );
  };
  return h("div", { class: "row reactions" }, said.reactions.map(one));
}

function replies(said) {
  const found = repliesTo(said.channel, said.ts).filter((reply) => !reply.deleted && !reply.ephemeral);
  if (!found.length) return null;
  const faces = [...new Set(found.map((reply) => reply.user))].slice(0, 3).map(face);
  return h(
    "button",
    { type: "button", class: "replies", data: { focus: "replies" }, on: { click: () => openThread(said.ts) } },
    faces,
    h("span", { class: "count" }, `${found.length} ${found.length > 1 ? "replies" : "reply"}`),
    h("span", { class: "detail" }, `last at ${clock(atOf(found.at(-1).ts))}`),
  );
}

function more(said) {
  const place = { channel: said.channel, ts: said.ts };
  const mine = said.user === state.me || said.ephemeral || me().admin;
  const shortcuts = state.app.shortcuts.filter((found) => found.type === "message" && !said.ephemeral);
  return [
    ...(said.ephemeral
      ? []
      : QUICK.map((name) => ({
          picture: emoji(name),
          text: `React with ${name.replace(/_/g, " ")}`,
          run: () => act("react", { ...place, name }),
        }))),
    ...shortcuts.map((found) => ({
      text: found.name,
      run: () => act("shortcut", { ...place, callback_id: found.callback_id }),
    })),
    ...(mine
      ? [{ text: said.ephemeral ? "Dismiss" : "Delete message", danger: true, run: () => act("delete", place) }]
      : []),
  ];
}

function tools(said, inThread) {
  if (said.deleted) return null;
  const items = more(said);
  const reply = !inThread && !said.ephemeral;
  const parent = said.thread_ts ?? said.ts;
  const menu = h(
    "button",
    { type: "button", data: { focus: "more" }, "aria-haspopup": "menu" },
    icon("more"),
    spoken("More actions"),
  );
  menu.addEventListener("click", () => openMenu(menu, "Actions of this message", items));
  return h(
    "div",
    { class: "tools" },
    reply &&
      h(
        "button",
        { type: "button", data: { focus: "reply" }, on: { click: () => openThread(parent) } },
        icon("reply"),
        spoken("Reply in thread"),
      ),
    items.length > 0 && menu,
  );
}

function author(said) {
  const bot = said.bot && h("span", { class: "tag" }, "APP");
  const name = said.bot ? said.user_name : nameOf(said.user);
  return [h("span", { class: "author" }, name), bot];
}

/** Answers a message as an item of a list; a `compact` one follows another by the same author. */
export function message(said, { inThread = false, compact = false } = {}) {
  const at = atOf(said.ts);
  const id = freshId("said");
  const time = h("time", { datetime: at.toISOString(), title: full(at) }, clock(at));
  const reply = !inThread && said.broadcast;
  const classes = ["message", compact && "compact", said.ephemeral && "ephemeral", said.deleted && "gone"];
  return h(
    "li",
    {
      class: classes.filter(Boolean).join(" "),
      data: { ts: said.ts, place: `${said.channel}/${said.ts}/${inThread}` },
    },
    h(
      "article",
      { "aria-labelledby": id },
      compact ? h("span", { class: "face none" }) : face(said.user),
      h(
        "div",
        { class: "content" },
        h("p", { id, class: compact ? "meta spoken" : "meta" }, author(said), " ", time),
        said.ephemeral && h("p", { class: "private" }, icon("eye"), "Only visible to you"),
        reply &&
          h(
            "button",
            {
              type: "button",
              class: "link replied",
              data: { focus: "parent" },
              on: { click: () => openThread(said.thread_ts) },
            },
            "replied to a thread",
          ),
        h("div", { class: "words" }, content(said), said.edited && h("span", { class: "edited" }, " (edited)")),
        reactions(said),
        !inThread && replies(said),
      ),
      tools(said, inThread),
    ),
  );
}

/** Answers what a message's looks depend on, to know when to build it anew. */
export function stampOf(said, compact) {
  const found = repliesTo(said.channel, said.ts).filter((reply) => !reply.deleted);
  return [said.n, said.deleted, compact, state.me, found.length, found.at(-1)?.ts].join("/");
}
