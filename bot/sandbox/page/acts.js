// What the person does, as calls of the control API, and what they are told when it did not work.

import { CallFailed, post } from "./api.js";
import { ask } from "./dialogs.js";
import { h } from "./dom.js";
import { pull, state } from "./state.js";

/** Says something at the foot of the page for a while; it stays until closed when it is a failure. */
export function tell(text, failed = true) {
  const area = document.querySelector(failed ? "#alerts" : "#news");
  const close = h("button", { type: "button", class: "link", on: { click: () => note.remove() } }, "Dismiss");
  const note = h("p", { class: failed ? "toast failed" : "toast" }, text, " ", close);
  area.replaceChildren(note);
  if (!failed) setTimeout(() => note.remove(), 6000);
}

/** Makes a call as the acting person; answers the outcome, or null after telling why there is none. */
export async function act(path, given) {
  try {
    const outcome = await post(path, { user: state.me, ...given });
    await pull("views");
    return outcome;
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    tell(error.message);
    return null;
  }
}

/**
 * Uses an element of a message ({channel, ts}) or view ({view_id}): asks its confirm dialog, sends, marks `node` busy
 * until the bot acked, and shows the notice beside it. Answers false when it was not done.
 */
export async function use(surface, block, element, option, node) {
  if (element.confirm && !(await ask(element.confirm))) return false;
  const given = { ...surface, action_id: element.action_id, block_id: block.block_id };
  if (option !== undefined) given.option = option;
  else if (element.value !== undefined && element.type !== "overflow") given.value = element.value;
  // What was shown when it was pressed counts, as in Slack: the message may have changed meanwhile, and the bot says so.
  if (surface.ts && element.type === "button") given.stale = true;
  node.setAttribute("aria-busy", "true");
  node.closest(".row")?.querySelector(".notice")?.remove();
  const outcome = await act("click", given);
  node.removeAttribute("aria-busy");
  if (outcome?.notice) notice(node, outcome.notice);
  return outcome !== null && !outcome.failure;
}

function notice(node, text) {
  if (!node.isConnected) return tell(text);
  const row = node.closest(".row") ?? node;
  return row.append(h("p", { class: "notice", role: "alert" }, text));
}

/** Types text where the person is: a command or a message; in a thread when `thread` is its ts. */
export function say(text, thread, broadcast) {
  const given = { channel: state.place, text };
  if (thread) given.thread_ts = thread;
  if (text.startsWith("/")) return act("command", given);
  return act("say", broadcast ? { ...given, broadcast } : given);
}
