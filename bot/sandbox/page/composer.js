// Where a person types: messages, slash commands and mentions, with suggestions.

import { say } from "./acts.js";
import { freshId, h, icon, spoken } from "./dom.js";
import { Suggestions } from "./popup.js";
import { channelsOfMine, state } from "./state.js";

const drafts = new Map();
const MOST = 8;

function commands(typed) {
  return state.app.commands
    .filter((known) => known.command.startsWith(typed) && known.command !== typed)
    .map((known) => ({
      value: known.command,
      text: `${known.command} ${known.usage_hint}`.trim(),
      detail: known.description,
    }));
}

/** Answers the words a command's usage hint offers first: of `help | diff CANDIDATE` these are help and diff. */
function verbs(command, typed) {
  const hint = state.app.commands.find((known) => known.command === command)?.usage_hint ?? "";
  const parts = hint
    .replace(/^\[|\]$/g, "")
    .split("|")
    .map((part) => part.trim());
  return parts
    .filter((part) => /^[a-z]/.test(part) && part.startsWith(typed) && part.split(/\s/)[0] !== typed)
    .map((part) => ({ value: part.split(/\s/)[0], text: part, detail: "" }));
}

function people(typed) {
  const users = [...state.users.values()].filter((user) => user.name !== "slackbot");
  const found = [
    ...users.map((user) => ({
      value: `@${user.name}`,
      text: `@${user.name}`,
      detail: user.is_bot ? "App" : [user.real_name, user.title].filter(Boolean).join(", "),
    })),
    ...[...state.groups.values()].map((group) => ({
      value: `@${group.handle}`,
      text: `@${group.handle}`,
      detail: group.name,
    })),
  ];
  return found.filter((each) => `${each.text} ${each.detail}`.toLowerCase().includes(typed.toLowerCase()));
}

function channels(typed) {
  const { mine, others } = channelsOfMine();
  const found = [...mine, ...others].filter((channel) => !channel.direct && channel.name.includes(typed));
  return found.map((channel) => ({ value: `#${channel.name}`, text: `#${channel.name}`, detail: channel.topic }));
}

/** Answers what could be meant at the end of `text`: where that word begins, and the suggestions for it. */
function offered(text) {
  const verb = /^(\/\S+) ([a-z]*)$/.exec(text);
  // A command is whole without its next word, so nothing is meant until a person goes down into the list.
  if (verb) return { from: text.length - verb[2].length, found: verbs(verb[1], verb[2]), active: -1 };
  if (/^\/\S*$/.test(text)) return { from: 0, found: commands(text) };
  const word = /(?:^|\s)([@#])([\w.-]*)$/.exec(text);
  if (!word) return { from: 0, found: [] };
  const found = word[1] === "@" ? people(word[2]) : channels(word[2]);
  const exact = found.length === 1 && found[0].value === word[1] + word[2];
  return { from: text.length - word[2].length - 1, found: exact ? [] : found };
}

/**
 * Answers a composer; `where()` gives {key, label, placeholder, thread, refused}: what it writes to, or why it cannot.
 * `sent()` is called as soon as something goes off, before its answer.
 */
export function composer(where, { broadcast = false, sent }) {
  const help = freshId("help");
  const field = h("textarea", { rows: 1, autocomplete: "off", "aria-describedby": help });
  const send = h("button", { type: "button", class: "plain send" }, icon("send"), spoken("Send"));
  const also = broadcast && h("input", { type: "checkbox" });
  const list = new Suggestions(field, "Suggestions", put);
  const node = h(
    "div",
    { class: "composer" },
    h("div", { class: "typing" }, field, send),
    h(
      "div",
      { class: "under" },
      also && h("label", {}, also, "Also send to the channel"),
      h("span", { id: help, class: "keys" }, "Enter sends, Shift + Enter breaks the line"),
    ),
  );
  let key = null;

  function put(item) {
    const before = field.value.slice(0, field.selectionStart);
    const after = field.value.slice(field.selectionStart);
    const { from } = offered(before);
    const start = `${before.slice(0, from)}${item.value} `;
    field.value = start + after.trimStart();
    field.setSelectionRange(start.length, start.length);
    list.hide();
    changed();
  }

  function changed() {
    drafts.set(key, field.value);
    send.disabled = !field.value.trim() || field.disabled;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, 200)}px`;
    const { found, active } = offered(field.value.slice(0, field.selectionStart));
    list.show(document.activeElement === field ? found.slice(0, MOST) : [], { active });
  }

  async function go() {
    const text = field.value.trim();
    if (!text || field.disabled) return;
    field.value = "";
    list.hide();
    changed();
    sent();
    const outcome = await say(text, where().thread, also?.checked);
    if (also) also.checked = false;
    if (outcome === null && !field.value) {
      field.value = text;
      changed();
    }
  }

  field.addEventListener("input", changed);
  field.addEventListener("blur", () => list.hide());
  field.addEventListener("keydown", (event) => {
    if (list.take(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    go();
  });
  send.addEventListener("click", go);

  /** Shows where it writes to, with the draft kept for it. */
  function draw() {
    const now = where();
    field.setAttribute("aria-label", now.label);
    field.placeholder = now.refused ?? now.placeholder;
    field.disabled = Boolean(now.refused);
    node.classList.toggle("refused", Boolean(now.refused));
    if (now.key === key) return;
    key = now.key;
    field.value = drafts.get(key) ?? "";
    list.hide();
    changed();
  }

  /** Begins a text for the person, who finishes and sends it. */
  function suggest(text) {
    field.value = text;
    field.focus();
    field.setSelectionRange(text.length, text.length);
    changed();
  }

  return { node, draw, field, suggest };
}
