/** The form for a new agent. What the API refuses is said at each field; a second try never makes a second agent. */

import { newKey, post } from "../api.js";
import { toast } from "../dialogs.js";
import { h } from "../dom.js";
import { field, numberOf, onSubmit } from "../forms.js";
import { may } from "../session.js";
import { hourFields, nameField, preferenceFields, quotaFields, riskField, thresholdField } from "./agent_fields.js";

const STRATEGIES = [
  ["balanced", "Keeps its shares at target weights."],
  ["conservative", "Small positions, sold when they fall."],
  ["aggressive", "Follows what moves."],
  ["custom", "Your own program, or your hand."],
];

export function newAgentPage(root) {
  if (!may("trader")) {
    root.append(h("div", { class: "empty" }, h("h1", {}, "Agents are made by traders"), h("p", {}, "An admin can give you the role trader. ", h("a", { class: "link", href: "#/" }, "Go to the floor"))));
    return;
  }
  const budget = h("input", { type: "number", step: "any", value: 100_000 });
  const [name, strategy, threshold, risk, quota, preferences, hours] = [nameField(), strategyFields(), thresholdField(), riskField(), quotaFields(), preferenceFields(), hourFields()];
  const begin = h("input", { type: "checkbox" });
  const form = h("form", { class: "card long-form", novalidate: true, "aria-label": "New agent" },
    part("What it is", name.fields, strategy.fields),
    part("Money and risk", field("Budget ($)", budget, "initialBudget", "100 to 100,000"), threshold.fields, risk.fields),
    part("What it may use", quota.fields),
    part("What it may trade by itself", preferences.fields),
    part("When it may trade by itself", hours.fields),
    h("footer", {}, h("label", { class: "check grow" }, begin, "Let it trade by itself at once"), h("a", { class: "button", href: "#/" }, "Cancel"), h("button", { class: "button primary", type: "submit" }, "Create the agent")));
  let key = null;
  form.addEventListener("input", () => (key = null));
  onSubmit(form, async () => {
    key ??= newKey();
    const agent = await post("/agents", {
      name: name.value(), ...strategy.value(), initialBudget: numberOf(budget), oversightThreshold: threshold.value(), riskTolerance: risk.value(),
      quotaConfig: quota.value(), assetPreferences: preferences.value(), tradingHours: hours.value(),
    }, key);
    toast(`${agent.name} was created`);
    location.hash = `#/agents/${agent.agentId}`;
    if (begin.checked) await post(`/agents/${agent.agentId}/resume`);
  });
  root.append(h("h1", {}, "New agent"), form);
  form.querySelector("input").focus();
}

const part = (title, ...fields) => h("fieldset", {}, h("legend", {}, title), h("div", { class: "form" }, fields));

function strategyFields() {
  let chosen = STRATEGIES[0][0];
  const installed = h("input", { autocomplete: "off" });
  const named = h("div", { class: "wide", hidden: true }, field("Installed strategy", installed, "strategyName", "Its name, if a package brings one. Empty: programs and people trade for it."));
  const choose = (name) => {
    chosen = name;
    named.hidden = name !== "custom";
  };
  const choices = STRATEGIES.map(([name, said]) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "strategy", value: name, checked: name === chosen, onchange: () => choose(name) }), h("span", {}, h("strong", {}, name), h("span", { class: "soft small" }, said))));
  return {
    fields: [h("div", { class: "wide choices", role: "radiogroup", "aria-label": "Strategy" }, choices), named],
    value: () => ({ strategy: chosen, strategyName: chosen === "custom" ? installed.value.trim() || null : null }),
  };
}
