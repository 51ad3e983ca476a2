/** The tree of actors as it is now, and the operator's verbs. It is asked for anew every two seconds. */

import { get, post } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { classes, fill, h, text } from "../dom.js";
import { count, stateTone } from "../format.js";
import { facts } from "./approvals.js";

const EVERY_MS = 2000;
const ACTORS_MAX = 1000;
const VERBS = [["pause", "Pause"], ["resume", "Resume"], ["restart", "Restart"]];

export function supervisionPage(root) {
  const tiles = { actors: tile("Actors"), pace: tile("Messages / s"), queued: tile("Waiting in mailboxes"), restarts: tile("Restarts"), lag: tile("Loop lag, 99 %") };
  const search = h("input", { type: "search", placeholder: "Part of a path", "aria-label": "Find actors by a part of their path" });
  const rows = h("tbody");
  const letters = h("tbody");
  const inspected = h("div", { class: "card inspected", hidden: true });
  const trouble = h("p", { class: "card empty", hidden: true, role: "status" });
  fill(root,
    h("h1", {}, "Supervision"),
    h("section", { class: "tiles", "aria-label": "The runtime" }, Object.values(tiles).map((each) => each.element)),
    trouble, inspected,
    h("section", { class: "card", "aria-label": "Actors" }, h("header", {}, h("h2", {}, "Actors"), h("span", { class: "grow" }), h("div", { class: "filters" }, search)),
      h("div", { class: "scroll-x tall", tabindex: 0, role: "group", "aria-label": "The tree of actors" }, h("table", { class: "actors" }, heads(["Path", "State", "#Mailbox", "#msgs/s", "#Restarts", ""]), rows))),
    h("section", { class: "card", "aria-label": "Dead letters" }, h("header", {}, h("h2", {}, "Dead letters"), h("span", { class: "soft small" }, "messages that nobody handled")),
      h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "Dead letters" }, h("table", {}, heads(["Ago", "To", "Message", "Why"]), letters))));

  let before = new Map();
  let asked_ms = null;
  let isOpen = true;
  let timer = null;
  const known = new Map();

  async function look() {
    try {
      const [tree, listing, stats, dead, metrics] = await Promise.all([
        get(`/admin/v1/actors/tree?depth=6&limit=${ACTORS_MAX}`), get(`/admin/v1/actors?limit=${ACTORS_MAX}`), get("/admin/v1/actors/stats"),
        get("/admin/v1/actors/dead-letters?limit=20"), get("/metrics").catch(() => "")]);
      if (!isOpen) return;
      trouble.hidden = true;
      show(tree, listing, stats, dead, metrics);
    } catch (error) {
      trouble.hidden = false;
      text(trouble, `${error.message} What is below may be out of date.`);
    }
    if (isOpen) timer = setTimeout(look, EVERY_MS);
  }

  function show(tree, listing, stats, dead, metrics) {
    const now_ms = performance.now();
    const seconds = asked_ms === null ? null : (now_ms - asked_ms) / 1000;
    asked_ms = now_ms;
    const details = new Map(listing.items.map((item) => [item.path, item]));
    const pace = (path, handled) => (seconds === null || !before.has(path) ? null : Math.max(0, handled - before.get(path)) / seconds);
    tiles.actors.show(count(stats.actors), Object.entries(stats.states).filter(([, many]) => many > 0).map(([state, many]) => `${count(many)} ${state}`).join(", "));
    tiles.pace.show(rate(pace("", stats.handled)), `${count(stats.handled)} since the start`);
    tiles.queued.show(count(stats.queued), `${count(stats.skipped)} skipped`);
    tiles.restarts.show(count(stats.restarts), "since the start", stats.restarts ? "warn" : "");
    const lag_s = lagOf(metrics);
    tiles.lag.show(lag_s === null ? "–" : `≤ ${lag_s * 1000} ms`, lag_s === null ? "/metrics is not open to you" : "since the start", lag_s > 0.1 ? "warn" : "");
    const sought = search.value.trim().toLowerCase();
    const nodes = tree.items.filter((node) => node.path.toLowerCase().includes(sought));
    const wanted = new Set(nodes.map((node) => node.path));
    for (const [path, row] of known) if (!wanted.has(path)) {
      row.element.remove();
      known.delete(path);
    }
    nodes.forEach((node, index) => {
      if (!known.has(node.path)) known.set(node.path, actorRow(node, inspect));
      const row = known.get(node.path);
      if (rows.children[index] !== row.element) rows.insertBefore(row.element, rows.children[index] ?? null);
      const item = details.get(node.path);
      row.show(node, item, item ? pace(node.path, item.handled) : null);
    });
    before = new Map([["", stats.handled], ...listing.items.map((item) => [item.path, item.handled])]);
    fill(letters, dead.items.length === 0 ? h("tr", {}, h("td", { colspan: 4, class: "soft" }, "None. Every message found somebody.")) : dead.items.toReversed().map((letter) =>
      h("tr", {}, h("td", { class: "soft" }, ago(letter.agoSeconds)), h("td", { class: "mono" }, letter.path), h("td", {}, letter.type), h("td", { class: "soft" }, letter.reason))));
  }

  async function inspect(path) {
    try {
      const actor = await get(`/admin/v1/actors/inspect?path=${encodeURIComponent(path)}&messages=5`);
      fill(inspected, inspection(actor, () => (inspected.hidden = true)));
      inspected.hidden = false;
      inspected.scrollIntoView({ block: "nearest" });
    } catch (error) {
      toast(error.message, true);
    }
  }

  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 150);
  });
  void look();
  return () => {
    isOpen = false;
    clearTimeout(timer);
  };
}

const heads = (names) => h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col", class: name.startsWith("#") ? "num" : null }, name ? name.replace("#", "") : h("span", { class: "visually-hidden" }, "Controls")))));
const rate = (value) => (value === null ? "–" : value >= 10 ? count(Math.round(value)) : value.toFixed(1));
const ago = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

function tile(label) {
  const value = h("span", { class: "value" });
  const note = h("span", { class: "note" });
  return { element: h("div", { class: "tile card" }, h("span", { class: "label" }, label), value, note), show: (shown, said, colour = "") => (text(value, shown), text(note, said), classes(value, `value ${colour}`)) };
}

/** The bucket of the histogram that holds 99 % of the beats, in seconds. */
function lagOf(metrics) {
  const buckets = [...metrics.matchAll(/^tradefloor_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$/gm)].map(([, le, many]) => [Number(le), Number(many)]);
  const total = buckets.at(-1)?.[1] ?? 0;
  const found = buckets.find(([, many]) => many >= 0.99 * total);
  return total === 0 || !found || !Number.isFinite(found[0]) ? null : found[0];
}

function actorRow(node, inspect) {
  const name = node.path === "/" ? "/" : node.path.split("/").at(-1);
  const depth = node.path === "/" ? 0 : node.path.split("/").length - 1;
  const state = h("span");
  const numbers = [h("td", { class: "num" }), h("td", { class: "num" }), h("td", { class: "num" })];
  const button = h("button", { type: "button", class: "path mono", title: node.path, onclick: () => void inspect(node.path) }, name);
  button.style.marginLeft = `${depth * 16}px`;
  const element = h("tr", {}, h("td", {}, button), h("td", {}, state), numbers,
    h("td", { class: "verbs" }, VERBS.map(([verb, label]) => h("button", { class: "button plain small", type: "button", "aria-label": `${label} ${node.path}`, onclick: () => control(verb, label, node.path) }, label))));
  return { element, show: (now, item, pace) => {
    text(state, now.paused ? "paused" : now.state);
    classes(state, `status ${now.paused ? "warn" : stateTone(now.state)}`);
    text(numbers[0], item ? count(item.mailbox) : "");
    text(numbers[1], item ? rate(pace) : "");
    text(numbers[2], item ? count(item.restarts) : "");
    classes(numbers[2], item?.restarts ? "num warn" : "num");
  } };
}

function control(verb, label, path) {
  void confirmed({
    title: `${label} ${path}?`,
    detail: verb === "pause" ? "It rests after the message in hand, with all below it; messages wait in their mailboxes." : verb === "resume" ? "It goes on with what waits." : "It stops and starts afresh, with its mailbox.",
    action: label, isDanger: verb !== "resume", field: { label: "Reason (kept in the audit)" },
    act: async (reason) => {
      const done = await post(`/admin/v1/actors/${verb}`, { path, reason: reason ?? "" });
      toast(`${label}: ${count(done.actors)} ${done.actors === 1 ? "actor" : "actors"} at ${path}`);
    },
  });
}

function inspection(actor, close) {
  return [
    h("header", {}, h("h2", { class: "mono" }, actor.path), h("span", { class: `status ${stateTone(actor.state)}` }, actor.state), h("span", { class: "grow" }), h("button", { class: "button", type: "button", onclick: close }, "Close")),
    h("div", { class: "body stack" },
      facts([["Class", actor.actorClass ?? actor.kind], ["Restart", actor.restart], ["Mailbox", actor.capacity === null ? count(actor.mailbox) : `${count(actor.mailbox)} of ${count(actor.capacity)}`], ["Handled", count(actor.handled)], ["In hand", actor.inHand ?? "–"], ["Failures", count(actor.failures)]]),
      actor.failure && h("pre", { class: "mono bad" }, actor.failure),
      actor.inspect && h("section", {}, h("h3", {}, "What it says of itself"), h("pre", { class: "mono", tabindex: 0 }, JSON.stringify(actor.inspect, null, 2))),
      actor.events.length > 0 && h("section", {}, h("h3", {}, "What happened to it"), h("ul", {}, actor.events.map((event) => h("li", {}, h("span", { class: "soft" }, `${ago(event.agoSeconds)} ago `), event.event)))))];
}
