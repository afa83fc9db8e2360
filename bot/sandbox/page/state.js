// What this page knows of the workspace as the person it acts as: fetching it, keeping it current, telling who draws.
// The only file that decides when to ask the control API for what there is; acts of a person are in acts.js.

import { CallFailed, get, listen } from "./api.js";

export const state = {
  team: null,
  app: null,
  users: new Map(),
  groups: new Map(),
  channels: new Map(),
  me: null,
  place: null, // a channel's id, or "home"
  thread: null, // the ts of the open thread's parent
  messages: new Map(), // channel id -> Map of ts -> message, replies too
  views: [],
  home: null,
  online: true,
  error: null,
};

const listeners = new Set();
const arrivals = new Set();
let cursor = 0;
let era = 0;
let pulling = null;
const stale = { workspace: false, messages: false, views: false };

/** Has `draw` called after every change of state. */
export const subscribe = (draw) => listeners.add(draw);
/** Has `hear(message)` called for each message that came in after the first load. */
export const onArrival = (hear) => arrivals.add(hear);
export const redraw = () => listeners.forEach((draw) => draw());

export const nameOf = (user) => state.users.get(user)?.real_name || state.users.get(user)?.name || user;
/** Answers everybody one can act as. */
export const people = () => [...state.users.values()].filter((user) => !user.is_bot);
export const me = () => state.users.get(state.me);
export const channelNow = () => state.channels.get(state.place);
export const isMember = (channel) => channel.members.includes(state.me);

/** Answers a channel's messages as its list shows them: no replies unless broadcast, oldest first. */
export function listed(channel) {
  return sorted(channel).filter((said) => !said.thread_ts || said.thread_ts === said.ts || said.broadcast);
}

/** Answers a thread's replies, oldest first. */
export const repliesTo = (channel, ts) => sorted(channel).filter((said) => said.thread_ts === ts && said.ts !== ts);

function sorted(channel) {
  const found = [...(state.messages.get(channel)?.values() ?? [])];
  return found.sort((a, b) => (a.ts < b.ts ? -1 : 1));
}

/** Begins: fetches the workspace, chooses who to act as, and listens. `wished` is {user, place, thread} by name. */
export async function begin(wished) {
  await takeWorkspace();
  state.me = (people().find((user) => user.name === wished.user) ?? people()[0]).id;
  await load();
  open(wished.place, wished.thread);
  listen(heard, async (online) => {
    const returned = online && !state.online;
    state.online = online;
    if (returned) {
      stale.workspace = true;
      await load().catch(unlessUnreachable);
    } else if (online) await pull("messages"); // what was said between the first fetch and the first word of the stream
    redraw();
  });
}

/** Becomes another person. */
export async function actAs(user) {
  state.me = user;
  state.thread = null;
  await load();
  if (state.place !== "home" && !canRead(state.channels.get(state.place))) open(null);
  else open(state.place);
}

const canRead = (channel) =>
  channel && (isMember(channel) || !(channel.private || channel.direct || state.users.get(state.me).guest));

/** Answers the channels this person is in, and those they could look into. */
export function channelsOfMine() {
  const found = [...state.channels.values()].filter(canRead);
  return { mine: found.filter(isMember), others: found.filter((channel) => !isMember(channel)) };
}

/** Shows a channel (by id or name) or "home", and a thread in it; null is the first channel there is. */
export function open(place, thread = null) {
  const { mine, others } = channelsOfMine();
  const found = [...mine, ...others].find((channel) => channel.id === place || channel.name === place);
  state.place = place === "home" && state.app.home_tab !== false ? "home" : (found ?? mine[0] ?? others[0])?.id;
  state.thread = thread && state.messages.get(state.place)?.has(thread) ? thread : null;
  if (found && !isMember(found)) pull("messages");
  redraw();
}

export function openThread(ts) {
  state.thread = ts;
  redraw();
}

async function takeWorkspace() {
  const found = await get("workspace");
  state.team = found.team;
  state.app = found.app;
  for (const kind of ["users", "groups", "channels"]) {
    state[kind] = new Map(found[kind].map((each) => [each.id, each]));
  }
}

async function load() {
  era += 1;
  const mine = era;
  if (stale.workspace) await takeWorkspace();
  if (!state.users.has(state.me)) state.me = people()[0].id;
  const [said, shown] = await Promise.all([
    get("messages", { user: state.me, threads: 1 }),
    get("views", { user: state.me }),
  ]);
  if (mine !== era) return;
  state.messages = new Map();
  said.messages.forEach(take);
  Object.assign(state, { views: shown.views, home: shown.home });
  Object.assign(stale, { workspace: false, messages: false, views: false });
  cursor = said.cursor;
}

function take(said) {
  const there = state.messages.get(said.channel) ?? new Map();
  state.messages.set(said.channel, there);
  const known = there.has(said.ts);
  if (said.deleted && !said.reply_count) there.delete(said.ts);
  else there.set(said.ts, said);
  return !known && !said.deleted;
}

const KINDS = { connection: "workspace", fault: "workspace", membership: "all", view: "views", home: "views" };

function heard({ kind, channel, user }) {
  if (kind === "call" || kind === "delivery" || (user && user !== state.me && !channel)) return;
  if (KINDS[kind] === "all" || (kind === "deleted" && !channel)) {
    stale.workspace = true;
    load().then(redraw, unlessUnreachable);
  } else pull(KINDS[kind] ?? "messages");
}

/** Fetches what is stale, one fetch at a time; answers when nothing is. */
export function pull(kind) {
  if (kind) stale[kind] = true;
  pulling ??= fetchStale()
    .catch(unlessUnreachable)
    .finally(() => {
      pulling = null;
    });
  return pulling;
}

/** The stream tells when the line is back, and then everything is fetched anew; any other failure is a defect. */
function unlessUnreachable(error) {
  if (error instanceof CallFailed) state.error = error.message;
  else throw error;
}

async function fetchStale() {
  while (stale.workspace || stale.messages || stale.views) {
    const mine = era;
    const due = { ...stale };
    Object.assign(stale, { workspace: false, messages: false, views: false });
    if (due.workspace) await takeWorkspace();
    if (due.messages) await takeMessages(mine);
    if (due.views) await takeViews(mine);
    redraw();
  }
}

async function takeMessages(mine) {
  const query = { user: state.me, after: cursor, threads: 1, deleted: 1 };
  const found = await get("messages", query);
  const looked = channelNow();
  const beside =
    looked && !isMember(looked) && (await get("messages", { user: state.me, channel: looked.id, threads: 1 }));
  if (mine !== era) return;
  cursor = found.cursor;
  for (const said of found.messages) {
    if (!state.channels.has(said.channel)) await takeWorkspace();
    if (take(said)) arrivals.forEach((hear) => hear(said));
  }
  if (beside) beside.messages.forEach(take);
}

async function takeViews(mine) {
  const found = await get("views", { user: state.me });
  if (mine === era) Object.assign(state, { views: found.views, home: found.home });
}
