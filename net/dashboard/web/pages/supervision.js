/**
 * The tree of actors as it is now, and the operator's verbs. It is asked for anew every two seconds.
 *
 * Of the tree only what is open is asked for, and of each node so many children: a floor may have a million. What is
 * sought is looked for by the floor, in all of them.
 */

import { get, post } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { classes, fill, h, text } from "../dom.js";
import { count, stateTone } from "../format.js";
import { facts } from "./approvals.js";

const EVERY_MS = 2000;
const CHILDREN_MAX = 200;
const FOUND_MAX = 200;
const VERBS = [["pause", "Pause"], ["resume", "Resume"], ["restart", "Restart"]];

export function supervisionPage(root, { store }) {
  const tiles = { actors: tile("Actors"), pace: tile("Messages / s"), queued: tile("Waiting in mailboxes"), restarts: tile("Restarts"), lag: tile("Loop lag, 99 %") };
  const search = h("input", { type: "search", placeholder: "Part of a path", "aria-label": "Find actors by a part of their path" });
  const rows = h("tbody");
  const letters = h("tbody");
  const said = h("p", { class: "soft small body", hidden: true, role: "status" });
  const inspected = h("div", { class: "card inspected", hidden: true });
  const trouble = h("p", { class: "card empty", hidden: true, role: "status" });
  fill(root,
    h("h1", {}, "Supervision"),
    h("section", { class: "tiles", "aria-label": "The runtime" }, Object.values(tiles).map((each) => each.element)),
    trouble, inspected,
    h("section", { class: "card", "aria-label": "Actors" }, h("header", {}, h("h2", {}, "Actors"), h("span", { class: "grow" }), h("div", { class: "filters" }, search)),
      h("div", { class: "scroll-x tall", tabindex: 0, role: "group", "aria-label": "The tree of actors" }, h("table", { class: "actors middle" }, heads(["Path", "State", "#Mailbox", "#msgs/s", "#Restarts", ""]), rows)), said),
    h("section", { class: "card", "aria-label": "Dead letters" }, h("header", {}, h("h2", {}, "Dead letters"), h("span", { class: "soft small" }, "messages that nobody handled")),
      h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "Dead letters" }, h("table", {}, heads(["Ago", "To", "Message", "Why"]), letters))));

  let before = new Map();
  let asked_ms = null;
  let isOpen = true;
  let timer = null;
  const known = new Map();
  const opened = new Set(["/", "/agents", "/edge"]);

  async function look() {
    clearTimeout(timer);
    const sought = search.value.trim();
    try {
      const [nodes, stats, dead, metrics] = await Promise.all([sought ? find(sought) : openNodes(opened), get("/admin/v1/actors/stats"), get("/admin/v1/actors/dead-letters?limit=20"), get("/metrics").catch(() => "")]);
      if (!isOpen || sought !== search.value.trim()) return;
      trouble.hidden = true;
      showTiles(tiles, stats, metrics, pace("", stats.handled));
      showNodes(nodes);
      showLetters(letters, dead.items);
      before = new Map([["", stats.handled], ...nodes.map((node) => [node.path, node.handled])]);
      asked_ms = performance.now();
    } catch (error) {
      trouble.hidden = false;
      text(trouble, `${error.message} What is below may be out of date.`);
    }
    if (isOpen) timer = setTimeout(look, EVERY_MS);
  }

  const pace = (path, handled) => (asked_ms === null || !Number.isFinite(before.get(path)) ? null : Math.max(0, handled - before.get(path)) / ((performance.now() - asked_ms) / 1000));

  function showNodes(nodes) {
    const wanted = new Set(nodes.map((node) => node.path));
    for (const [path, row] of known) if (!wanted.has(path)) {
      row.element.remove();
      known.delete(path);
    }
    nodes.forEach((node, index) => {
      if (!known.has(node.path)) known.set(node.path, actorRow(node, inspect, toggle));
      const row = known.get(node.path);
      if (rows.children[index] !== row.element) rows.insertBefore(row.element, rows.children[index] ?? null);
      row.show(node, pace(node.path, node.handled), opened.has(node.path), store.agents.get(node.path.split("/")[2])?.name);
    });
    said.hidden = nodes.said === undefined;
    text(said, nodes.said ?? "");
  }

  function toggle(path) {
    if (!opened.delete(path)) opened.add(path);
    void look();
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
    known.forEach((row) => row.element.remove());
    known.clear();
    timer = setTimeout(look, 150);
  });
  void look();
  return () => {
    isOpen = false;
    clearTimeout(timer);
  };
}

/** The nodes of the tree that are open, each before those below it. A node that has gone meanwhile is left out. */
async function openNodes(opened) {
  const parts = await Promise.all([...opened].map(async (path) => {
    const part = await get(`/admin/v1/actors/tree?path=${encodeURIComponent(path)}&depth=1&limit=${CHILDREN_MAX + 1}`).catch((error) => {
      if (error.status !== 404) throw error;
      return { items: [] };
    });
    return [path, part.items];
  }));
  const children = new Map(parts.map(([path, items]) => [path, items.filter((item) => item.path !== path)]));
  const nodes = [];
  const walk = (node, depth) => {
    const below = children.get(node.path);
    nodes.push({ ...node, depth, more: below ? node.children - below.length : 0 });
    below?.forEach((child) => walk(child, depth + 1));
  };
  const top = parts.find(([path]) => path === "/")?.[1].find((item) => item.path === "/");
  walk(top ?? { path: "/", kind: "supervisor", state: "running", paused: false, children: 0 }, 0);
  const cut = nodes.filter((node) => node.more > 0).map((node) => `${count(node.more)} more below ${node.path}`);
  if (cut.length > 0) nodes.said = `Not shown: ${cut.join(", ")}. Find them by a part of their path.`;
  return nodes;
}

/** The actors that the floor finds by a part of their path, the fullest mailbox first. */
async function find(sought) {
  const pattern = sought.startsWith("/") ? `${sought}*` : `/**/*${sought}*`;
  try {
    const { items, total } = await get(`/admin/v1/actors?path=${encodeURIComponent(pattern)}&limit=${FOUND_MAX}`);
    const nodes = items.map((item) => ({ ...item, paused: item.state === "paused", depth: null, children: 0 }));
    nodes.said = total > items.length ? `${count(items.length)} of ${count(total)} actors, the fullest mailboxes first.` : `${count(total)} ${total === 1 ? "actor" : "actors"}.`;
    return nodes;
  } catch (error) {
    if (error.status !== 404) throw error;
    return Object.assign([], { said: "No actor fits. Try another part of its path, such as portfolio." });
  }
}

function showTiles(tiles, stats, metrics, pace) {
  tiles.actors.show(count(stats.actors), Object.entries(stats.states).filter(([, many]) => many > 0).map(([state, many]) => `${count(many)} ${state}`).join(", "));
  tiles.pace.show(rate(pace), `${count(stats.handled)} since the start`);
  tiles.queued.show(count(stats.queued), `${count(stats.skipped)} skipped`);
  tiles.restarts.show(count(stats.restarts), "since the start", stats.restarts ? "warn" : "");
  const lag_s = lagOf(metrics);
  tiles.lag.show(lag_s === null ? "–" : `≤ ${lag_s * 1000} ms`, lag_s === null ? "/metrics is not open to you" : "since the start", lag_s > 0.1 ? "warn" : "");
}

function showLetters(letters, items) {
  fill(letters, items.length === 0 ? h("tr", {}, h("td", { colspan: 4, class: "soft" }, "None. Every message found somebody.")) : items.toReversed().map((letter) =>
    h("tr", {}, h("td", { class: "soft" }, ago(letter.agoSeconds)), h("td", { class: "mono" }, letter.path), h("td", {}, letter.type), h("td", { class: "soft" }, letter.reason))));
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

function actorRow(node, inspect, toggle) {
  const name = node.depth === null || node.path === "/" ? node.path : node.path.split("/").at(-1);
  const state = h("span");
  const numbers = [h("td", { class: "num" }), h("td", { class: "num" }), h("td", { class: "num" })];
  const fold = h("button", { type: "button", class: "fold", "aria-label": `Below ${node.path}`, onclick: () => toggle(node.path) });
  const below = h("span", { class: "soft small" });
  const place = h("div", { class: "place" }, fold, h("button", { type: "button", class: "path mono", title: node.path, onclick: () => void inspect(node.path) }, name), below);
  place.style.marginLeft = `${(node.depth ?? 0) * 16}px`;
  const element = h("tr", {}, h("td", {}, place), h("td", {}, state), numbers,
    h("td", { class: "verbs" }, VERBS.map(([verb, label]) => h("button", { class: "button plain small", type: "button", "aria-label": `${label} ${node.path}`, onclick: () => control(verb, label, node.path) }, label))));
  return { element, show: (now, pace, isOpen, agent) => {
    fold.hidden = now.children === 0 || now.depth === 0;
    fold.setAttribute("aria-expanded", String(isOpen));
    text(below, [agent && (now.depth === null || now.depth === 2) ? agent : "", now.children > 0 && !isOpen ? `${count(now.children)} below` : ""].filter(Boolean).join(" · "));
    text(state, now.paused ? "paused" : now.state);
    classes(state, `status ${now.paused ? "warn" : stateTone(now.state)}`);
    const isActor = Number.isFinite(now.handled);
    text(numbers[0], isActor ? count(now.mailbox) : "");
    text(numbers[1], isActor ? rate(pace) : "");
    text(numbers[2], isActor ? count(now.restarts) : "");
    classes(numbers[2], now.restarts ? "num warn" : "num");
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
