/** How an agent is set up. */

import { patch } from "../api.js";
import { toast } from "../dialogs.js";
import { h } from "../dom.js";
import { onSubmit } from "../forms.js";
import { may } from "../session.js";
import { alertsCard } from "./agent_alerts.js";
import { hourFields, nameField, preferenceFields, quotaFields, riskField, thresholdField } from "./agent_fields.js";
import { keysCard } from "./agent_keys.js";

/** Return the side of the page that shows how the agent is set up, and changes it. */
export function agentSettings(page) {
  const cards = [alertsCard(page), may("trader") && keysCard(page)].filter(Boolean);
  return {
    element: h("div", { class: "settings-grid" }, h("div", {}, settingsForm(page)), h("div", {}, cards.map((card) => card.element))),
    show: () => undefined, read: () => Promise.all(cards.map((card) => card.read())), close: () => undefined,
  };
}

function settingsForm(page) {
  const { agent } = page;
  const [name, risk, threshold, quota] = [nameField(agent.name), riskField(agent.riskTolerance), thresholdField(agent.oversightThreshold), quotaFields(agent.quotaConfig)];
  const [preferences, hours] = [preferenceFields(agent.assetPreferences), hourFields(agent.tradingHours)];
  const form = h("form", { class: "body form", novalidate: true }, name.fields, risk.fields, h("div", { class: "wide" }, threshold.fields), quota.fields, preferences.fields, hours.fields, may("trader") && h("button", { class: "button wide", type: "submit" }, "Save the settings"));
  if (!may("trader")) form.querySelectorAll("input").forEach((input) => (input.disabled = true));
  else onSubmit(form, async () => {
    await patch(`/agents/${page.id}`, {
      name: name.value(), riskTolerance: risk.value(), oversightThreshold: threshold.value(),
      quotaConfig: quota.value(), assetPreferences: preferences.value(), tradingHours: hours.value(),
    });
    toast("Saved");
    await page.reload();
  });
  return h("section", { class: "card", "aria-label": "Settings of the agent" }, h("header", {}, h("h2", {}, "What it may do")), form);
}
