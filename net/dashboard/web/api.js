/** The public API over HTTP. */

import { freshToken } from "./session.js";

/** What the API refused: `message` for people, `status`, and `fields` by name, if any are at fault. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `The floor answered ${status}.`);
    this.status = status;
    if (problem.errors) this.fields = Object.fromEntries(problem.errors.map((error) => [error.field, error.message]));
  }
}

/** The floor cannot be reached. */
export class Unreachable extends Error {
  constructor() {
    super("The floor cannot be reached. Try again in a moment.");
  }
}

async function send(method, path, body, headers, token, signal) {
  const sent = { ...headers, Authorization: `Bearer ${token}` };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  try {
    return await fetch(path.startsWith("/admin") || path.startsWith("/metrics") ? path : `/api/v1${path}`, {
      method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body), signal,
    });
  } catch {
    throw new Unreachable();
  }
}

async function call(method, path, body, headers = {}, signal = undefined) {
  let token = await freshToken();
  if (!token) throw new Refused(401, { detail: "Your sign-in has ended. Sign in again." });
  let response = await send(method, path, body, headers, token, signal);
  if (response.status === 401) {
    token = await freshToken(token);
    if (token) response = await send(method, path, body, headers, token, signal);
  }
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const answer = response.status === 204 ? null : isJson ? await response.json() : await response.text();
  if (!response.ok) throw new Refused(response.status, isJson ? answer : {});
  return answer;
}

/** Read; once `signal` is aborted nothing is read, and what is under way fails. */
export const get = (path, signal) => call("GET", path, undefined, {}, signal);
export const patch = (path, body) => call("PATCH", path, body);
export const put = (path, body) => call("PUT", path, body);
export const remove = (path) => call("DELETE", path);

/** Return a key for a request that must happen once, however often it is sent. */
export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** POST under a key of its own: sent twice, it happens once. Controls and sign-ins need none. */
export const post = (path, body, key = newKey()) =>
  call("POST", path, body, { "Idempotency-Key": key });

/** Yield the pages of a listing. */
export async function* pages(path, limit = 200) {
  let cursor = null;
  do {
    const joint = path.includes("?") ? "&" : "?";
    const page = await get(`${path}${joint}limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    yield page.items;
    cursor = page.nextCursor;
  } while (cursor);
}
