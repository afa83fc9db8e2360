// The `rich_text` block: a tree of sections, lists, quotes and preformatted text, as nodes.

import { h } from "./dom.js";
import { channelMention, emoji, groupMention, lines, link, mention, moment, userMention } from "./mrkdwn.js";

const STYLES = [
  ["code", "code"],
  ["strike", "s"],
  ["italic", "em"],
  ["bold", "strong"],
  ["underline", "u"],
];

function piece(found) {
  switch (found.type) {
    case "user":
      return userMention(found.user_id);
    case "usergroup":
      return groupMention(found.usergroup_id);
    case "channel":
      return channelMention(found.channel_id);
    case "broadcast":
      return mention("@", found.range, true);
    case "emoji":
      return emoji(found.name);
    case "date":
      return moment(found.timestamp, found.format, found.fallback ?? "");
    case "link":
      return link(found.url, found.text || found.url);
    default:
      return lines(String(found.text ?? ""));
  }
}

function styled(found) {
  let node = piece(found);
  for (const [style, tag] of STYLES) if (found.style?.[style]) node = h(tag, {}, node);
  return node;
}

const pieces = (part) => (part.elements ?? []).map(styled);

function part(found) {
  switch (found.type) {
    case "rich_text_list":
      return h(
        found.style === "ordered" ? "ol" : "ul",
        { class: `indent-${found.indent ?? 0}` },
        (found.elements ?? []).map((item) => h("li", {}, pieces(item))),
      );
    case "rich_text_quote":
      return h("blockquote", {}, pieces(found));
    case "rich_text_preformatted":
      return h("pre", { tabindex: "0" }, h("code", {}, pieces(found)));
    default:
      return h("p", {}, pieces(found));
  }
}

/** Answers a rich text block as nodes. */
export const richText = (block) => (block.elements ?? []).map(part);
