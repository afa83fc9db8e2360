// Moments as people read them, in the time zone of the browser. Pure but for the clock.

const words = (at, how) => new Intl.DateTimeFormat("en-GB", how).format(at);
const DAY = 86_400_000;

/** Answers the moment of a message's ts. */
export const atOf = (ts) => new Date(Number(ts) * 1000);
export const clock = (at) => words(at, { hour: "2-digit", minute: "2-digit" });
export const full = (at) => words(at, { dateStyle: "full", timeStyle: "long" });

function daysFromToday(at) {
  const midnight = (when) => new Date(when.getFullYear(), when.getMonth(), when.getDate()).getTime();
  return Math.round((midnight(at) - midnight(new Date())) / DAY);
}

const NEAR = { "-1": "yesterday", 0: "today", 1: "tomorrow" };
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Answers the day as a divider between messages names it. */
export function day(at) {
  return capital(NEAR[daysFromToday(at)] ?? words(at, { weekday: "long", day: "numeric", month: "long" }));
}

function ago(at) {
  const seconds = Math.abs(Date.now() - at.getTime()) / 1000;
  for (const [size, name] of [
    [86400, "day"],
    [3600, "hour"],
    [60, "minute"],
  ]) {
    if (seconds < size) continue;
    const count = Math.floor(seconds / size);
    const span = `${count} ${name}${count > 1 ? "s" : ""}`;
    return at.getTime() <= Date.now() ? `${span} ago` : `in ${span}`;
  }
  return "just now";
}

const TOKENS = {
  date_num: (at) => words(at, { year: "numeric", month: "2-digit", day: "2-digit" }).split("/").reverse().join("-"),
  date_slash: (at) => words(at, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date: (at) => words(at, { year: "numeric", month: "long", day: "numeric" }),
  date_short: (at) => words(at, { year: "numeric", month: "short", day: "numeric" }),
  date_long: (at) => words(at, { weekday: "long", year: "numeric", month: "long", day: "numeric" }),
  date_pretty: (at) => NEAR[daysFromToday(at)] ?? TOKENS.date(at),
  date_short_pretty: (at) => NEAR[daysFromToday(at)] ?? TOKENS.date_short(at),
  date_long_pretty: (at) => NEAR[daysFromToday(at)] ?? TOKENS.date_long(at),
  day_divider_pretty: (at) => NEAR[daysFromToday(at)] ?? TOKENS.date_long(at),
  time: clock,
  time_secs: (at) => words(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  ago,
};

/** Answers `<!date^UNIX^FORMAT|fallback>` in local time, the fallback where Slack would show it. */
export function formatted(unix, format, fallback) {
  const at = new Date(Number(unix) * 1000);
  const tokens = [...(format ?? "").matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
  if (!unix || Number.isNaN(at.getTime()) || !format || tokens.some((token) => !TOKENS[token])) return fallback;
  return format.replace(/\{(\w+)\}/g, (_, token) => TOKENS[token](at));
}
