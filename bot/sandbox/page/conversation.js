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
  frame.dataset.what = what;
  patch(list, rows(found, options));
  if (begins) goToEnd(frame);
  else followEnd(frame);
}

// Per frame: where the reader was last seen, and whether they follow the end. Whether they do cannot be read from the
// distance to the end alone: it grows as well when a hint or a late picture takes room, and nobody went anywhere then.
const readers = new WeakMap();

const left = (frame) => frame.scrollHeight - frame.scrollTop - frame.clientHeight;

function followEnd(frame) {
  const reader = readers.get(frame);
  if (reader.follows) frame.scrollTop = frame.scrollHeight;
  reader.top = frame.scrollTop;
}

/** Goes to the end and stays there until the reader goes up: when a conversation is opened, and after one's own word. */
export function goToEnd(frame) {
  readers.get(frame).follows = true;
  followEnd(frame);
}

/** Keeps the end of the `list` in sight when messages or pictures come, or the frame changes its size. */
export function stayAtEnd(frame, list) {
  const reader = { top: 0, follows: true };
  readers.set(frame, reader);
  frame.addEventListener("scroll", () => {
    if (left(frame) < NEAR_PX) reader.follows = true;
    else if (frame.scrollTop < reader.top) reader.follows = false;
    reader.top = frame.scrollTop;
  });
  const sizes = new ResizeObserver(() => followEnd(frame));
  for (const each of [frame, list]) sizes.observe(each);
}
