/** Simulations beside the floor: one is started here, those that run are watched, and those that ended are compared. */

import { get } from "../api.js";
import { toast } from "../dialogs.js";
import { classes, fill, h, text } from "../dom.js";
import { clock, count, dayAndTime, percent } from "../format.js";
import { startForm } from "./simulation_form.js";
import { AT, EVERY_MS, actions, bar, inBrief, isOver, progressText, stateWord, toneOf } from "./simulation_parts.js";

const COMPARED_MAX = 6;
const CALM_MS = 5000;
const HEADS = ["#", "Simulation", "State", "#Gain", "#Deepest fall", "#Trades", "#Approvals a day", "Started", ""];

export function simulationsPage(root, { missed }) {
  const rows = h("tbody");
  const said = h("p", { class: "empty", role: "status" }, "Reading the simulations …");
  const trouble = h("p", { class: "card empty", hidden: true, role: "status" });
  const compare = h("a", { class: "button", role: "link", "aria-disabled": "true" }, "Compare");
  const hint = h("span", { class: "soft small" });
  const table = h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "Simulations", hidden: true }, h("table", { class: "middle runs" }, heads(), rows));
  const known = new Map();
  const chosen = new Set();
  let isOpen = true;
  let timer = null;
  let wait_ms = EVERY_MS;

  fill(root, h("h1", {}, "Simulations"), trouble, startForm(() => look(), missed),
    h("section", { class: "card", "aria-label": "Runs" }, h("header", {}, h("h2", {}, "Runs"), hint, h("span", { class: "grow" }), compare), table, said));

  function choose(id, isChosen) {
    if (isChosen) chosen.add(id);
    else chosen.delete(id);
    showChoice();
  }

  function showChoice() {
    const many = chosen.size;
    const isReady = many >= 2 && many <= COMPARED_MAX;
    text(compare, isReady ? `Compare ${many} runs` : "Compare");
    if (isReady) compare.setAttribute("href", `#/simulations/compare/${[...chosen].join(",")}`);
    else compare.removeAttribute("href");
    compare.setAttribute("aria-disabled", String(!isReady));
    text(hint, many > COMPARED_MAX ? `at most ${COMPARED_MAX} can be compared` : many === 1 ? "choose another one to compare" : many === 0 ? "choose two or more to compare" : "differences are to the first that you chose");
  }

  async function look() {
    clearTimeout(timer);
    try {
      const { items } = await get(AT);
      if (!isOpen) return;
      trouble.hidden = true;
      show(items);
      wait_ms = items.every(isOver) ? CALM_MS : EVERY_MS;
    } catch (error) {
      if (!isOpen) return;
      trouble.hidden = false;
      text(trouble, `${error.message} What is below may be out of date.`);
    }
    clearTimeout(timer);
    timer = setTimeout(look, wait_ms);
  }

  function show(items) {
    const there = new Set(items.map((item) => item.simulationId));
    for (const [id, row] of known) if (!there.has(id)) {
      row.element.remove();
      known.delete(id);
      choose(id, false);
    }
    items.forEach((item, index) => {
      const id = item.simulationId;
      if (!known.has(id)) known.set(id, runRow(item, choose, look));
      const row = known.get(id);
      if (rows.children[index] !== row.element) rows.insertBefore(row.element, rows.children[index] ?? null);
      row.show(item);
    });
    table.hidden = items.length === 0;
    said.hidden = items.length > 0;
    fill(said, h("strong", {}, "No simulation yet"), h("br"), "Start one to see how a fleet would fare, before it goes live.");
    hint.hidden = compare.hidden = !items.some((item) => item.figures);
  }

  showChoice();
  hint.hidden = compare.hidden = true;
  void look();
  return () => {
    isOpen = false;
    clearTimeout(timer);
  };
}

const heads = () => h("thead", {}, h("tr", {}, HEADS.map((name, index) => h("th", { scope: "col", class: name.length > 1 && name.startsWith("#") ? "num" : null },
  index === 0 ? h("span", { class: "visually-hidden" }, "Compare") : name ? name.replace("#", "") : h("span", { class: "visually-hidden" }, "Controls")))));

function runRow(first, choose, look) {
  const box = h("input", { type: "checkbox", "aria-label": `Compare ${first.scenario}, ${inBrief(first)}`, onchange: () => choose(first.simulationId, box.checked) });
  const [state, how, progress] = [h("span"), h("div", { class: "soft small how" }), bar()];
  const numbers = [h("td"), h("td", { class: "num" }), h("td", { class: "num" }), h("td", { class: "num" })];
  const verbs = h("td", { class: "verbs" });
  const element = h("tr", {}, h("td", {}, box),
    h("td", { class: "run" }, h("a", { class: "name", href: `#/simulations/${first.simulationId}` }, first.scenario), h("div", { class: "soft small" }, inBrief(first)), first.settings.map((setting) => h("div", { class: "soft mono setting" }, setting))),
    h("td", { class: "state" }, state, progress.element, how), numbers,
    h("td", { class: "soft nowrap", title: dayAndTime(first.createdAt) }, clock(first.createdAt), h("div", { class: "small ellipsis by" }, first.askedBy)), verbs);
  let shown = null;
  return { element, show: (simulation) => {
    const { figures } = simulation;
    text(state, stateWord(simulation));
    classes(state, `status ${toneOf(simulation)}`);
    progress.element.hidden = isOver(simulation) || simulation.state === "queued";
    progress.show(simulation);
    text(how, isOver(simulation) ? (simulation.failure ?? "") : progressText(simulation));
    text(numbers[0], figures ? percent(figures.gain * 100) : "");
    classes(numbers[0], `num ${figures ? (figures.gain >= 0 ? "good" : "bad") : ""}`);
    text(numbers[1], figures ? percent(figures.maxDrawdown * 100, false) : "");
    text(numbers[2], simulation.progress ? count(figures?.trades ?? simulation.progress.trades) : "");
    text(numbers[3], figures ? figures.requestsADay.toFixed(1) : "");
    box.disabled = figures === null;
    // The buttons stay as they are until something else can be done: whoever is on one must not lose it.
    if (shown !== simulation.state) {
      if (shown !== null && isOver(simulation)) toast(`${simulation.scenario} is ${stateWord(simulation)}`, simulation.state === "failed");
      shown = simulation.state;
      fill(verbs, actions(simulation, look, true));
    }
  } };
}
