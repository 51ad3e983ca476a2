/**
 * The inbox of trades that wait for a human. j and k move, a and r ask for the decision, Enter confirms it.
 *
 * A decision takes two presses and goes out once, under a key of its own. The order of the list does not change under
 * the hand: what expires first is on top, and what comes later goes where its time is.
 */

import { post } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { classes, fill, h, text } from "../dom.js";
import { clock, count, countdown, dollars, money, percent, stateTone, terms } from "../format.js";
import { isShortcut } from "../keys.js";
import { may } from "../session.js";

const URGENT_MS = 60_000;
const SURPRISE_MS = 1000;

export function approvalsPage(root, { store }, wanted) {
  const list = h("ul", { class: "inbox", "aria-label": "Waiting, the first to expire on top" });
  const detail = h("section", { class: "card detail", "aria-label": "The chosen request", "aria-live": "polite" });
  const body = h("div", { class: "split" }, h("div", { class: "card" }, list), detail);
  const empty = h("div", { class: "card empty" });
  const keys = h("p", { class: "soft small keys" }, h("kbd", {}, "j"), " ", h("kbd", {}, "k"), " move ", may("approver") && ["· ", h("kbd", {}, "a"), " approve · ", h("kbd", {}, "r"), " reject"]);
  fill(root, h("div", { class: "pagehead" }, h("h1", {}, "Approvals"), h("span", { class: "grow" }), keys), body, empty);

  const rows = new Map();
  let chosen = wanted ?? null;
  let shown = null;
  let timers = [];
  let isOpen = true;
  let decidedHere = null;
  let inSight = null;
  let gone = null;
  let gone_ms = -Infinity;

  const ordered = () => [...store.approvals.values()].sort((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt) || a.requestId.localeCompare(b.requestId));

  const choose = (requestId, hasFocus = false) => {
    chosen = requestId;
    update();
    if (hasFocus) rows.get(requestId)?.button.focus();
  };

  function update() {
    const items = ordered();
    body.hidden = items.length === 0;
    empty.hidden = items.length > 0;
    if (items.length === 0) {
      shown = null;
      sayEmpty(empty, store);
    }
    for (const [requestId, row] of rows) if (!store.approvals.has(requestId)) {
      row.element.remove();
      rows.delete(requestId);
    }
    if (inSight !== null && !store.approvals.has(inSight.requestId)) {
      if (inSight.requestId !== decidedHere) [gone, gone_ms] = [inSight, performance.now()];
      inSight = null;
    }
    if (items.length > 0 && !store.approvals.has(chosen)) chosen = items[Math.min(lastIndex, items.length - 1)].requestId;
    items.forEach((item, index) => {
      if (!rows.has(item.requestId)) rows.set(item.requestId, inboxRow(item, store, () => choose(item.requestId)));
      const row = rows.get(item.requestId);
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null);
      row.button.setAttribute("aria-current", String(item.requestId === chosen));
      if (item.requestId === chosen) lastIndex = index;
    });
    if (items.length > 0 && shown !== chosen) {
      shown = chosen;
      inSight = store.approvals.get(chosen);
      timers = [showDetail(detail, inSight, store, ask)];
    }
    tick();
  }

  let lastIndex = 0;

  function tick() {
    const now_ms = store.now_ms();
    rows.forEach((row) => row.tick(now_ms));
    if (store.approvals.has(shown)) timers.forEach((each) => each(now_ms));
  }

  /** Ask for the decision, and go on with the request that is next. */
  async function ask(approval, isApproved) {
    await decide(approval, isApproved, store, () => (decidedHere = approval.requestId));
    if (!isOpen) return;
    update();
    (rows.get(chosen)?.button ?? document.getElementById("main")).focus({ preventScroll: true });
  }

  const onKey = (event) => {
    if (!isShortcut(event) || (event.repeat && "ar".includes(event.key))) return;
    const items = ordered();
    const isDecision = (event.key === "a" || event.key === "r") && may("approver");
    // Whoever decides on the one that has just gone is told so, and does not decide on the next one unawares.
    if (isDecision && performance.now() - gone_ms < SURPRISE_MS) {
      event.preventDefault();
      void ask(gone, event.key === "a");
      return;
    }
    if (items.length === 0) return;
    if (event.key === "j" || event.key === "k") {
      const index = items.findIndex((item) => item.requestId === chosen) + (event.key === "j" ? 1 : -1);
      choose(items[Math.max(0, Math.min(items.length - 1, index))].requestId, true);
    } else if (isDecision) {
      event.preventDefault();
      void ask(store.approvals.get(chosen), event.key === "a");
    }
  };
  const onChange = ({ detail: topics }) => {
    if (topics.has("approvals") || topics.has("connection")) update();
    else if (topics.has("second")) tick();
  };
  document.addEventListener("keydown", onKey);
  store.addEventListener("change", onChange);
  update();
  return () => {
    isOpen = false;
    document.removeEventListener("keydown", onKey);
    store.removeEventListener("change", onChange);
  };
}

function sayEmpty(empty, store) {
  const [title, advice] = store.isLoaded ? ["Nothing waits for you", "Trades above an agent's threshold come here by themselves, with a sound if you wish (Settings)."] : ["Looking for requests", "This takes a moment."];
  fill(empty, h("strong", {}, title), h("span", {}, advice));
}

const agentName = (store, agentId) => store.agents.get(agentId)?.name ?? agentId;
const order = ({ action, quantity, symbol }) => `${action === "buy" ? "Buy" : "Sell"} ${count(quantity)} ${symbol}`;

function inboxRow(approval, store, choose) {
  const left = h("span", { class: "left" });
  const button = h("button", { type: "button", onclick: choose },
    h("span", { class: "what" }, order(approval.trade)), h("span", { class: "amount" }, dollars(approval.estimatedValue)),
    h("span", { class: "who soft small ellipsis" }, agentName(store, approval.agentId), " · ", h("span", { class: stateTone(approval.riskAssessment.level) }, `${approval.riskAssessment.level} risk`)), left);
  return { element: h("li", {}, button), button, tick: (now_ms) => showLeft(left, approval, now_ms) };
}

function showLeft(element, approval, now_ms) {
  const left_ms = Date.parse(approval.expiresAt) - now_ms;
  text(element, countdown(left_ms));
  classes(element, `left small ${left_ms < URGENT_MS ? "bad" : "soft"}`);
}

function showDetail(root, approval, store, ask) {
  const { trade, riskAssessment: risk, portfolioImpact: impact } = approval;
  const left = h("span", { class: "left" });
  const bar = h("i");
  const span_ms = Date.parse(approval.expiresAt) - Date.parse(approval.createdAt);
  fill(root,
    h("header", { class: "request" },
      h("div", { class: "grow" },
        h("h2", { class: "headline" }, order(trade), h("span", { class: "soft" }, ` for ${money(approval.estimatedValue)}`)),
        h("p", { class: "soft" }, h("a", { class: "link", href: `#/agents/${approval.agentId}` }, agentName(store, approval.agentId)), ` · ${trade.orderType === "market" ? "market order" : terms(trade)} · asked ${clock(approval.createdAt)}`)),
      h("div", { class: "expiry" }, left, h("span", { class: "soft small" }, "until it expires"))),
    h("span", { class: "meter expiry-bar" }, bar),
    h("div", { class: "body stack" },
      h("section", {}, h("h3", {}, "Why it waits"), h("p", {}, sentence(approval.reason)), trade.reason && h("p", { class: "soft" }, `The reason given: ${trade.reason}`)),
      h("section", {}, h("h3", {}, "Risk ", h("span", { class: `tag ${stateTone(risk.level)}` }, risk.level)),
        risk.factors.length > 0 ? h("ul", { class: "factors" }, risk.factors.map((factor) => h("li", {}, factor))) : h("p", { class: "soft" }, "Nothing stands out."),
        facts([["Loss on a bad day", risk.worstDayLoss === null ? "–" : dollars(risk.worstDayLoss)], ["Volatility a year", risk.volatility === null ? "–" : percent(100 * risk.volatility, false)], ["Share of the budget", percent(100 * risk.budgetShare, false)]])),
      h("section", {}, h("h3", {}, "What it does to the portfolio"),
        h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "Portfolio now and after" }, h("table", { class: "impact" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Measure")), h("th", { class: "num", scope: "col" }, "Now"), h("th", { class: "num", scope: "col" }, "After"))),
          h("tbody", {},
            change("Cash", money(impact.cashBefore), money(impact.cashAfter)),
            change(`${trade.symbol} shares`, count(impact.positionBefore), count(impact.positionAfter)),
            change(`${trade.symbol} of equity`, percent(100 * impact.concentrationBefore, false), percent(100 * impact.concentrationAfter, false)),
            change("Invested", money(impact.exposureBefore), money(impact.exposureAfter))))))),
    h("footer", { class: "decide" }, may("approver")
      ? [h("button", { class: "button primary", type: "button", onclick: () => void ask(approval, true) }, "Approve", h("kbd", {}, "a")),
         h("button", { class: "button danger", type: "button", onclick: () => void ask(approval, false) }, "Reject", h("kbd", {}, "r"))]
      : h("p", { class: "soft" }, "Deciding needs the role approver; an admin can give it to you.")));
  return (now_ms) => {
    showLeft(left, approval, now_ms);
    const left_ms = Math.max(0, Date.parse(approval.expiresAt) - now_ms);
    bar.style.width = `${((100 * left_ms) / span_ms).toFixed(1)}%`;
  };
}

const sentence = (words_) => words_.charAt(0).toUpperCase() + words_.slice(1) + (words_.endsWith(".") ? "" : ".");
const change = (name, before, after) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "num soft" }, before), h("td", { class: "num" }, after));

/** Pairs of a name and a value. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** Say in the question how long there is to decide, and when somebody else has, or nobody in time. */
function watchEnd(approval, store) {
  return ({ note, end }) => {
    const look = () => {
      const left_ms = Date.parse(approval.expiresAt) - store.now_ms();
      if (store.approvals.has(approval.requestId)) note(left_ms > 0 ? `Expires in ${countdown(left_ms)}` : "It expires now", left_ms < URGENT_MS ? "bad" : "soft");
      else end(endOf(store.endedApprovals.get(approval.requestId)));
    };
    store.addEventListener("change", look);
    look();
    return () => store.removeEventListener("change", look);
  };
}

function endOf(ended) {
  const by = ended?.decision?.approverName;
  if (ended?.status === "expired") return "It expired before you decided: the order has ended, and what it held is free again. Nothing is left to do.";
  if (by && ["approved", "rejected"].includes(ended.status)) return `${by} ${ended.status} it meanwhile. Nothing is left to do.`;
  return "It waits no longer. Its agent's page says what became of the order.";
}

async function decide(approval, isApproved, store, begun) {
  const verb = isApproved ? "approve" : "reject";
  await confirmed({
    title: `${isApproved ? "Approve" : "Reject"}: ${order(approval.trade)}?`,
    detail: isApproved ? `${agentName(store, approval.agentId)} spends about ${money(approval.estimatedValue)} at the price of now. This cannot be undone.`.replace("spends", approval.trade.action === "buy" ? "spends" : "sells for") : "The order ends, and what it held is free again. This cannot be undone.",
    action: isApproved ? "Approve" : "Reject",
    isDanger: !isApproved,
    field: { label: "Reason (kept in the audit)", placeholder: isApproved ? "within the mandate" : "too much in one symbol" },
    live: watchEnd(approval, store),
    act: async (reason) => {
      begun();
      const decided = await post(`/oversight/requests/${approval.requestId}/${verb}`, { reason });
      store.approvals.delete(approval.requestId);
      store.touch("approvals");
      const { status, failureReason } = decided.trade;
      toast(isApproved ? (status === "failed" ? `Approved, but the trade failed: ${failureReason}` : `Approved: ${order(approval.trade)}`) : `Rejected: ${order(approval.trade)}`, status === "failed" && isApproved);
    },
  });
}
