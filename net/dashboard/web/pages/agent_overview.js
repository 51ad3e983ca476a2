/** How an agent stands: its equity and trades, what it holds and uses, and what happened to it. */

import { remove } from "../api.js";
import { drawEquity, dropChart } from "../charts.js";
import { confirmed, toast } from "../dialogs.js";
import { classes, fill, h, text } from "../dom.js";
import { clock, count, dayAndTime, dollars, gain, money, percent, stateTone, terms, tone, words } from "../format.js";
import { may } from "../session.js";
import { meter } from "./floor.js";
import { tradeForm } from "./trade_form.js";

const CHART_MS = 15_000;
const TRADES_SHOWN = 100;
const EVENTS_SHOWN = 30;
const END = 2 ** 53;
const OPEN = new Set(["pending", "pending_approval"]);
const SPANS = [["1 h", 3_600_000], ["1 day", 86_400_000], ["30 days", null]];

/** Return the side of the page that shows how the agent stands. */
export function overview(page) {
  const { store } = page;
  const parts = [standing(page), curve(page), positions(page), trades(page), usage(page), events(page)];
  const [tiles, chart, held, orders, used, past] = parts;
  const byHand = tradeForm(page);
  const timer = setInterval(() => [tiles, chart].forEach((part) => void part.read()), CHART_MS);
  const onTheme = () => void chart.read();
  addEventListener("themechange", onTheme);
  void store.learnDay(store.agents.get(page.id) ?? { agentId: page.id });
  let hasCurve = false;
  return {
    element: [tiles.element, h("div", { class: "agent-grid" }, h("div", {}, chart.element, held.element, orders.element), h("div", {}, byHand.element, used.element, past.element))],
    show: () => [tiles, held, byHand].forEach((part) => part.show()),
    read: async () => {
      await Promise.all([orders.read(), used.read(), past.read()]);
      if (!hasCurve) void chart.read();
      hasCurve = true;
    },
    close: () => {
      clearInterval(timer);
      removeEventListener("themechange", onTheme);
      tiles.close();
      chart.close();
    },
  };
}

function standing({ store, ...page }) {
  const tiles = ["Equity", "P&L today", "Unrealised", "Cash", "Reserved"].map((label) => {
    const value = h("span", { class: "value" });
    const note = h("span", { class: "note" });
    return { element: h("div", { class: "tile card" }, h("span", { class: "label" }, label), value, note), show: (shown, said, colour = "") => (text(value, shown), text(note, said), classes(value, `value ${colour}`)) };
  });
  let reserved = null;
  const onPortfolio = ({ detail: frame }) => {
    if (frame.type === "portfolio.update" && frame.agentId === page.id) reserved = frame.data.reserved;
  };
  store.addEventListener("frame", onPortfolio);
  const read = async () => {
    if (reserved !== null) return;
    try {
      const { portfolio } = await page.get("/portfolio");
      reserved ??= portfolio.reserved; // A frame that came meanwhile is newer.
      show();
    } catch {
      // It is read again with the chart, which says what is wrong.
    }
  };
  const element = h("section", { class: "tiles", "aria-label": "Standing" }, tiles.map((tile) => tile.element));
  const show = () => {
    const agent = store.agents.get(page.id);
    if (!agent) return;
    const made = agent.open === undefined ? null : agent.value - agent.open;
    const floating = agent.positions.reduce((sum, { symbol, quantity, averageCost }) => sum + quantity * ((store.prices.get(symbol)?.price ?? averageCost) - averageCost), 0);
    tiles[0].show(money(agent.value), "at the prices of now");
    tiles[1].show(gain(made), made === null ? "" : percent((100 * made) / agent.open), tone(made ?? 0));
    tiles[2].show(gain(floating), "of the open positions", tone(floating));
    tiles[3].show(money(agent.cash), percent((100 * agent.cash) / agent.value, false) + " of equity");
    tiles[4].show(money(reserved), "for orders that wait");
  };
  void read();
  return { element, read, show, close: () => store.removeEventListener("frame", onPortfolio) };
}

function curve(page) {
  const above = h("div", { class: "chart" });
  const below = h("div", { class: "chart low" });
  const said = h("p", { class: "empty" }, "Drawing the curve …");
  let span = SPANS[0];
  const buttons = SPANS.map((each) => h("button", { class: "button", type: "button", "aria-pressed": String(each === span), onclick: () => {
    span = each;
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(SPANS[index] === span)));
    void read();
  } }, each[0]));
  const read = async () => {
    try {
      const from = span[1] === null ? "" : `?from=${new Date(page.store.now_ms() - span[1]).toISOString()}`;
      const { items } = await page.get(`/portfolio/history${from}`);
      if (!page.isOpen) return;
      if (items.length < 2) {
        said.hidden = false;
        text(said, "There is no curve yet: the agent has just begun.");
        return;
      }
      await drawEquity(above, below, items, page.trades ?? []);
      above.setAttribute("aria-label", `Equity from ${money(items[0].value)} to ${money(items.at(-1).value)}`);
      said.hidden = true;
    } catch (error) {
      said.hidden = false;
      text(said, error.message);
    }
  };
  above.setAttribute("role", "img");
  above.setAttribute("aria-label", "Equity");
  below.setAttribute("role", "img");
  below.setAttribute("aria-label", "Drawdown from the peak, in percent");
  const element = h("section", { class: "card", "aria-label": "Equity" }, h("header", {}, h("h2", {}, "Equity and drawdown"), h("span", { class: "grow" }), h("div", { class: "filters segments" }, buttons)), said, above, below);
  return { element, read, close: () => [above, below].forEach(dropChart) };
}

function section(title, names, rows, none) {
  const empty = h("p", { class: "empty" }, none);
  const note = h("span", { class: "soft small" });
  const table = h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": title }, h("table", { class: `stacked ${title.toLowerCase()}` }, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col", class: name.startsWith("#") ? "num" : null }, name.replace("#", ""))))), rows));
  const element = h("section", { class: "card", "aria-label": title }, h("header", {}, h("h2", {}, title), note), table, empty);
  return { element, note, hasRows: (any) => { table.hidden = !any; empty.hidden = any; } };
}

function positions({ store, id }) {
  const rows = h("tbody");
  const card = section("Positions", ["Symbol", "#Shares", "#Average cost", "#Price", "#Value", "#Unrealised"], rows, "It holds no shares.");
  const cells = new Map();
  return { element: card.element, show: () => {
    const held = store.agents.get(id)?.positions ?? [];
    card.hasRows(held.length > 0);
    const wanted = new Set(held.map((position) => position.symbol));
    for (const [symbol, row] of cells) if (!wanted.has(symbol)) { row[0].remove(); cells.delete(symbol); }
    for (const { symbol, quantity, averageCost } of held) {
      if (!cells.has(symbol)) {
        const made = ["shares", "at", "now", "", ""].map((label) => h("td", { class: "num", "data-label": label || null }));
        cells.set(symbol, [h("tr", {}, h("td", {}, h("strong", {}, symbol)), made), made]);
        rows.append(cells.get(symbol)[0]);
      }
      const made = cells.get(symbol)[1];
      const price = store.prices.get(symbol)?.price ?? averageCost;
      const profit = quantity * (price - averageCost);
      [count(quantity), money(averageCost), money(price), money(quantity * price), gain(profit)].forEach((value, index) => text(made[index], value));
      classes(made[4], `num ${tone(profit)}`);
    }
  } };
}

function trades(page) {
  const rows = h("tbody");
  const card = section("Trades", ["When", "Order", "State", "#Price", "#Total", "Why"], rows, "It has not traded yet.");
  let known = new Map();
  return { element: card.element, read: async () => {
    const { items, nextCursor } = await page.get(`/trades?limit=${TRADES_SHOWN}`);
    page.trades = items;
    text(card.note, nextCursor === null ? "" : `the newest ${TRADES_SHOWN}`);
    card.hasRows(items.length > 0);
    const shown = items.map((trade) => {
      const stamp = JSON.stringify(trade);
      const had = known.get(trade.tradeId);
      return [trade.tradeId, had?.stamp === stamp ? had : { stamp, row: tradeRow(page, trade) }];
    });
    // What has not changed stays where it is, or a click on it could fall between two of its kind.
    const kept = new Set(shown.map(([, { row }]) => row));
    for (const { row } of known.values()) if (!kept.has(row)) row.remove();
    shown.forEach(([, { row }], index) => rows.children[index] !== row && rows.insertBefore(row, rows.children[index] ?? null));
    known = new Map(shown);
  } };
}

function tradeRow(page, trade) {
  return h("tr", {}, h("td", { class: "soft nowrap", title: dayAndTime(trade.submittedAt) }, clock(trade.submittedAt)),
    h("td", { class: "nowrap" }, order(trade), trade.orderType !== "market" && h("div", { class: "soft small" }, terms(trade))),
    h("td", { class: "nowrap" }, h("span", { class: `status ${stateTone(trade.status)}` }, trade.status === "pending_approval" ? h("a", { class: "link", href: `#/approvals/${trade.approvalRequestId}` }, words(trade.status)) : words(trade.status)),
      OPEN.has(trade.status) && may("trader") && h("button", { class: "button plain", type: "button", "aria-label": `Cancel the order to ${order(trade)}`, onclick: () => void cancel(page, trade) }, "Cancel")),
    h("td", { class: "num" }, money(trade.executedPrice)), h("td", { class: "num" }, money(trade.totalCost)),
    h("td", { class: "soft why" }, trade.failureReason ?? trade.reason ?? ""));
}

/** "buy 7 KO". */
const order = (trade) => `${trade.action} ${count(trade.quantity)} ${trade.symbol}`;

function cancel(page, trade) {
  const what = order(trade);
  return confirmed({
    title: `Cancel the order to ${what}?`, detail: "What it reserves becomes free again.", action: "Cancel the order", dismiss: "Keep it", isDanger: true,
    act: async () => {
      await remove(`/agents/${page.id}/trades/${trade.tradeId}`);
      toast(`The order to ${what} was cancelled`);
      await page.reload();
    },
  });
}

function usage(page) {
  const bars = [meter("API calls"), meter("budget")];
  const said = [h("span", { class: "soft" }), h("span", { class: "soft" })];
  const reset = h("p", { class: "soft small" });
  const element = h("section", { class: "card", "aria-label": "Usage" }, h("header", {}, h("h2", {}, "Usage this month")), h("div", { class: "body usage" },
    ["API calls", "Cost"].map((name, index) => h("div", {}, h("p", { class: "line" }, h("span", {}, name), said[index]), bars[index].element)), reset));
  return { element, read: async () => {
    const { currentUsage, quota, resetDate } = await page.get("/usage");
    const shown = [`${count(currentUsage.apiCalls)} of ${count(quota.apiCalls)}`, `${money(currentUsage.budgetSpent)} of ${dollars(quota.budgetPerMonth)}`];
    bars[0].show(currentUsage.apiCalls / quota.apiCalls, shown[0]);
    bars[1].show(currentUsage.budgetSpent / quota.budgetPerMonth, shown[1]);
    said.forEach((each, index) => text(each, shown[index]));
    text(reset, `Both begin anew on ${dayAndTime(resetDate)}.`);
  } };
}

function events(page) {
  const list = h("ol", { class: "timeline" });
  const element = h("section", { class: "card", "aria-label": "Events" }, h("header", {}, h("h2", {}, "Events"), h("span", { class: "soft small" }, "the newest")), list);
  return { element, read: async () => {
    const { items } = await page.get(`/events?before=${END}&limit=${EVENTS_SHOWN}`);
    fill(list, items.map((event) => h("li", {}, h("span", { class: "soft", title: dayAndTime(event.timestamp) }, clock(event.timestamp)), h("span", { class: "ellipsis" }, words(event.type).replace(".", " "), h("span", { class: "soft" }, ` · ${event.actor.name}`)))));
  } };
}
