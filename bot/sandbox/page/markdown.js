// The `markdown` block: the standard Markdown that Slack takes there (headings, lists, tables, code, quotes, links).

import { h } from "./dom.js";
import { lines, link } from "./mrkdwn.js";

const INLINE =
  /`([^`]+)`|\*\*(.+?)\*\*|__(.+?)__|~~(.+?)~~|\*([^*\s][^*]*)\*|_([^_\s][^_]*)_|\[([^\]]+)\]\(([^)\s]+)\)/;

function inline(text) {
  const found = INLINE.exec(text);
  if (!found) return lines(text);
  const [whole, code, bold, bold2, strike, em, em2, label, url] = found;
  const node = code
    ? h("code", {}, code)
    : url
      ? link(url, ...inline(label))
      : h(bold || bold2 ? "strong" : strike ? "s" : "em", {}, inline(bold || bold2 || strike || em || em2));
  return [...inline(text.slice(0, found.index)), node, ...inline(text.slice(found.index + whole.length))];
}

const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());

const RULES = [
  [
    /^```/,
    (rest) => {
      const end = rest.findIndex((line, index) => index && /^```/.test(line));
      const code = rest.slice(1, end < 0 ? rest.length : end);
      return [h("pre", { tabindex: "0" }, h("code", {}, code.join("\n"))), code.length + 2];
    },
  ],
  [/^#{1,6}\s/, ([line]) => [h("p", { class: "heading" }, h("strong", {}, inline(line.replace(/^#+\s*/, "")))), 1]],
  [/^(-{3,}|\*{3,})$/, () => [h("hr"), 1]],
  [
    /^>/,
    (rest) => {
      const taken = span(rest, (line) => /^>/.test(line));
      return [h("blockquote", {}, inline(taken.map((line) => line.replace(/^> ?/, "")).join("\n"))), taken.length];
    },
  ],
  [
    ITEM,
    (rest) => {
      const taken = span(rest, (line) => ITEM.test(line));
      const tag = ITEM.exec(rest[0])[1] ? "ol" : "ul";
      return [
        h(
          tag,
          {},
          taken.map((line) => h("li", {}, inline(ITEM.exec(line)[2]))),
        ),
        taken.length,
      ];
    },
  ],
  [
    /^\|.*\|\s*$/,
    (rest) => {
      const taken = span(rest, (line) => /^\|/.test(line));
      const [head, ...rows] = taken.filter((line) => !/^\|[\s:|-]+\|\s*$/.test(line)).map(cells);
      const row = (tag, found) =>
        h(
          "tr",
          {},
          found.map((cell) => h(tag, {}, inline(cell))),
        );
      const table = h(
        "table",
        {},
        h("thead", {}, row("th", head)),
        h(
          "tbody",
          {},
          rows.map((found) => row("td", found)),
        ),
      );
      return [h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, table), taken.length];
    },
  ],
];

function span(rest, fits) {
  const end = rest.findIndex((line) => !fits(line));
  return end < 0 ? rest : rest.slice(0, end);
}

const begins = (line) => RULES.some(([pattern]) => pattern.test(line));

/** Answers a Markdown text as nodes. */
export function markdown(text) {
  const nodes = [];
  let rest = text.split("\n");
  while (rest.length) {
    const rule = RULES.find(([pattern]) => pattern.test(rest[0]));
    if (rule) {
      const [node, count] = rule[1](rest);
      nodes.push(node);
      rest = rest.slice(count);
    } else if (!rest[0].trim()) rest = rest.slice(1);
    else {
      const taken = [rest[0], ...span(rest.slice(1), (line) => line.trim() && !begins(line))];
      nodes.push(h("p", {}, inline(taken.join("\n"))));
      rest = rest.slice(taken.length);
    }
  }
  return nodes;
}
