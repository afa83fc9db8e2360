// Links to messages of this workspace: found in addresses, and followed without leaving the page.

import { giveFocus } from "./dom.js";
import { open, state } from "./state.js";

const PATH = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/;

/** Answers the message an address leads to ({channel, ts, thread}), or null. */
export function messageOf(address) {
  const url = new URL(address, document.baseURI);
  const found = PATH.exec(url.pathname);
  if (!found || url.port !== location.port) return null;
  return { channel: found[1], ts: `${found[2]}.${found[3]}`, thread: url.searchParams.get("thread_ts") };
}

/** Answers what the page's own address asks for: `#mia/general/THREAD`, or `#channel=C…&ts=…` from a link to a message. */
export function wished() {
  const asked = decodeURIComponent(location.hash.slice(1));
  if (!asked.includes("=")) {
    const [user, place, thread] = asked.split("/");
    return { user, place, thread, message: null };
  }
  const given = new URLSearchParams(asked);
  const message = { channel: given.get("channel"), ts: given.get("ts"), thread: given.get("thread_ts") };
  return { user: null, place: message.channel, thread: null, message };
}

/** Goes to a message: its channel, its thread where it is a reply, and takes the focus there. */
export function goTo({ channel, ts, thread }) {
  const reply = Boolean(thread) && thread !== ts;
  open(channel, reply ? thread : state.thread);
  const said = document.querySelector(`[data-place="${CSS.escape(`${channel}/${ts}/${reply}`)}"]`);
  if (!said) return;
  giveFocus(said);
  said.scrollIntoView({ block: "center" });
}

/** Keeps links to messages in this page, wherever they stand. */
export function followLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const message = link && !event.ctrlKey && !event.metaKey && messageOf(link.href);
    if (!message) return;
    event.preventDefault();
    goTo(message);
  });
}
