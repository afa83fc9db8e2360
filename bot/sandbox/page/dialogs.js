// Dialogs over everything else, on the browser's own <dialog>: it keeps the focus inside, closes on Escape, and gives
// the focus back. The confirm dialog of an element is here; modals of the app are in modals.js.

import { freshId, giveFocus, h } from "./dom.js";
import { body, words } from "./mrkdwn.js";

/** Opens a dialog and remembers where the focus was, by name too, as the page may be redrawn meanwhile. */
export function openDialog(dialog) {
  const before = document.activeElement;
  const named = before?.dataset?.focus;
  const inside = before?.closest?.("[data-place]")?.dataset.place;
  dialog.back = () => {
    if (before?.isConnected && before !== document.body) return before.focus();
    const place = inside && document.querySelector(`[data-place="${CSS.escape(inside)}"]`);
    if (place) return giveFocus(place, named);
    return document.querySelector("#composer textarea")?.focus();
  };
  if (!dialog.isConnected) document.body.append(dialog);
  dialog.showModal();
}

/** Closes a dialog and puts the focus where it was. */
export function closeDialog(dialog) {
  if (dialog.open) dialog.close();
  dialog.back?.();
}

/** Asks an element's confirm object; answers whether it was agreed to. Escape and the other button mean no. */
export function ask(confirm) {
  return new Promise((answer) => {
    const title = freshId("title");
    const text = freshId("text");
    const dialog = h("dialog", {
      class: "dialog small",
      "aria-labelledby": title,
      "aria-describedby": text,
      role: "alertdialog",
    });
    const end = (agreed) => {
      closeDialog(dialog);
      dialog.remove();
      answer(agreed);
    };
    const style = confirm.style === "danger" ? "danger" : "primary";
    const no = h("button", { type: "button", class: "button", on: { click: () => end(false) } }, words(confirm.deny));
    const yes = h(
      "button",
      { type: "button", class: `button ${style}`, on: { click: () => end(true) } },
      words(confirm.confirm),
    );
    dialog.append(
      h("h2", { id: title }, words(confirm.title)),
      h("div", { id: text, class: "dialog-body" }, body(confirm.text)),
      h("footer", {}, no, yes),
    );
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      end(false);
    });
    openDialog(dialog);
    // Whoever pressed Enter on the button may press it once too often; that must not agree to anything.
    no.focus();
  });
}
