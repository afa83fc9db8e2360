// Calls of the control API (docs/sandbox.md) and its stream of changes. Nothing here keeps state or draws.

const BASE = new URL("control/", document.baseURI);

/** The call made no sense, or the sandbox could not be reached; `code` is the documented word or `unreachable`. */
export class CallFailed extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

async function call(method, path, query, body) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  const how = { method, headers: {} };
  if (body !== undefined) {
    how.body = JSON.stringify(body);
    how.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    const response = await fetch(url, how);
    answer = await response.json();
  } catch {
    throw new CallFailed("unreachable", "The sandbox does not answer. Is it still running?");
  }
  if (!answer.ok) throw new CallFailed(answer.error, answer.detail ?? answer.error);
  return answer;
}

export const get = (path, query) => call("GET", path, query);
export const post = (path, body) => call("POST", path, null, body);
export const change = (path, body) => call("PATCH", path, null, body);

/** Hears of changes: `onChange({n, kind, channel, ts, user})`, and `onLine(true|false)` when the line comes or goes. */
export function listen(onChange, onLine) {
  const source = new EventSource(new URL("stream", BASE));
  source.addEventListener("open", () => onLine(true));
  source.addEventListener("error", () => onLine(false));
  source.addEventListener("message", (event) => onChange(JSON.parse(event.data)));
}
