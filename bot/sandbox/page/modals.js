// The acting person's modals: the one on top of the stack is shown; sending, going back, closing.

import { act } from "./acts.js";
import { blocks } from "./blocks.js";
import { closeDialog, openDialog } from "./dialogs.js";
import { freshId, h, icon, spoken } from "./dom.js";
import { redraw, state } from "./state.js";
import { ofView } from "./surface.js";

const forms = new Map(); // view id -> what was entered and not sent yet
const titleId = freshId("title");
const dialog = h("dialog", { class: "dialog modal", "aria-labelledby": titleId });
let shown = { id: null, stamp: null, fields: 0 };

dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  leave();
});

const top = () => state.views.at(-1);

function leave(all = false) {
  const view = top();
  if (view) act("close", all ? { view_id: view.view_id, all } : { view_id: view.view_id });
}

async function send(view, form, event) {
  event?.preventDefault();
  const busy = dialog.querySelector(".submit");
  if (busy.getAttribute("aria-busy") === "true") return;
  busy.setAttribute("aria-busy", "true");
  busy.textContent = "Sending…";
  dialog.querySelector(".notice")?.remove();
  const inputs = new Set(view.fields.map((field) => field.block_id));
  const values = Object.fromEntries(
    [...form.values()].filter(({ block }) => inputs.has(block)).map(({ block, value }) => [block, value]),
  );
  const outcome = await act("submit", { view_id: view.view_id, values });
  shown.stamp = null;
  redraw();
  if (outcome?.notice)
    dialog.querySelector(".dialog-body")?.prepend(h("p", { class: "notice", role: "alert" }, outcome.notice));
  if (outcome && Object.keys(outcome.errors).length) dialog.querySelector("[aria-invalid=true]")?.focus();
}

function build(view) {
  const form = forms.get(view.view_id) ?? new Map();
  forms.set(view.view_id, form);
  const pushed = state.views.length > 1;
  const close = view.close ?? (view.submit ? "Cancel" : "Close");
  const wrong = Object.keys(view.errors).length;
  return h(
    "form",
    { novalidate: true, on: { submit: (event) => send(view, form, event) } },
    h(
      "header",
      {},
      pushed &&
        h(
          "button",
          { type: "button", class: "plain", data: { focus: "back" }, on: { click: () => leave() } },
          icon("back"),
          spoken("Back"),
        ),
      h("h2", { id: titleId }, view.title),
      h(
        "button",
        { type: "button", class: "plain", data: { focus: "close" }, on: { click: () => leave(true) } },
        icon("close"),
        spoken("Close"),
      ),
    ),
    h(
      "div",
      { class: "dialog-body", tabindex: "-1" },
      h(
        "p",
        { class: "spoken", role: "alert" },
        wrong ? `${wrong} field${wrong > 1 ? "s need" : " needs"} another look.` : "",
      ),
      blocks(view.blocks, ofView(view, form)),
    ),
    h(
      "footer",
      {},
      h("button", { type: "button", class: "button", data: { focus: "cancel" }, on: { click: () => leave() } }, close),
      view.submit &&
        h("button", { type: "submit", class: "button primary submit", data: { focus: "submit" } }, view.submit),
    ),
  );
}

/** Shows the modal on top, keeps what was typed in it through updates, or takes the dialog away. */
export function drawModal() {
  const view = top();
  if (!view) {
    if (dialog.open) closeDialog(dialog);
    dialog.replaceChildren();
    shown = { id: null, stamp: null, fields: 0 };
    forms.clear();
    return;
  }
  const stamp = JSON.stringify([view, state.views.length]);
  if (stamp === shown.stamp) return;
  const focused = dialog.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const same = shown.id === view.view_id;
  const hadFields = shown.fields > 0;
  shown = { id: view.view_id, stamp, fields: view.fields.length };
  dialog.replaceChildren(build(view));
  if (!dialog.open) openDialog(dialog);
  const grown = view.fields.length > 0 && !hadFields;
  const again =
    same &&
    focused &&
    !grown &&
    [...dialog.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === focused);
  (again || first())?.focus();
}

const first = () =>
  dialog.querySelector("[autofocus]") ??
  dialog.querySelector(".dialog-body :is(input, textarea, button, select):not([disabled])") ??
  dialog.querySelector(".submit, footer button");
