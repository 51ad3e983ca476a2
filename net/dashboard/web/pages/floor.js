/** The floor at a glance: totals, prices, and the table of agents. */

import { classes, fill, h, text } from "../dom.js";
import { clock, count, dollars, gain, money, percent, stateTone, tone, words } from "../format.js";
import { may } from "../session.js";
import { sparkline } from "../spark.js";
import { quotaShare } from "../store.js";
import { LiveTable, textCell } from "../table.js";

const CALM_MS = 300;
const MINUTE_MS = 60_000;

export function floorPage(root, { store }) {
  const totals = totalsStrip(store);
  const prices = priceStrip(store);
  const agents = agentTable(store);
  fill(root, h("h1", { class: "visually-hidden" }, "Floor"), totals.element, prices.element, agents.element);
  const update = (event) => {
    const topics = event?.detail ?? new Set(["agents", "market", "approvals", "second"]);
    if (topics.has("market")) prices.show();
    if (topics.has("agents") || topics.has("approvals") || topics.has("second")) totals.show();
    if (topics.has("agents")) agents.show();
  };
  update();
  store.addEventListener("change", update);
  return () => {
    store.removeEventListener("change", update);
    agents.close();
  };
}

function totalsStrip(store) {
  const tiles = Object.fromEntries(["Equity", "P&L today", "Trades / min", "Approvals waiting", "Quota alerts"].map((label) => [label, tile(label)]));
  const equity = tiles.Equity;
  const [, profit, pace, approvals, quotas] = Object.values(tiles);
  approvals.element.setAttribute("href", "#/approvals");
  const element = h("section", { class: "tiles", "aria-label": "Totals" }, Object.values(tiles).map((each) => each.element));
  const show = () => {
    const all = [...store.agents.values()];
    const known = all.filter((agent) => agent.open !== undefined);
    const value = all.reduce((sum, agent) => sum + agent.value, 0);
    const made = known.reduce((sum, agent) => sum + agent.value - agent.open, 0);
    const opened = known.reduce((sum, agent) => sum + agent.open, 0);
    equity.show(dollars(value), `${count(all.length)} ${all.length === 1 ? "agent" : "agents"}`);
    profit.show(known.length ? gain(made) : "–", known.length < all.length ? `of ${count(known.length)} of ${count(all.length)} agents` : opened ? percent((100 * made) / opened) : "", tone(made));
    pace.show(count(store.executed.length), performance.now() < MINUTE_MS ? "since you came" : "in the last minute");
    approvals.show(count(store.approvals.size), soonest(store), store.approvals.size ? "warn" : "");
    const near = store.nearQuota().length;
    quotas.show(count(near), near ? "at 80 % of a quota or more" : "all below 80 %", near ? "warn" : "");
  };
  return { element, show };
}

function soonest(store) {
  const ends = [...store.approvals.values()].map((approval) => Date.parse(approval.expiresAt));
  if (ends.length === 0) return "nothing needs you";
  const minutes = Math.max(0, Math.ceil((Math.min(...ends) - store.now_ms()) / 60_000));
  return `first expires in ${minutes} min`;
}

function tile(label) {
  const value = h("span", { class: "value" });
  const note = h("span", { class: "note" });
  const element = h("a", { class: "tile card" }, h("span", { class: "label" }, label), value, note);
  return { element, show: (shown, said, colour = "") => (text(value, shown), text(note, said), classes(value, `value ${colour}`)) };
}

function priceStrip(store) {
  const list = h("ul", { class: "prices", tabindex: 0, "aria-label": "Prices" });
  const cells = new Map();
  const show = () => {
    for (const [symbol, price] of store.prices) {
      if (!cells.has(symbol)) {
        const cell = { price: h("span", { class: "price" }), change: h("span"), spark: sparkline() };
        cell.element = h("li", {}, h("span", { class: "symbol" }, symbol), cell.price, cell.change, cell.spark.element);
        cells.set(symbol, cell);
        list.append(cell.element);
      }
      const cell = cells.get(symbol);
      text(cell.price, price.price.toFixed(2));
      text(cell.change, percent(price.changePercent));
      classes(cell.change, `change ${tone(price.changePercent)}`);
      cell.spark.draw(price.points);
    }
  };
  return { element: h("section", { class: "card", "aria-label": "Market" }, list), show };
}

const profitOf = (agent) => (agent.open === undefined ? null : agent.value - agent.open);
const drawdownOf = (agent) => (agent.open === undefined || !agent.peak ? null : (100 * (agent.value - agent.peak)) / agent.peak);
const STATUS_ORDER = { failed: 0, active: 1, paused: 2, stopped: 3 };

function columns(store) {
  const lastOf = (agent) => store.lastTrade.get(agent.agentId);
  return [
    { name: "name", label: "Agent", class: "c-name", sort: (agent) => agent.name.toLowerCase(), cell: nameCell },
    { name: "status", label: "Status", class: "c-status", sort: (agent) => STATUS_ORDER[agent.status] ?? 9, cell: textCell((agent) => words(agent.status), (agent) => `status ${stateTone(agent.status)}`) },
    { name: "strategy", label: "Strategy", class: "c-strategy soft", sort: (agent) => agent.strategy, cell: textCell((agent) => agent.strategy) },
    { name: "equity", label: "Equity", class: "c-equity num", sort: (agent) => agent.value, cell: textCell((agent) => money(agent.value)) },
    { name: "profit", label: "P&L today", class: "c-profit num", sort: (agent) => profitOf(agent) ?? -Infinity, cell: textCell((agent) => gain(profitOf(agent)), (agent) => tone(profitOf(agent) ?? 0)) },
    { name: "drawdown", label: "Drawdown", class: "c-drawdown num", sort: (agent) => -(drawdownOf(agent) ?? 0), cell: textCell((agent) => percent(drawdownOf(agent), false)) },
    { name: "quota", label: "Quota used", class: "c-quota", sort: quotaShare, cell: quotaCell },
    { name: "last", label: "Last trade", class: "c-last soft", sort: (agent) => Date.parse(lastOf(agent)?.submittedAt ?? 0), cell: textCell((agent) => lastText(lastOf(agent))) },
  ];
}

const lastText = (trade) => (trade ? `${clock(trade.submittedAt)} ${trade.action} ${count(trade.quantity)} ${trade.symbol}${trade.status === "completed" ? "" : `, ${trade.status === "pending_approval" ? "waits" : words(trade.status)}`}` : "–");

function nameCell() {
  const element = h("a", { class: "name ellipsis" });
  return { element, show: (agent) => {
    const address = `#/agents/${agent.agentId}`;
    if (element.getAttribute("href") !== address) element.setAttribute("href", address);
    text(element, agent.name);
  } };
}

function quotaCell() {
  const bars = [meter("API calls"), meter("budget")];
  const element = h("span", { class: "quota" }, bars.map((bar) => bar.element));
  return { element, show: ({ quotaConfig: { apiCalls, budgetPerMonth, usage } }) => {
    bars[0].show(usage.apiCalls / apiCalls, `${count(usage.apiCalls)} of ${count(apiCalls)} API calls`);
    bars[1].show(usage.budgetSpent / budgetPerMonth, `${money(usage.budgetSpent)} of ${dollars(budgetPerMonth)}`);
  } };
}

/** A bar of how much is used. */
export function meter(label) {
  const fillBar = h("i");
  const element = h("span", { class: "meter", role: "img", "aria-label": label }, fillBar);
  return { element, show: (share, said) => {
    const width = `${Math.min(100, 100 * share).toFixed(1)}%`;
    if (fillBar.style.width !== width) fillBar.style.width = width;
    classes(element, `meter ${share >= 1 ? "bad" : share >= 0.8 ? "warn" : ""}`);
    if (element.title !== said) {
      element.title = said;
      element.setAttribute("aria-label", `${label}: ${said}`);
    }
  } };
}

function agentTable(store) {
  const search = h("input", { type: "search", placeholder: "Find an agent", "aria-label": "Find an agent by name" });
  const status = select("Status", ["active", "paused", "stopped", "failed"]);
  const strategy = select("Strategy", ["balanced", "aggressive", "conservative", "custom"]);
  const shown = h("span", { class: "soft small", role: "status" });
  let visible = [];
  let timer = null;
  const table = new LiveTable({
    label: "Agents", columns: columns(store), key: (agent) => agent.agentId, sort: { name: "status", descending: false },
    onVisible: (agents) => {
      visible = agents;
      // Rows that only fly past are not asked for.
      timer ??= setTimeout(() => {
        timer = null;
        visible.forEach((agent) => void store.learnDay(agent));
      }, CALM_MS);
    },
  });
  const empty = h("div", { class: "empty" });
  let isFiltered = true;
  const show = () => {
    const sought = search.value.trim().toLowerCase();
    const items = [...store.agents.values()].filter((agent) =>
      (!sought || agent.name.toLowerCase().includes(sought)) && (!status.value || agent.status === status.value) && (!strategy.value || agent.strategy === strategy.value));
    table.show(items, isFiltered);
    isFiltered = false;
    text(shown, items.length === store.agents.size ? `${count(items.length)}` : `${count(items.length)} of ${count(store.agents.size)}`);
    table.element.hidden = items.length === 0;
    empty.hidden = items.length > 0;
    if (items.length === 0) showEmpty(empty, store);
  };
  const filter = () => {
    isFiltered = true;
    show();
  };
  for (const control of [search, status, strategy]) control.addEventListener("input", filter);
  const element = h("section", { class: "card agents", "aria-label": "Agents" },
    h("header", {}, h("h2", {}, "Agents"), shown, h("span", { class: "grow" }), h("div", { class: "filters" }, search, status, strategy), may("trader") && newAgentLink()), table.element, empty);
  return { element, show, close: () => table.close() };
}

function showEmpty(empty, store) {
  const [title, advice] = !store.isLoaded ? ["Loading the agents", "This takes a moment."]
    : store.agents.size === 0 ? ["There are no agents yet", may("trader") ? "Make the first one; it starts paused, its budget in cash." : "Ask an admin for the role trader to make one."]
    : ["No agent fits the filter", "Clear the search, or choose another status or strategy."];
  if (empty.dataset.said === title) return;
  empty.dataset.said = title;
  fill(empty, h("strong", {}, title), h("span", {}, advice), store.isLoaded && store.agents.size === 0 && may("trader") && newAgentLink());
}

const newAgentLink = () => h("a", { class: "button primary", href: "#/agents/new" }, "New agent");

function select(label, values) {
  return h("select", { "aria-label": label }, h("option", { value: "" }, `${label}: all`), values.map((value) => h("option", { value }, value)));
}
