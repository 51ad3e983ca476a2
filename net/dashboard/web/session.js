/**
 * Who is signed in.
 *
 * The tokens are in localStorage, so that windows share one sign-in and a reload keeps it. Scripts of the page could
 * read them, so no foreign script may ever run: the Content-Security-Policy lets in this program's files alone, and no
 * text is parsed as HTML. Refresh tokens rotate, one window at a time; a stolen one that is used twice ends the sign-in.
 */

const PLACE = "tradefloor.session";
const EARLY_MS = 60_000;

export const sessions = new EventTarget();

/** The session, or null: {token, refreshToken, expiresAt, user}. */
export function session() {
  try {
    return JSON.parse(localStorage.getItem(PLACE));
  } catch {
    return null;
  }
}

function keep(tokens) {
  const kept = { token: tokens.token, refreshToken: tokens.refreshToken, expiresAt: Date.now() + tokens.expiresIn * 1000, user: tokens.user };
  localStorage.setItem(PLACE, JSON.stringify(kept));
  return kept;
}

async function post(path, body) {
  const response = await fetch(`/api/v1${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail ?? answer.title), { status: response.status });
  return answer;
}

/** Sign in. Throws an Error whose message is for people. */
export async function signIn(email, password) {
  const previous = session()?.user.userId;
  const kept = keep(await post("/auth/login", { email, password }));
  sessions.dispatchEvent(new CustomEvent("in", { detail: { isOther: previous !== undefined && previous !== kept.user.userId } }));
}

/** Sign out here and in all windows. */
export async function signOut() {
  const current = session();
  localStorage.removeItem(PLACE);
  if (current) await fetch("/api/v1/auth/logout", { method: "POST", headers: { Authorization: `Bearer ${current.token}` } }).catch(() => undefined);
  sessions.dispatchEvent(new Event("out"));
}

/** Return a token that is good for a minute at least, or null when somebody has to sign in again. */
export async function freshToken(refused = null) {
  const current = session();
  if (!current) return null;
  if (current.token !== refused && current.expiresAt - Date.now() > EARLY_MS) return current.token;
  return exclusively(() => renew(refused));
}

/** Where there are no locks (plain HTTP from elsewhere), two windows may collide, and one has to sign in again. */
const exclusively = (work) => (navigator.locks ? navigator.locks.request(PLACE, work) : work());

async function renew(refused) {
  const current = session();
  if (!current) return null;
  if (current.token !== refused && current.expiresAt - Date.now() > EARLY_MS) return current.token;
  try {
    return keep(await post("/auth/refresh", { refreshToken: current.refreshToken })).token;
  } catch (error) {
    if (error.status !== 401) throw error;
    sessions.dispatchEvent(new Event("ended"));
    return null;
  }
}

addEventListener("storage", (event) => {
  if (event.key !== PLACE) return;
  sessions.dispatchEvent(event.newValue === null ? new Event("out") : new CustomEvent("in", { detail: { isOther: false } }));
});

const RANK = ["viewer", "trader", "approver", "admin"];

/** Whether who is signed in has a role, or one above it. */
export const may = (role) => RANK.indexOf(session()?.user.role) >= RANK.indexOf(role);
