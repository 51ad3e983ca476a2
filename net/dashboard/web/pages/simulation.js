/** One simulation: how far it is or how it ended, its figures, and what was asked for. */

import { get } from "../api.js";
import { dropChart, drawProgress } from "../charts.js";
import { classes, fill, h, text } from "../dom.js";
import { count, dayAndTime } from "../format.js";
import { facts } from "./approvals.js";
import { AT, EVERY_MS, actions, bar, figure, inBrief, isOver, progressText, span, stateWord, toneOf } from "./simulation_parts.js";

const FIGURES = [
  ["gain", "Gain of all together", "share"], ["gainOfAgent", "Gain of an agent, on average", "share"], ["maxDrawdown", "Deepest fall of all together", "share"], ["trades", "Trades filled", "count"],
  ["requestsADay", "Approvals asked for, a day", "count"], ["decidedADay", "Approvals decided, a day", "count"], ["expiredShare", "Requests that expired", "share"], ["waitedMedianSeconds", "Waited for a decision, median", "seconds"],
  ["busyShare", "Approvers' time taken up", "share"], ["waitingCost", "Cost of waiting", "dollars"], ["virtualSeconds", "Virtual time", "seconds"], ["realSeconds", "Real time", "seconds"],
];

export function simulationPage(root, { setTitle }, id) {
  const page = { isOpen: true, timer: null, shown: null, drawn: null, hasChart: false };
  const loading = h("div", { class: "empty", role: "status" }, "Looking for the simulation …");
  fill(root, loading);
  const view = parts();

  async function look() {
    clearTimeout(page.timer);
    try {
      const simulation = await get(`${AT}/${id}`);
      if (!page.isOpen) return;
      if (page.shown === null) {
        setTitle(simulation.scenario);
        fill(root, view.elements);
      }
      view.trouble.hidden = true;
      show(simulation);
      if (isOver(simulation)) return;
    } catch (error) {
      if (!page.isOpen) return;
      if (error.status === 404) {
        fill(root, h("div", { class: "empty" }, h("h1", {}, "There is no such simulation"), h("p", {}, "It was removed, or newer ones have taken its place. ", h("a", { class: "link", href: "#/simulations" }, "Go to the simulations"))));
        return;
      }
      if (page.shown === null) text(loading, error.message);
      view.trouble.hidden = false;
      text(view.trouble, `${error.message} What is below may be out of date.`);
    }
    page.timer = setTimeout(look, EVERY_MS);
  }

  const done = async (isRemoved = false) => {
    if (isRemoved) location.hash = "#/simulations";
    else await look();
  };

  function show(simulation) {
    text(view.name, simulation.scenario);
    text(view.state, stateWord(simulation));
    classes(view.state, `status ${toneOf(simulation)}`);
    view.progress.show(simulation);
    text(view.how, isOver(simulation) ? `${count(simulation.progress?.ticks ?? 0)} of ${count(simulation.ticks)} ticks` : progressText(simulation));
    view.why.hidden = simulation.failure === null;
    text(view.why, simulation.failure ?? "");
    if (page.shown !== simulation.state) {
      page.shown = simulation.state;
      fill(view.actions, actions(simulation, done));
      view.figures.hidden = simulation.figures === null;
      if (simulation.figures) fill(view.figuresBody, facts(FIGURES.map(([name, label, unit]) => [label, figure(simulation.figures[name], unit)])));
      fill(view.asked, asked(simulation));
    }
    void draw(simulation);
  }

  function say(words) {
    text(view.nothing, words);
    view.nothing.hidden = words === "";
  }

  async function draw(simulation) {
    page.drawn = simulation;
    view.chart.hidden = simulation.track.length < 2;
    if (view.chart.hidden) {
      say(simulation.state === "queued" ? "It waits for others to end." : isOver(simulation) ? "It ended before there was anything to show." : "It begins.");
      return;
    }
    if (!page.hasChart) say("Loading the chart …");
    view.chart.setAttribute("aria-label", `${count(simulation.progress.trades)} trades in ${span(simulation.progress.virtualSeconds)} of ${span(simulation.virtualSeconds)}`);
    try {
      await drawProgress(view.plot, simulation.track, simulation.virtualSeconds);
      page.hasChart = true;
      say("");
    } catch (error) {
      view.chart.hidden = true;
      say(error.message);
    }
    if (!page.isOpen) dropChart(view.plot);
  }

  const redraw = () => page.drawn && void draw(page.drawn);
  addEventListener("themechange", redraw);
  void look();
  return () => {
    page.isOpen = false;
    clearTimeout(page.timer);
    removeEventListener("themechange", redraw);
    dropChart(view.plot);
  };
}

function parts() {
  const [name, state, how, progress, buttons] = [h("h1"), h("span", { role: "status" }), h("span", { class: "soft small" }), bar(), h("div", { class: "filters" })];
  const trouble = h("p", { class: "card empty", hidden: true, role: "status" });
  const why = h("p", { class: "card note-bad why-ended", hidden: true });
  const plot = h("div", { class: "chart low" });
  const chart = h("div", { role: "img", hidden: true }, plot);
  const nothing = h("p", { class: "empty" });
  const figuresBody = h("div", { class: "body" });
  const figures = h("section", { class: "card", "aria-label": "Figures", hidden: true }, h("header", {}, h("h2", {}, "Figures"), h("span", { class: "soft small" }, "the report has more")), figuresBody);
  const details = h("div", { class: "body" });
  const elements = [
    h("nav", { class: "crumbs", "aria-label": "Where this is" }, h("a", { class: "link", href: "#/simulations" }, "Simulations")),
    h("div", { class: "pagehead" }, name, state, h("span", { class: "grow" }), buttons), trouble, why,
    h("section", { class: "card", "aria-label": "Progress" }, h("header", {}, h("h2", {}, "Progress"), how), progress.element, h("div", { class: "body" }, h("h3", { class: "soft small" }, "Trades over virtual time"), chart, nothing)),
    figures,
    h("section", { class: "card", "aria-label": "What was asked for" }, h("header", {}, h("h2", {}, "What was asked for")), details)];
  return { elements, name, state, how, progress, actions: buttons, trouble, why, plot, chart, nothing, figures, figuresBody, asked: details };
}

function asked(simulation) {
  return facts([
    ["Fleet", inBrief(simulation)], ["Ticks", count(simulation.ticks)],
    ["Other keys", simulation.settings.length === 0 ? "as they come" : simulation.settings.join(", ")],
    ["Asked by", simulation.askedBy], ["At", dayAndTime(simulation.createdAt)], ["Began", dayAndTime(simulation.startedAt)], ["Ended", dayAndTime(simulation.endedAt)],
    ["Digest of its events", simulation.digest === null ? "–" : h("span", { class: "mono", title: simulation.digest }, simulation.digest.slice(0, 16))]]);
}
