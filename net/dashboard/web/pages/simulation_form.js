/** The form that starts a simulation: a scenario, and what of it is to be otherwise. */

import { get, newKey, post } from "../api.js";
import { toast } from "../dialogs.js";
import { classes, fill, h, text } from "../dom.js";
import { field, numberOf, onSubmit } from "../forms.js";
import { count } from "../format.js";
import { AT, inBrief } from "./simulation_parts.js";

const LARGE_AGENTS = 20_000;
const KB_OF_AGENT = 30;

/** Return the card with the form. `started(simulation)` is called with what was started, `missed()` when there is nothing to choose from. */
export function startForm(started, missed) {
  const scenario = h("select", {}, h("option", { value: "" }, "Reading the scenarios …"));
  const about = h("p", { class: "soft small", role: "status" });
  const [agents, days, seed] = [numberInput(), numberInput("any"), numberInput()];
  const settings = h("textarea", { rows: 1, spellcheck: "false", placeholder: "oversight.approvers=5", class: "mono" });
  const large = h("p", { class: "small warn", hidden: true });
  const form = h("form", { class: "body start", novalidate: true, "aria-label": "Start a simulation" },
    field("Scenario", scenario, "scenario"), field("Agents", agents, "agents"), field("Days", days, "days"), field("Seed", seed, "seed"),
    field("Other keys", settings, "settings", "One KEY=VALUE a line, as in the scenario's file."),
    h("button", { class: "button primary", type: "submit" }, "Start"), h("div", { class: "about" }, about, large));
  let offered = new Map();
  let key = null;

  const show = () => {
    const chosen = offered.get(scenario.value);
    if (!chosen) return;
    text(about, `${chosen.summary} ${inBrief(chosen)}.`);
    [[agents, chosen.agents], [days, chosen.virtualSeconds / 86_400], [seed, chosen.seed]].forEach(([input, value]) => input.setAttribute("placeholder", Number(value.toFixed(3))));
    const many = numberOf(agents) ?? chosen.agents;
    large.hidden = many < LARGE_AGENTS;
    text(large, `A fleet of ${count(many)} takes about ${((many * KB_OF_AGENT) / 1e6).toFixed(1)} GB and some minutes of a processor.`);
  };
  form.addEventListener("input", () => {
    key = null;
    show();
  });
  onSubmit(form, async () => {
    key ??= newKey();
    const lines = settings.value.split("\n").map((line) => line.trim()).filter(Boolean);
    try {
      const simulation = await post(AT, { scenario: scenario.value, agents: numberOf(agents), days: numberOf(days), seed: numberOf(seed), settings: lines }, key);
      key = null;
      toast(`${simulation.scenario} ${simulation.state === "queued" ? "waits for others to end" : "was started"}`);
      await started(simulation);
    } catch (error) {
      error.fields = atFields(error.fields ?? {});
      throw error;
    }
  });
  void (async () => {
    try {
      const { items } = await get("/admin/v1/scenarios");
      offered = new Map(items.map((item) => [item.name, item]));
      fill(scenario, items.map(({ name }) => h("option", { value: name, selected: name === "quickstart" }, name)));
      show();
    } catch (error) {
      text(about, error.message);
      classes(about, "bad small");
      missed();
    }
  })();
  return h("section", { class: "card", "aria-label": "New simulation" }, h("header", {}, h("h2", {}, "New simulation")), form);
}

const numberInput = (step = 1) => h("input", { type: "number", min: 0, step });

/** Say of a key of the scenario at the field where it was written. */
function atFields(fields) {
  const found = {};
  for (const [key, message] of Object.entries(fields)) {
    const own = ["scenario", "agents", "days", "seed", "settings"].find((name) => key === name || key.startsWith(`${name}[`));
    if (own) found[key] = message;
    else if (key === "population") found.agents = `${key}: ${message}`;
    else found.settings = [found.settings, `${key}: ${message}`].filter(Boolean).join("\n");
  }
  return found;
}
