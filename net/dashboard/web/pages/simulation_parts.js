/** What the pages about simulations share: words for states and lengths of time, figures, and what can be done. */

import { post, remove } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { h } from "../dom.js";
import { count, gain, money, percent, stateTone } from "../format.js";

export const AT = "/admin/v1/simulations";
export const EVERY_MS = 1000;
const WORDS = { queued: "waits", cancelling: "ending" };
const TONES = { cancelling: "warn", interrupted: "bad" };

export const isOver = (simulation) => simulation.endedAt !== null;
export const stateWord = (simulation) => WORDS[simulation.state] ?? simulation.state;
export const toneOf = (simulation) => TONES[simulation.state] ?? stateTone(simulation.state);

/** "3 d 4 h", "2 h 15 min", "45 s": the two largest parts of a number of seconds. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.round(seconds);
  const parts = [["d", Math.floor(whole / 86_400)], ["h", Math.floor(whole / 3600) % 24], ["min", Math.floor(whole / 60) % 60], ["s", whole % 60]];
  const first = parts.findIndex(([, many]) => many > 0);
  if (first === -1) return "0 s";
  return parts.slice(first, first + 2).filter(([, many]) => many > 0).map(([unit, many]) => `${count(many)}\u00a0${unit}`).join(" ");
}

/** The part of its ticks that a simulation has behind it. */
export const shareOf = ({ progress, ticks }) => (progress === null ? 0 : progress.ticks / ticks);

/** How long a run will take yet, by its pace so far; null where that cannot be told. */
export function left_s(simulation) {
  const share = shareOf(simulation);
  return share > 0 && simulation.progress.realSeconds > 1 ? simulation.progress.realSeconds * (1 / share - 1) : null;
}

/** "43 %, 12 s left" of a run. */
export function progressText(simulation) {
  const [share, left] = [shareOf(simulation), left_s(simulation)];
  if (simulation.state === "queued") return "for others to end";
  if (share === 1) return "writes its report";
  return `${Math.floor(share * 100)}\u00a0%${left === null ? "" : `, ${span(left)} left`}`;
}

/** "60 agents, 3 d, seed 7". */
export const inBrief = ({ agents, virtualSeconds, seed }) => `${count(agents)}\u00a0${agents === 1 ? "agent" : "agents"}, ${span(virtualSeconds)}, seed\u00a0${seed}`;

const number = (value) => (Number.isInteger(value) || Math.abs(value) >= 1000 ? count(Math.round(value)) : value.toFixed(1));
const SHOWN = { share: (value) => percent(value * 100, false), count: number, seconds: span, dollars: money };
const DIFFERENCES = {
  share: (value) => `${percent(value * 100).replace("%", "pp")}`,
  count: (value) => (value > 0 ? "+" : "") + number(value).replace("-", "\u2212"),
  seconds: (value) => (value > 0 ? "+" : "\u2212") + span(Math.abs(value)),
  dollars: gain,
};

/** A figure as people read it; a dash where there is none. */
export const figure = (value, unit) => (value === null ? "–" : SHOWN[unit](value));

/** What a figure differs by; "the same" where it does not. */
export const difference = (value, unit) => (value === null ? "–" : Math.abs(value) < 1e-9 ? "the same" : DIFFERENCES[unit](value));

/** The bar of a run. `show(simulation)` moves it. */
export function bar() {
  const fillBar = h("i");
  const element = h("div", { class: "meter progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, fillBar);
  return { element, show: (simulation) => {
    const percents = Math.floor(shareOf(simulation) * 100);
    fillBar.style.width = `${percents}%`;
    element.setAttribute("aria-valuenow", percents);
    element.setAttribute("aria-label", `Progress of ${simulation.scenario}, ${inBrief(simulation)}`);
  } };
}

/** What can be done with a simulation: elements, each with a name of its own where `isNamed`. `done` is called afterwards. */
export function actions(simulation, done, isNamed = false) {
  const name = (label) => (isNamed ? `${label} ${simulation.scenario}, ${inBrief(simulation)}` : null);
  const button = (label, act, style = "") => h("button", { class: `button ${style}`, type: "button", "aria-label": name(label), onclick: act }, label);
  const style = isNamed ? "plain" : "";
  if (!isOver(simulation)) return [simulation.state !== "cancelling" && button("Cancel", () => void cancel(simulation, done), style)];
  return [
    simulation.reportUrl && h("a", { class: `button ${isNamed ? "plain" : "primary"}`, href: simulation.reportUrl, target: "_blank", rel: "noopener", "aria-label": `${name("Report of") ?? "Open the report"} (new window)` }, isNamed ? "Report" : "Open the report"),
    button("Run again", () => void again(simulation, done), style),
    button("Remove", () => void discard(simulation, done), style)];
}

function cancel(simulation, done) {
  const waits = simulation.state === "queued";
  return confirmed({
    title: `Cancel ${simulation.scenario}?`, detail: waits ? "It has not begun. It will not run." : "It ends at its next tick, with a report of what was run by then.", action: "Cancel it", isDanger: true,
    act: async () => {
      await post(`${AT}/${simulation.simulationId}/cancel`);
      await done();
    },
  });
}

function discard(simulation, done) {
  return confirmed({
    title: `Remove ${simulation.scenario}?`, detail: "Its report and its files are deleted. The same scenario and seed give the same run again.", action: "Remove it", isDanger: true,
    act: async () => {
      await remove(`${AT}/${simulation.simulationId}`);
      await done(true);
    },
  });
}

async function again({ scenario, agents, virtualSeconds, seed, settings }, done) {
  try {
    await post(AT, { scenario, agents, days: virtualSeconds / 86_400, seed, settings });
    toast(`${scenario} was started again`);
    await done();
  } catch (error) {
    toast(error.message, true);
  }
}
