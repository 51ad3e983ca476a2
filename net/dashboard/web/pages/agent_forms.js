/** Forms of the agent page: a trade by hand, and the agent's settings. */

import { patch, post } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { count, money, words } from "../format.js";
import { may } from "../session.js";

function field(label, control, name) {
  const error = h("span", { class: "error", "data-field": name, hidden: true });
  return h("label", { class: "field" }, h("span", {}, label), control, error);
}

/** Say at each field what the API refused of it; the rest in the corner. */
function showRefusal(form, error) {
  const left = { ...error.fields };
  for (const place of form.querySelectorAll(".error")) {
    const said = left[place.dataset.field];
    place.hidden = said === undefined;
    fill(place, said ?? "");
    delete left[place.dataset.field];
  }
  if (Object.keys(error.fields ?? {}).length === 0 || Object.keys(left).length > 0) toast(Object.entries(left).map(([name, said]) => `${name} ${said}`).join("; ") || error.message, true);
}

const select = (values, shown = words) => h("select", {}, values.map((value) => h("option", { value }, shown(value))));

/** Return the form for an order by hand. It asks again before it goes out, with what it comes to. */
export function tradeForm(page) {
  if (!may("trader")) return null;
  const symbol = select([...page.store.prices.keys()], (name) => name);
  const action = select(["buy", "sell"]);
  const quantity = h("input", { type: "number", min: 1, step: 1, required: true, inputmode: "numeric" });
  const kind = select(["market", "limit", "stop", "stop_limit"]);
  const limit = h("input", { type: "number", min: 0.01, step: "any" });
  const stop = h("input", { type: "number", min: 0.01, step: "any" });
  const force = select(["day", "gtc"]);
  const reason = h("input", { maxlength: 500 });
  const prices = [[field("Limit price", limit, "limitPrice"), limit, ["limit", "stop_limit"]], [field("Stop price", stop, "stopPrice"), stop, ["stop", "stop_limit"]]];
  const fit = () => prices.forEach(([label, input, kinds]) => {
    label.hidden = !kinds.includes(kind.value);
    input.required = !label.hidden;
  });
  kind.addEventListener("input", fit);
  fit();
  const form = h("form", { class: "body form" }, field("Side", action, "action"), field("Symbol", symbol, "symbol"), field("Shares", quantity, "quantity"), field("Order", kind, "orderType"), prices.map(([label]) => label), field("Good for", force, "timeInForce"),
    field("Reason", reason, "reason"), h("button", { class: "button primary wide", type: "submit" }, "Review the order"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const trade = { symbol: symbol.value, action: action.value, quantity: Number(quantity.value), orderType: kind.value, timeInForce: force.value, reason: reason.value.trim() || null };
    if (!prices[0][0].hidden) trade.limitPrice = Number(limit.value);
    if (!prices[1][0].hidden) trade.stopPrice = Number(stop.value);
    void submit(page, form, trade);
  });
  return h("section", { class: "card", "aria-label": "Trade by hand" }, h("header", {}, h("h2", {}, "Trade by hand")), form);
}

async function submit(page, form, trade) {
  const price = page.store.prices.get(trade.symbol).price;
  await confirmed({
    title: `${trade.action === "buy" ? "Buy" : "Sell"} ${count(trade.quantity)} ${trade.symbol}?`,
    detail: `A ${words(trade.orderType)} order, about ${money(trade.quantity * (trade.limitPrice ?? price))} before the fee. Above the agent's threshold it waits for approval.`,
    action: trade.action === "buy" ? "Buy" : "Sell",
    act: async () => {
      const made = await post(`/agents/${page.id}/trades`, trade).catch((error) => {
        showRefusal(form, error);
        throw error;
      });
      toast(made.status === "pending_approval" ? "It waits for approval" : made.status === "failed" ? `It failed: ${made.failureReason}` : `The order is ${words(made.status)}`, made.status === "failed");
      form.reset();
      form.querySelectorAll(".error").forEach((place) => (place.hidden = true));
      await page.reload();
    },
  });
}

/** Return the form for what an agent may do. */
export function settingsForm(page) {
  const { agent } = page;
  const name = h("input", { required: true, minlength: 3, maxlength: 100, value: agent.name });
  const risk = h("input", { type: "number", min: 1, max: 10, step: 1, required: true, value: agent.riskTolerance });
  const threshold = h("input", { type: "number", min: 0, step: "any", placeholder: "the floor's", value: agent.oversightThreshold ?? "" });
  const calls = h("input", { type: "number", min: 1000, max: 100000, required: true, value: agent.quotaConfig.apiCalls });
  const budget = h("input", { type: "number", min: 1000, max: 100000, step: "any", required: true, value: agent.quotaConfig.budgetPerMonth });
  const button = h("button", { class: "button wide", type: "submit" }, "Save");
  const form = h("form", { class: "body form" }, field("Name", name, "name"), field("Risk, 1 to 10", risk, "riskTolerance"), field("Approval above ($)", threshold, "oversightThreshold"), field("API calls a month", calls, "quotaConfig.apiCalls"), field("Budget a month ($)", budget, "quotaConfig.budgetPerMonth"), may("trader") && button);
  if (!may("trader")) form.querySelectorAll("input").forEach((input) => (input.disabled = true));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await patch(`/agents/${page.id}`, { name: name.value, riskTolerance: Number(risk.value), oversightThreshold: threshold.value === "" ? null : Number(threshold.value), quotaConfig: { apiCalls: Number(calls.value), budgetPerMonth: Number(budget.value) } });
      form.querySelectorAll(".error").forEach((place) => (place.hidden = true));
      toast("Saved");
      await page.reload();
    } catch (error) {
      showRefusal(form, error);
    }
    button.disabled = false;
  });
  return h("section", { class: "card", "aria-label": "Settings of the agent" }, h("header", {}, h("h2", {}, "Settings")), form);
}
