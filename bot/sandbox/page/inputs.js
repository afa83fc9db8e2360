// The `input` block: an element with its label, its hint, and the error under it, tied together for screen readers.

import { freshId, h, icon } from "./dom.js";
import { element } from "./elements.js";
import { words } from "./mrkdwn.js";

/** Answers an input block as nodes; its error comes from `ctx.error(block)`. */
export function input(block, ctx) {
  const [label, hint, wrong] = [freshId("label"), freshId("hint"), freshId("error")];
  const error = ctx.error(block);
  const described = [block.hint && hint, error && wrong].filter(Boolean).join(" ");
  const form = { labelledby: label, describedby: described || null, invalid: Boolean(error) };
  const field = element(block, block.element, ctx, form);
  const title = h(
    "div",
    { id: label, class: "label" },
    words(block.label),
    block.optional && h("span", { class: "detail" }, " (optional)"),
  );
  title.addEventListener("click", () =>
    (field.matches("input,textarea") ? field : field.querySelector("input"))?.focus(),
  );
  return h(
    "div",
    { class: error ? "input wrong" : "input" },
    title,
    field,
    error && h("p", { id: wrong, class: "error" }, icon("error"), h("span", {}, error)),
    block.hint && h("p", { id: hint, class: "hint" }, words(block.hint)),
  );
}
