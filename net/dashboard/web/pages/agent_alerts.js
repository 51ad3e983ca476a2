/** When an agent's owner is alerted, and over which channels. */

import { put } from "../api.js";
import { toast } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { field, numberOf, onSubmit } from "../forms.js";
import { copyable } from "../secrets.js";
import { may } from "../session.js";

/** Return {element, read()}; it is read once, and stays as the reader left it. */
export function alertsCard(page) {
  const body = h("div", {}, h("p", { class: "empty small-empty" }, "Reading the alerts …"));
  const show = (alerts) => fill(body, alertsForm(page, alerts, show));
  let isRead = false;
  const read = async () => {
    if (isRead) return;
    isRead = true;
    show(await page.get("/alerts"));
  };
  return { element: h("section", { class: "card", "aria-label": "Alerts" }, h("header", {}, h("h2", {}, "Alerts")), body), read };
}

function alertsForm(page, { thresholds, channels, webhookSecret }, show) {
  const share = (value) => h("input", { type: "number", step: 1, value: value ?? "", placeholder: "off", inputmode: "numeric" });
  const [calls, budget, drawdown] = [share(thresholds.apiCalls), share(thresholds.budget), share(thresholds.drawdown)];
  const box = (isOn) => h("input", { type: "checkbox", checked: isOn });
  const [websocket, slack] = [box(channels.websocket), box(channels.slack)];
  const webhook = h("input", { type: "url", value: channels.webhookUrl ?? "", placeholder: "https://example.com/hooks/tradefloor", autocomplete: "off" });
  const form = h("form", { class: "body form thirds", novalidate: true },
    field("API calls used (%)", calls, "thresholds.apiCalls", "1 to 100; empty: off"), field("Cost used (%)", budget, "thresholds.budget", "1 to 100; empty: off"), field("Lost from the peak (%)", drawdown, "thresholds.drawdown", "1 to 99; empty: off"),
    h("div", { class: "wide" }, h("label", { class: "check" }, websocket, "Tell this page, and whoever else listens on a socket"), h("label", { class: "check" }, slack, "Tell the floor's Slack channel, if it has one")),
    h("div", { class: "wide" }, field("Webhook", webhook, "channels.webhookUrl", "Empty: none. It gets alerts and approvals, signed.")),
    webhookSecret && h("div", { class: "wide" }, h("p", { class: "soft small" }, "Its signatures are checked with this secret:"), copyable("Secret of the webhook", webhookSecret)),
    may("trader") && h("button", { class: "button wide", type: "submit" }, "Save the alerts"));
  if (!may("trader")) form.querySelectorAll("input").forEach((input) => (input.disabled = true));
  else onSubmit(form, async () => {
    const changed = await put(`/agents/${page.id}/alerts`, {
      thresholds: { apiCalls: numberOf(calls), budget: numberOf(budget), drawdown: numberOf(drawdown) },
      channels: { websocket: websocket.checked, slack: slack.checked, webhookUrl: webhook.value.trim() || null },
    });
    toast("Saved");
    show(changed);
  });
  return form;
}
