// Block Kit: one function a block type, from the block's JSON to nodes. What is inside a block and can be used is in
// elements.js; an `input` block with its label, hint and error is in inputs.js.

import { chart } from "./chart.js";
import { element, picture } from "./elements.js";
import { freshId, h, icon, spoken } from "./dom.js";
import { input } from "./inputs.js";
import { markdown } from "./markdown.js";
import { body, mrkdwn, words } from "./mrkdwn.js";
import { richText } from "./richtext.js";

const isText = (found) => found.type === "mrkdwn" || found.type === "plain_text";

const LONG = { letters: 480, lines: 7 };
const unfolded = new Set();

/** Answers a long text folded, as Slack does where `expand` is not set; what was unfolded once stays so through edits. */
function folded(block, ctx, index) {
  const said = h("div", {}, body(block.text));
  const { length } = block.text.text;
  const lines = block.text.text.split("\n").length;
  const key = `${ctx.key}/${index}`;
  if (block.expand || unfolded.has(key) || (length <= LONG.letters && lines <= LONG.lines)) return said;
  const button = h(
    "button",
    { type: "button", class: "link", "aria-expanded": "false", data: { focus: `more-${index}` } },
    "See more",
  );
  const open = () => {
    unfolded.add(key);
    said.classList.remove("folded");
    button.remove();
  };
  said.className = "folded";
  said.setAttribute("tabindex", "-1");
  said.addEventListener("focusin", (event) => event.target !== said && open());
  button.addEventListener("click", () => {
    open();
    said.focus();
  });
  return [said, button];
}

function section(block, ctx, index) {
  const side = block.accessory && h("div", { class: "accessory row" }, element(block, block.accessory, ctx));
  const fields =
    block.fields &&
    h(
      "div",
      { class: "fields" },
      block.fields.map((found) => h("div", {}, body(found))),
    );
  return h(
    "div",
    { class: "section" },
    h("div", { class: "said" }, block.text && folded(block, ctx, index), fields),
    side,
  );
}

function context(block, ctx) {
  return h(
    "div",
    { class: "context" },
    block.elements.map((found) => (isText(found) ? h("span", {}, words(found)) : picture(found, ctx))),
  );
}

function image(block, ctx) {
  return h("figure", {}, block.title && h("figcaption", {}, words(block.title)), picture(block, ctx));
}

const LEVELS = {
  default: ["info", "Note"],
  info: ["info", "Information"],
  warning: ["warning", "Warning"],
  error: ["error", "Error"],
  success: ["success", "Success"],
};

function alert(block) {
  const [sign, word] = LEVELS[block.level] ?? LEVELS.default;
  return h(
    "div",
    { class: `alert ${block.level ?? "default"}` },
    icon(sign),
    h("div", {}, spoken(`${word}: `), body(block.text)),
  );
}

function cell(found) {
  if (found.type === "rich_text") return richText(found);
  return String(found.text ?? found.value ?? "");
}

/** So many columns and rows stand as blocks, a row each, where the table has no room; larger tables scroll sideways. */
const COLUMNS_AS_BLOCKS = { from: 5, to: 10 };
const ROWS_AS_BLOCKS = 8;

function table(block) {
  const settings = block.column_settings ?? [];
  const [head, ...rest] = block.rows;
  // Roles are written out: where rows stand as blocks, a browser no longer takes them for a table's.
  const row = (cells, tag) =>
    h(
      "tr",
      { role: "row" },
      cells.map((found, column) => {
        const { align, is_wrapped: wrapped } = settings[column] ?? {};
        const side = align ?? (found.type === "raw_number" ? "right" : "left");
        const kind = tag === "th" ? { scope: "col", role: "columnheader" } : { role: "cell" };
        const name = tag === "td" && column > 0 ? String(head[column]?.text ?? "") : null;
        return h(tag, { class: `${side} ${wrapped ? "" : "whole"}`, ...kind, "data-name": name }, cell(found));
      }),
    );
  const caption = block.caption && h("caption", {}, words(block.caption));
  const label = typeof block.caption === "string" ? block.caption : "Table";
  const made = h(
    "table",
    { role: "table" },
    caption,
    h("thead", { role: "rowgroup" }, row(head, "th")),
    h(
      "tbody",
      { role: "rowgroup" },
      rest.map((cells) => row(cells, "td")),
    ),
  );
  const { from, to } = COLUMNS_AS_BLOCKS;
  const many = head.length >= from && head.length <= to && rest.length > 0 && rest.length <= ROWS_AS_BLOCKS;
  const named = { class: `table ${many ? "many" : ""}`, tabindex: "0", role: "region", "aria-label": label };
  return h("div", { class: "room" }, sideways(h("div", named, made), made));
}

/** Answers a region that scrolls sideways, and under it a word while something is beyond its right edge. */
function sideways(region, content) {
  // A scrollbar says it only where there is one: many systems hide theirs until something moves.
  const word = h("p", { class: "beyond", "aria-hidden": "true", hidden: true }, "More columns to the right →");
  const look = () => {
    word.hidden = region.scrollWidth - region.scrollLeft - region.clientWidth <= 1;
    region.classList.toggle("cut", !word.hidden);
  };
  region.addEventListener("scroll", look);
  const sizes = new ResizeObserver(look);
  for (const each of [region, content]) sizes.observe(each);
  return [region, word];
}

function container(block, ctx) {
  const title = freshId("title");
  return h(
    "section",
    { class: "card", "aria-labelledby": title },
    h("p", { id: title, class: "heading" }, words(block.title ?? "")),
    blocks(block.child_blocks ?? [], ctx),
  );
}

function card(block, ctx) {
  const parts = ["subtitle", "body", "description"]
    .filter((key) => block[key])
    .map((key) => h("div", {}, body(block[key])));
  return h(
    "section",
    { class: "card" },
    block.title && h("p", { class: "heading" }, words(block.title)),
    block.hero_image && picture(block.hero_image, ctx),
    parts,
    block.actions &&
      h(
        "div",
        { class: "row" },
        block.actions.map((found) => element(block, found, ctx)),
      ),
  );
}

const STATUSES = { pending: "not begun", in_progress: "under way", complete: "done", error: "failed" };

function task(block, ctx) {
  const status = block.status ?? "pending";
  const more = ["details", "output"].filter((key) => block[key]).map((key) => one(block[key], ctx));
  return h(
    "div",
    { class: `task ${status}` },
    h("p", {}, words(block.title), " ", h("span", { class: "detail" }, `(${STATUSES[status] ?? status})`)),
    more,
  );
}

function plan(block, ctx) {
  const steps = (block.tasks ?? []).map((found) => h("li", {}, task(found, ctx)));
  return h("section", { class: "card" }, h("p", { class: "heading" }, words(block.title)), h("ol", {}, steps));
}

const row = (block, ctx) =>
  h(
    "div",
    { class: "row" },
    block.elements.map((found) => element(block, found, ctx)),
  );

const TYPES = {
  section,
  context,
  image,
  alert,
  table,
  container,
  card,
  plan,
  input,
  header: (block) => h("p", { class: "header", role: "heading", "aria-level": "2" }, words(block.text)),
  divider: () => h("hr"),
  actions: row,
  context_actions: row,
  rich_text: (block) => h("div", { class: "rich" }, richText(block)),
  markdown: (block) => h("div", { class: "rich" }, markdown(block.text)),
  data_table: table,
  data_visualization: chart,
  task_card: task,
  carousel: (block, ctx) =>
    h("div", { class: "carousel", tabindex: "0", role: "region", "aria-label": "Cards" }, blocks(block.elements, ctx)),
};

function one(block, ctx, index = 0) {
  const build = TYPES[block.type];
  if (!build) return h("p", { class: "unknown" }, `(${block.type}: not shown in this sandbox)`);
  return h(
    "div",
    { class: "block", data: { kind: block.type, block: block.block_id ?? "" } },
    build(block, ctx, index),
  );
}

/** Answers blocks as nodes. `ctx` says what the elements hold and what using them does, see surface.js. */
export const blocks = (found, ctx) => found.map((block, index) => one(block, ctx, index));

/** Answers an old-style attachment: a bar at its side, text or blocks. */
export function attachment(found, ctx) {
  const inside = found.blocks ? blocks(found.blocks, ctx) : mrkdwn(found.text ?? found.fallback ?? "");
  return h(
    "div",
    { class: "attachment" },
    found.pretext && h("div", {}, mrkdwn(found.pretext)),
    found.title && h("p", { class: "heading" }, words(found.title)),
    inside,
  );
}
