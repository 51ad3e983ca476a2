/** Numbers and times as people read them, in the reader's zone. */

const DOLLARS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const WHOLE = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 0 });
const COUNT = new Intl.NumberFormat("en-US");
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const DAY_TIME = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const MINUS = "\u2212";

/** "$1,234.50"; a dash where nothing is known. */
export const money = (value) => (value === null || value === undefined ? "–" : DOLLARS.format(value).replace("-", MINUS));

/** "$1,235". */
export const dollars = (value) => (value === null || value === undefined ? "–" : WHOLE.format(value).replace("-", MINUS));

/** "+$12.00" or "−$12.00"; what is no cent has no sign. */
export const gain = (value) => (value === null || value === undefined ? "–" : Math.abs(value) < 0.005 ? money(0) : (value > 0 ? "+" : "") + money(value));

/** "+1.20 %" of a number of percent. */
export const percent = (value, signed = true) =>
  value === null || value === undefined ? "–" : `${signed && value >= 0.005 ? "+" : value <= -0.005 ? MINUS : ""}${Math.abs(value).toFixed(2)}\u00a0%`;

/** "1,234". */
export const count = (value) => (value === null || value === undefined ? "–" : COUNT.format(value));

/** The class that colours a gain or a loss; what is no cent is neither. */
export const tone = (value) => (value >= 0.005 ? "good" : value <= -0.005 ? "bad" : "");

/** "14:03:59" of a timestamp. */
export const clock = (at) => (at ? TIME.format(new Date(at)) : "–");

/** Day and time of a timestamp. */
export const dayAndTime = (at) => (at ? DAY_TIME.format(new Date(at)) : "–");

/** "9:58" of a number of milliseconds that are left. */
export function countdown(left_ms) {
  const seconds = Math.max(0, Math.ceil(left_ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** "pending approval" of "pending_approval". */
export const words = (name) => String(name).replaceAll("_", " ");

/** "stop $61.00, limit $62.00 · gtc" of an order that is not at the market: at which prices it fills, and how long it rests. */
export const terms = ({ stopPrice, limitPrice, timeInForce }) => [["stop", stopPrice], ["limit", limitPrice]].filter(([, price]) => price !== null).map(([name, price]) => `${name} ${money(price)}`).join(", ") + ` · ${timeInForce}`;

const TONES = { active: "good", completed: "good", approved: "good", running: "good", idle: "", paused: "", pending: "warn", pending_approval: "warn", failed: "bad", rejected: "bad", expired: "", stopped: "", cancelled: "", high: "bad", critical: "bad", medium: "warn", low: "good", stuck: "bad", restarting: "warn" };

/** The class of a state: colour says what needs a human, or went wrong. */
export const stateTone = (state) => TONES[state] ?? "";
