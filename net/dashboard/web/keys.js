/** Single keys that work on every page, for those who wish (Settings turns them off). */

import { h } from "./dom.js";
import { wishes } from "./notices.js";

const CHORD_MS = 1500;

/** Whether a press is meant as a shortcut: nothing is being typed, and no question is open. */
export function isShortcut(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !wishes().shortcuts) return false;
  return !document.querySelector("dialog[open]") && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
}

/**
 * Listen from now on. `places`: [{key, name, address}] are gone to by g and their key; `others`: [{key, name, act}].
 *
 * Returns a function that ends it.
 */
export function listen(places, others) {
  let begun_ms = -Infinity;
  const help = { key: "?", name: "Show the keys", act: () => showKeys(places, all) };
  const all = [...others, help];
  const onKey = (event) => {
    if (!isShortcut(event)) return;
    const now_ms = performance.now();
    const place = now_ms - begun_ms < CHORD_MS && places.find((each) => each.key === event.key);
    begun_ms = event.key === "g" && !place ? now_ms : -Infinity;
    if (place) {
      event.preventDefault();
      event.stopImmediatePropagation();
      location.hash = `#/${place.address}`;
      return;
    }
    const other = all.find((each) => each.key === event.key);
    if (!other) return;
    event.preventDefault();
    other.act();
  };
  document.addEventListener("keydown", onKey, true);
  return () => document.removeEventListener("keydown", onKey, true);
}

function showKeys(places, others) {
  const row = (keys, name) => h("div", {}, h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, name));
  const close = h("button", { class: "button", type: "submit" }, "Close");
  const dialog = h("dialog", { "aria-labelledby": "keys-title", onclose: () => dialog.remove() }, h("form", { method: "dialog" }, h("h2", { id: "keys-title" }, "Keys"),
    h("dl", { class: "keylist" }, places.map(({ key, name }) => row(["g", key], name)), others.map(({ key, name }) => row([key], name)), row(["j", "k"], "Next or previous request"), row(["a"], "Approve"), row(["r"], "Reject"), row(["↑", "↓"], "Next or previous actor"), row(["←", "→"], "Close or open what is below it")),
    h("p", { class: "soft small" }, "Settings turns them off."), h("div", { class: "row" }, close)));
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}
