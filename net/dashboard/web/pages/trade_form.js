/** A trade by hand. */

import { newKey, post } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { clearRefusal, field, select, showRefusal } from "../forms.js";
import { count, money, words } from "../format.js";
import { may } from "../session.js";

/** Of shares, and of dollars. */
const MAX = 1_000_000;
/** What has failed or was stopped takes no orders. */
const TRADING = new Set(["active", "paused"]);

/**
 * Return {element, show()} of the form for an order by hand, and nothing of it for who may not trade.
 *
 * It asks again before it goes out, with what it comes to.
 */
export function tradeForm(page) {
  if (!may("trader")) return { element: null, show: () => undefined };
  const symbol = select([]);
  const action = select(["buy", "sell"]);
  const quantity = h("input", { type: "number", min: 1, max: MAX, step: 1, required: true, inputmode: "numeric" });
  const kind = select(["market", "limit", "stop", "stop_limit"]);
  const limit = h("input", { type: "number", min: 0.01, max: MAX, step: "any" });
  const stop = h("input", { type: "number", min: 0.01, max: MAX, step: "any" });
  const force = select(["day", "gtc"]);
  const reason = h("input", { maxlength: 500 });
  const prices = [[field("Limit price", limit, "limitPrice"), limit, ["limit", "stop_limit"]], [field("Stop price", stop, "stopPrice"), stop, ["stop", "stop_limit"]]];
  const fit = () => prices.forEach(([label, input, kinds]) => {
    label.hidden = !kinds.includes(kind.value);
    input.required = !label.hidden;
  });
  kind.addEventListener("input", fit);
  fit();
  // The page may be here before the prices are.
  const show = () => {
    element.hidden = !TRADING.has(page.agent.status);
    if (symbol.options.length < page.store.prices.size) fill(symbol, [...page.store.prices.keys()].map((name) => h("option", { value: name }, name)));
  };
  const form = h("form", { class: "body form" }, field("Side", action, "action"), field("Symbol", symbol, "symbol"), field("Shares", quantity, "quantity"), field("Order", kind, "orderType"), prices.map(([label]) => label), field("Good for", force, "timeInForce"),
    field("Reason", reason, "reason"), h("button", { class: "button primary wide", type: "submit" }, "Review the order"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const trade = { symbol: symbol.value, action: action.value, quantity: Number(quantity.value), orderType: kind.value, timeInForce: force.value, reason: reason.value.trim() || null };
    if (!prices[0][0].hidden) trade.limitPrice = Number(limit.value);
    if (!prices[1][0].hidden) trade.stopPrice = Number(stop.value);
    void submit(page, form, trade);
  });
  form.addEventListener("reset", () => setTimeout(fit));
  const element = h("section", { class: "card", "aria-label": "Trade by hand" }, h("header", {}, h("h2", {}, "Trade by hand")), form);
  return { element, show };
}

async function submit(page, form, trade) {
  const price = page.store.prices.get(trade.symbol).price;
  // One key for this question: pressed again after a lost answer, it is not a second order.
  const key = newKey();
  await confirmed({
    title: `${trade.action === "buy" ? "Buy" : "Sell"} ${count(trade.quantity)} ${trade.symbol}?`,
    detail: `A ${words(trade.orderType)} order, about ${money(trade.quantity * (trade.limitPrice ?? price))} before the fee. Above the agent's threshold it waits for approval.`,
    action: trade.action === "buy" ? "Buy" : "Sell",
    act: async () => {
      const made = await post(`/agents/${page.id}/trades`, trade, key).catch((error) => {
        if (error.fields) showRefusal(form, error);
        throw error;
      });
      toast(made.status === "pending_approval" ? "It waits for approval" : made.status === "failed" ? `It failed: ${made.failureReason}` : `The order is ${words(made.status)}`, made.status === "failed");
      form.reset();
      clearRefusal(form);
      await page.reload();
    },
  });
}
