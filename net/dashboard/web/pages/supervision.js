/** The actors as they are now, as a tree or ranked, with the operator's verbs. They are asked for anew every two seconds. */

import { get } from "../api.js";
import { classes, fill, h, text } from "../dom.js";
import { count } from "../format.js";
import { find, openNodes, ranked, RANKINGS } from "./actor_nodes.js";
import { actorRow, rate } from "./actor_rows.js";
import { inspector, letterBox } from "./inspector.js";

const EVERY_MS = 2000;
const SOUGHT_AFTER_MS = 150;
const LETTERS_SHOWN = 20;
const LAG_LOOKS = 30;
const LAG_HIGH_S = 0.1;
const TREE = "tree";
const NARROW = matchMedia("(max-width: 1100px)");

export function supervisionPage(root, { store }) {
  const tiles = { actors: tile("Actors"), pace: tile("Messages / s"), queued: tile("Waiting in mailboxes"), restarts: tile("Restarts"), lag: tile("Loop lag, 99 %") };
  const search = h("input", { type: "search", placeholder: "Part of a path", "aria-label": "Find actors by a part of their path" });
  const views = viewSwitch(() => again());
  const rows = h("tbody");
  const said = h("p", { class: "soft small about", hidden: true, role: "status" });
  const table = h("table", { class: "actors middle stacked" }, heads(["Actor", "State", "#Mailbox", "#msgs/s", "#Restarts", ""]), rows);
  const letters = letterBox();
  const chosen = inspector(() => mark(null));
  const trouble = h("p", { class: "card empty", hidden: true, role: "status" });
  fill(root,
    h("h1", {}, "Supervision"),
    h("section", { class: "tiles", "aria-label": "The runtime" }, Object.values(tiles).map((each) => each.element)),
    trouble,
    h("div", { class: "watch" },
      h("section", { class: "card", "aria-label": "Actors" }, h("header", {}, h("h2", {}, "Actors"), views.element, h("span", { class: "grow" }), h("div", { class: "filters" }, search)), said, table),
      h("div", { class: "beside" }, chosen.element, letters.element)));

  let before = new Map();
  let asked_ms = null;
  let isOpen = true;
  let timer = null;
  let asking = 0;
  let inspected = null;
  const lag = lagWatch();
  const known = new Map();
  const opened = new Set(["/", "/agents", "/edge"]);

  async function look() {
    clearTimeout(timer);
    const sought = search.value.trim();
    const turn = ++asking;
    try {
      const listed = sought ? find(sought) : views.now() === TREE ? openNodes(opened) : ranked(RANKINGS[views.now()]);
      const [nodes, stats, dead, metrics] = await Promise.all([listed, get("/admin/v1/actors/stats"), get(`/admin/v1/actors/dead-letters?limit=${LETTERS_SHOWN}`), get("/metrics").catch(() => ""), chosen.look()]);
      if (!isOpen || turn !== asking) return;
      trouble.hidden = true;
      showTiles(tiles, stats, lag(metrics), pace("", stats.handled));
      showNodes(nodes);
      letters.show(dead);
      before = new Map([["", stats.handled], ...nodes.map((node) => [node.path, node.handled])]);
      asked_ms = performance.now();
    } catch (error) {
      if (turn !== asking) return;
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
      row.show(node, pace(node.path, node.handled), opened.has(node.path), node.path === inspected, store.agents.get(node.path.split("/")[2])?.name);
    });
    table.hidden = nodes.length === 0;
    said.hidden = nodes.said === undefined;
    text(said, nodes.said ?? "");
  }

  function toggle(path) {
    if (!opened.delete(path)) opened.add(path);
    void look();
  }

  function inspect(path) {
    mark(path);
    // Beside the tree it is in sight anyway; on a narrow screen it stands above, and is as high as what it shows.
    void chosen.choose(path).then(() => NARROW.matches && chosen.element.scrollIntoView({ block: "start" }));
  }

  function mark(path) {
    known.get(inspected)?.element.removeAttribute("aria-current");
    inspected = path;
    known.get(path)?.element.setAttribute("aria-current", "true");
  }

  /** Show other actors from now on: rows of a tree are indented, so none is used again. */
  function again(wait_ms = 0) {
    clearTimeout(timer);
    asking += 1;
    known.forEach((row) => row.element.remove());
    known.clear();
    timer = setTimeout(look, wait_ms);
  }

  rows.addEventListener("keydown", (event) => walk(event, rows));
  search.addEventListener("input", () => again(SOUGHT_AFTER_MS));
  void look();
  return () => {
    isOpen = false;
    clearTimeout(timer);
  };
}

/** Up and down go from actor to actor; left and right close and open what is below one. */
function walk(event, rows) {
  const paths = [...rows.querySelectorAll(".path")];
  const index = paths.indexOf(event.target);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const opens = { ArrowRight: true, ArrowLeft: false }[event.key];
  if (index < 0 || (step === undefined && opens === undefined)) return;
  event.preventDefault();
  if (step !== undefined) paths[index + step]?.focus();
  const fold = event.target.closest("tr").querySelector(".fold:not(.none)");
  if (opens !== undefined && fold && (fold.getAttribute("aria-expanded") === "true") !== opens) fold.click();
}

/** The tree, or the first actors by a ranking. Returns {element, now()}. */
function viewSwitch(changed) {
  const names = { [TREE]: "Tree", ...Object.fromEntries(Object.entries(RANKINGS).map(([view, { name }]) => [view, name])) };
  let now = TREE;
  const buttons = Object.entries(names).map(([view, name]) => h("button", { class: "button", type: "button", "aria-pressed": String(view === now), onclick: () => {
    now = view;
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(Object.keys(names)[index] === view)));
    changed();
  } }, name));
  return { element: h("div", { class: "segments filters", role: "group", "aria-label": "Order" }, buttons), now: () => now };
}

function showTiles(tiles, stats, lag_s, pace) {
  tiles.actors.show(count(stats.actors), Object.entries(stats.states).filter(([, many]) => many > 0).map(([state, many]) => `${count(many)} ${state}`).join(", "), stats.states.failed ? "bad" : "");
  tiles.pace.show(rate(pace), `${count(stats.handled)} since the start`);
  tiles.queued.show(count(stats.queued), `${count(stats.skipped)} skipped`);
  tiles.restarts.show(count(stats.restarts), "since the start", stats.restarts ? "warn" : "");
  tiles.lag.show(lag_s === null ? "–" : `≤ ${count(lag_s * 1000)} ms`, lag_s === null ? "/metrics is not open to you" : "in the last minute", lag_s > LAG_HIGH_S ? "warn" : "");
}

const heads = (names) => h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col", class: name.startsWith("#") ? "num" : null }, name ? name.replace("#", "") : h("span", { class: "visually-hidden" }, "Controls")))));

function tile(label) {
  const value = h("span", { class: "value" });
  const note = h("span", { class: "note" });
  return { element: h("div", { class: "tile card" }, h("span", { class: "label" }, label), value, note), show: (shown, said, colour = "") => (text(value, shown), text(note, said), note.title = said, classes(value, `value ${colour}`)) };
}

/** Returns a function from the text of /metrics to the bucket that holds 99 % of the last minute's beats, in seconds, or null. */
function lagWatch() {
  const looks = [];
  return (metrics) => {
    const buckets = [...metrics.matchAll(/^tradefloor_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$/gm)].map(([, le, many]) => [Number(le), Number(many)]);
    if (buckets.length === 0) return null;
    looks.push(buckets.map(([, many]) => many));
    if (looks.length > LAG_LOOKS + 1) looks.shift();
    const since = looks.length > 1 ? looks[0] : buckets.map(() => 0);
    const total = buckets.at(-1)[1] - since.at(-1);
    const found = buckets.find(([, many], index) => many - since[index] >= 0.99 * total);
    return total <= 0 || !Number.isFinite(found[0]) ? null : found[0];
  };
}
