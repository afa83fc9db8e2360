// A list of messages that grows at its end: days, the line of what is new, staying at the end while one reads there.

import { h, patch } from "./dom.js";
import { message, stampOf } from "./message.js";
import { atOf, day } from "./time.js";

const NEAR_PX = 60;
const TOGETHER_S = 300;

function follows(before, said) {
  return (
    before &&
    !before.deleted &&
    before.user === said.user &&
    before.user_name === said.user_name &&
    before.ephemeral === said.ephemeral &&
    !said.broadcast &&
    Number(said.ts) - Number(before.ts) < TOGETHER_S
  );
}

function rows(found, { inThread, newFrom }) {
  const rows = [];
  let before = null;
  let marked = false;
  for (const said of found) {
    const date = day(atOf(said.ts));
    if (!before || day(atOf(before.ts)) !== date) {
      rows.push({ key: `day-${said.ts}`, stamp: date, build: () => h("li", { class: "day" }, h("span", {}, date)) });
      before = null;
    }
    if (newFrom && !marked && said.ts > newFrom && before) {
      marked = true;
      rows.push({ key: "new", stamp: said.ts, build: () => h("li", { class: "new" }, h("span", {}, "New")) });
      before = null;
    }
    const compact = follows(before, said);
    rows.push({
      key: said.ts,
      stamp: stampOf(said, compact),
      build: () => message(said, { inThread, compact }),
    });
    before = said;
  }
  return rows;
}

/**
 * Draws messages into a list inside the scrolling `frame`. While the reader is at the end they stay there; above it,
 * nothing moves. A new `what` (another channel or thread) begins at its end.
 */
export function drawConversation(frame, list, found, what, options) {
  const begins = frame.dataset.what !== what;
  const atEnd = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_PX;
  frame.dataset.what = what;
  patch(list, rows(found, options));
  if (begins || atEnd) frame.scrollTop = frame.scrollHeight;
}

/** Keeps the end in sight when pictures load late or the frame changes its size. */
export function stayAtEnd(frame) {
  let atEnd = true;
  frame.addEventListener("scroll", () => {
    atEnd = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_PX;
  });
  new ResizeObserver(() => {
    if (atEnd) frame.scrollTop = frame.scrollHeight;
  }).observe(frame);
  frame.addEventListener("load", () => atEnd && (frame.scrollTop = frame.scrollHeight), true);
}
