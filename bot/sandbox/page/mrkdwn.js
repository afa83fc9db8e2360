// Slack's mrkdwn to nodes: marks, code, quotes, links, mentions, dates, emoji. Text becomes text nodes only.
// The `markdown` block's dialect is in markdown.js, rich text's tree in richtext.js.

import { h } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { state } from "./state.js";
import { formatted } from "./time.js";

const ATOM = /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+'-]+):|\b(https?:\/\/[^\s<>"'`|]+[^\s<>"'`|.,;:!?)\]}])/g;
const MARKS = { "*": "strong", _: "em", "~": "s" };
const MARKED = /(?<![\p{L}\p{N}*_~])([*_~])(?=\S)(.+?)(?<=\S)\1(?![\p{L}\p{N}*_~])/u;
const FENCE = /```\n?([\s\S]+?)\n?```/g;
const [OPEN, SHUT] = ["\uE000", "\uE001"];

/** Answers a text with Slack's three escapes undone. */
export const unescaped = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** Answers whether a link leads where a link may: never to a script. */
export const safeUrl = (url) => /^(https?:|mailto:|slack:)/i.test(url);

/** Answers a link in a new tab, or its words alone where it is not safe. */
export function link(url, ...words) {
  if (!safeUrl(url)) return h("span", {}, ...words);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...words);
}

/** Answers a mention; one of the person who reads, or of a group of theirs, is set apart. */
export function mention(sign, name, mine = false) {
  return h("span", { class: mine ? "mention mine" : "mention" }, `${sign}${name}`);
}

export function userMention(id, label) {
  const user = state.users.get(id);
  return mention("@", user ? user.name : label || id, id === state.me);
}

export function groupMention(id, label) {
  const group = state.groups.get(id);
  return mention("@", group ? group.handle : (label || id).replace(/^@/, ""), group?.users.includes(state.me));
}

export function channelMention(id, label) {
  const channel = state.channels.get(id);
  return mention("#", channel ? channel.name : label || id);
}

/** Answers an emoji by its shortcode, or the shortcode as it was written. */
export function emoji(name) {
  const sign = EMOJI.get(name);
  return sign ? h("span", { class: "emoji", role: "img", "aria-label": name.replace(/_/g, " ") }, sign) : `:${name}:`;
}

export function moment(unix, format, fallback) {
  const at = new Date(Number(unix) * 1000);
  const iso = Number.isNaN(at.getTime()) ? null : at.toISOString();
  return h("time", { datetime: iso, title: iso && at.toString() }, formatted(unix, format, fallback));
}

function entity(body) {
  const bar = body.indexOf("|");
  const [target, label] = bar < 0 ? [body, ""] : [body.slice(0, bar), unescaped(body.slice(bar + 1))];
  if (target.startsWith("@")) return userMention(target.slice(1), label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9), label);
  if (target.startsWith("!date^")) {
    const [, unix, format, url] = target.split("^");
    const shown = moment(unix, unescaped(format ?? ""), label);
    return url ? link(unescaped(url), shown) : shown;
  }
  if (target.startsWith("!")) return mention("@", target.slice(1), true);
  const url = unescaped(target);
  return safeUrl(url) ? link(url, label || url.replace(/^mailto:/i, "")) : unescaped(`<${body}>`);
}

/** Answers one run of text as nodes: what cannot be marked inside is set aside first, then marks are found. */
function inline(text) {
  const atoms = [];
  const aside = (node) => `${OPEN}${atoms.push(node) - 1}${SHUT}`;
  const clean = text.replace(/[\uE000-\uF8FF]/g, "\uFFFD");
  const rest = clean.replace(ATOM, (whole, code, inner, name, url) => {
    if (code)
      return aside(
        h("code", {}, unescaped(code.replace(/<([^<>|]*)\|?([^<>]*)>/g, (_, target, label) => label || target))),
      );
    if (inner) return aside(entity(inner));
    if (name) return EMOJI.has(name) ? aside(emoji(name)) : whole;
    return aside(link(unescaped(url), unescaped(url)));
  });
  return marked(rest, atoms);
}

function marked(text, atoms) {
  const found = MARKED.exec(text);
  if (!found) return plain(text, atoms);
  const [whole, sign, inside] = found;
  return [
    ...plain(text.slice(0, found.index), atoms),
    h(MARKS[sign], {}, marked(inside, atoms)),
    ...marked(text.slice(found.index + whole.length), atoms),
  ];
}

function plain(text, atoms) {
  return text.split(new RegExp(`${OPEN}(\\d+)${SHUT}`)).flatMap((part, index) => {
    if (index % 2) return [atoms[Number(part)]];
    return lines(unescaped(part));
  });
}

/** Answers text with its line breaks. */
export function lines(text) {
  return text
    .split("\n")
    .flatMap((line, index) => (index ? [h("br"), line] : [line]))
    .filter((part) => part !== "");
}

function quoted(text) {
  const nodes = [];
  let quote = [];
  let said = [];
  const endQuote = () => {
    if (quote.length) nodes.push(h("blockquote", {}, inline(quote.join("\n"))));
    quote = [];
  };
  const endSaid = () => {
    const joined = said.join("\n").replace(/^\n+|\n+$/g, "");
    if (joined) nodes.push(h("p", {}, inline(joined)));
    said = [];
  };
  for (const line of text.split("\n")) {
    const inner = /^(?:&gt;|>)(?!&gt;&gt;) ?(.*)$/.exec(line);
    if (inner) {
      endSaid();
      quote.push(inner[1]);
    } else {
      endQuote();
      said.push(line);
    }
  }
  endQuote();
  endSaid();
  return nodes;
}

/** Answers a mrkdwn text as nodes: paragraphs, quotes and code. */
export function mrkdwn(text) {
  return text.split(FENCE).flatMap((part, index) => {
    if (index % 2) return [h("pre", { tabindex: "0" }, h("code", {}, unescaped(part)))];
    return quoted(part);
  });
}

/** Answers a text object (or a bare string) as nodes that fit in a line. */
export function words(text) {
  if (!text) return [];
  if (typeof text === "string") return lines(text);
  if (text.type === "mrkdwn") return inline(text.text);
  return unescaped(text.text)
    .split(/:([a-z0-9_+'-]+):/)
    .flatMap((part, index) => {
      if (!(index % 2)) return lines(part);
      return [EMOJI.has(part) && text.emoji !== false ? emoji(part) : `:${part}:`];
    });
}

/** Answers a text object as nodes that stand as blocks of their own. */
export const body = (text) => (text?.type === "mrkdwn" ? mrkdwn(text.text) : [h("p", {}, words(text))]);
