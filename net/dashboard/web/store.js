/**
 * What the floor is like now: snapshots over HTTP, kept up to date by frames.
 *
 * Frames that arrive while a snapshot is read are applied once more after it, as each says how something stood: so none
 * is lost, whichever of the two was first. Pages hear of changes ten times a second, by topic.
 */

import { get, pages } from "./api.js";
import { Feed } from "./socket.js";

const POINTS_MAX = 60;
const MINUTE_MS = 60_000;
const DAYS_KNOWN_MAX = 300;
const ALERT_SHARE = 0.8;
const TELL_MS = 100;
const ENDED_KNOWN_MAX = 50;

/** An agent with what the page adds: `value` at the prices of now, `open` (equity when the day began), `peak` of the day. */
export class Store extends EventTarget {
  agents = new Map();
  prices = new Map();
  approvals = new Map();
  /** The last requests that wait no longer, by their ids, each as it ended. */
  endedApprovals = new Map();
  alerts = [];
  trades = [];
  executed = [];
  lastTrade = new Map();
  isLive = false;
  isBehind = false;
  isLoaded = false;
  clockSkew_ms = 0;
  #feed = new Feed();
  #held = null;
  #dirty = new Set();
  #scheduled = false;
  #unknown = new Set();
  #days = new Set();
  #stale = new Set();
  #timers = [];

  open() {
    this.#feed.addEventListener("live", (event) => this.#onLive(event.detail.isFirst));
    this.#feed.addEventListener("frame", (event) => this.#onFrame(event.detail));
    this.#feed.addEventListener("behind", () => this.#lose(true));
    this.#feed.addEventListener("down", () => this.#lose(false));
    this.#feed.open();
    this.#timers = [setInterval(() => this.#refreshUsage(), 10_000), setInterval(() => this.#forgetOld(), 1000)];
  }

  close() {
    this.#feed.close();
    this.#timers.forEach(clearInterval);
  }

  /** Now by the floor's clock, in milliseconds. */
  now_ms() {
    return Date.now() + this.clockSkew_ms;
  }

  /** Have `change` dispatched with this topic in a moment, together with what else changes until then. */
  touch(topic) {
    this.#dirty.add(topic);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const tell = () => {
      this.#scheduled = false;
      const topics = this.#dirty;
      this.#dirty = new Set();
      this.dispatchEvent(new CustomEvent("change", { detail: topics }));
    };
    setTimeout(tell, TELL_MS);
  }

  /** Agents with four fifths of a quota used, or more. */
  nearQuota() {
    return [...this.agents.values()].filter((agent) => quotaShare(agent) >= ALERT_SHARE);
  }

  /** Show an agent no more, nor look for it when the sale of what it held is told later. */
  forget(agentId) {
    this.agents.delete(agentId);
    this.#unknown.add(agentId);
  }

  /** Learn how an agent's day began, and what it traded last, once; a page asks for the agents that it shows. */
  async learnDay(agent) {
    if (this.#days.has(agent.agentId) || this.#days.size >= DAYS_KNOWN_MAX * 4) return;
    this.#days.add(agent.agentId);
    const midnight = new Date(this.now_ms());
    midnight.setUTCHours(0, 0, 0, 0);
    try {
      const [curve, trades] = await Promise.all([
        get(`/agents/${agent.agentId}/portfolio/history?from=${midnight.toISOString()}`), get(`/agents/${agent.agentId}/trades?limit=1`)]);
      if (trades.items.length > 0 && !this.lastTrade.has(agent.agentId)) this.lastTrade.set(agent.agentId, trades.items[0]);
      if (curve.items.length === 0) return;
      agent.open = curve.items[0].value;
      agent.peak = Math.max(...curve.items.map((point) => point.value));
      this.touch("agents");
    } catch {
      this.#days.delete(agent.agentId);
    }
  }

  #lose(isBehind) {
    this.isLive = false;
    this.isBehind = isBehind;
    this.touch("connection");
  }

  async #onLive(isFirst) {
    this.isLive = true;
    this.isBehind = false;
    this.touch("connection");
    if (!isFirst) return;
    this.#held = [];
    [this.agents, this.approvals, this.lastTrade, this.#days].forEach((known) => known.clear());
    try {
      await Promise.all([this.#loadAgents(), this.#loadApprovals(), this.#loadPrices()]);
    } catch (error) {
      this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
    }
    const held = this.#held;
    this.#held = null;
    held.forEach((frame) => this.#apply(frame));
    this.isLoaded = true;
    for (const topic of ["agents", "approvals", "market", "connection"]) this.touch(topic);
    if (this.agents.size <= DAYS_KNOWN_MAX) for (const agent of this.agents.values()) await this.learnDay(agent);
  }

  async #loadAgents() {
    for await (const items of pages("/agents")) {
      items.forEach((item) => this.#takeAgent(item));
      this.touch("agents");
    }
  }

  async #loadApprovals() {
    for await (const items of pages("/oversight/requests?status=pending")) items.forEach((item) => this.approvals.set(item.requestId, item));
  }

  async #loadPrices() {
    const { items } = await get("/market/prices");
    this.#takePrices(items);
    const history = items.slice(0, 40).map(async ({ symbol }) => {
      const bars = await get(`/market/history/${symbol}?interval=1m`).catch(() => ({ items: [] }));
      const price = this.prices.get(symbol);
      price.points = [...bars.items.slice(-POINTS_MAX).map((bar) => bar.close), ...price.points].slice(-POINTS_MAX);
    });
    void Promise.all(history).then(() => this.touch("market"));
  }

  #onFrame(frame) {
    this.clockSkew_ms = frame.type === "market.update" ? Date.parse(frame.timestamp) - Date.now() : this.clockSkew_ms;
    this.#held?.push(frame);
    this.#apply(frame);
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #apply({ type, agentId, data, timestamp }) {
    if (type === "market.update") this.#takePrices(data.prices);
    else if (type === "portfolio.update") this.#takePortfolio(agentId, data);
    else if (type === "agent.status") this.#takeAgent(data);
    else if (type.startsWith("trade.")) this.#takeTrade(type, data, timestamp);
    else if (type.startsWith("oversight.")) this.#takeApproval(data);
    else if (type === "usage.alert") {
      this.alerts.unshift({ agentId, timestamp, ...data });
      this.alerts.length = Math.min(this.alerts.length, 100);
      this.touch("agents");
    }
  }

  #takeAgent(item) {
    if (item.status === "deleted") this.forget(item.agentId);
    else {
      const agent = Object.assign(this.agents.get(item.agentId) ?? { peak: 0 }, item, { cash: item.portfolio.cash, positions: item.portfolio.positions });
      this.agents.set(item.agentId, agent);
      this.#value(agent);
    }
    this.touch("agents");
  }

  #takePortfolio(agentId, { cash, positions }) {
    const agent = this.agents.get(agentId);
    if (agent === undefined) {
      // While the snapshot is read it may still come with it; the frame is applied once more after that.
      if (this.#held === null) void this.#learnAgent(agentId);
      return;
    }
    agent.cash = cash;
    agent.positions = positions;
    this.#value(agent);
    this.touch("agents");
  }

  #takePrices(items) {
    for (const item of items) {
      const known = this.prices.get(item.symbol) ?? { points: [] };
      known.points.push(item.price);
      if (known.points.length > POINTS_MAX) known.points.shift();
      this.prices.set(item.symbol, Object.assign(known, item));
    }
    for (const agent of this.agents.values()) if (agent.positions.length > 0) this.#value(agent);
    this.touch("market");
    this.touch("agents");
  }

  #takeTrade(type, trade, timestamp) {
    this.lastTrade.set(trade.agentId, trade);
    if (type === "trade.executed") this.executed.push(Date.parse(timestamp));
    this.#stale.add(trade.agentId);
    this.touch("trades");
    this.touch("agents");
  }

  #takeApproval(approval) {
    if (approval.status === "pending") this.approvals.set(approval.requestId, approval);
    else {
      this.approvals.delete(approval.requestId);
      this.endedApprovals.set(approval.requestId, approval);
      if (this.endedApprovals.size > ENDED_KNOWN_MAX) this.endedApprovals.delete(this.endedApprovals.keys().next().value);
    }
    this.touch("approvals");
  }

  #value(agent) {
    let value = agent.cash;
    for (const position of agent.positions) {
      value += position.quantity * (this.prices.get(position.symbol)?.price ?? position.averageCost);
    }
    agent.value = value;
    if (agent.open !== undefined && value > agent.peak) agent.peak = value;
  }

  async #learnAgent(agentId) {
    if (this.#unknown.has(agentId)) return;
    this.#unknown.add(agentId);
    const item = await get(`/agents/${agentId}`).catch(() => null);
    this.#unknown.delete(agentId);
    if (item === null) return;
    this.#takeAgent(item);
    void this.learnDay(this.agents.get(agentId));
  }

  /** What was used is in no frame, so agents that traded are read again, some at a time. */
  async #refreshUsage() {
    for (const agentId of [...this.#stale].slice(0, 20)) {
      this.#stale.delete(agentId);
      const item = this.isLive && this.agents.has(agentId) ? await get(`/agents/${agentId}`).catch(() => null) : null;
      if (item !== null) this.#takeAgent(item);
    }
  }

  #forgetOld() {
    const now_ms = this.now_ms();
    while (this.executed.length > 0 && this.executed[0] < now_ms - MINUTE_MS) this.executed.shift();
    for (const approval of this.approvals.values()) {
      // The floor says so itself; this covers the seconds in which it cannot be heard.
      if (Date.parse(approval.expiresAt) < now_ms - 5000 && !this.isLive) this.approvals.delete(approval.requestId);
    }
    this.touch("second");
  }
}

/** How much of its fuller quota an agent has used, as a fraction. */
export function quotaShare({ quotaConfig: { apiCalls, budgetPerMonth, usage } }) {
  return Math.max(usage.apiCalls / apiCalls, usage.budgetSpent / budgetPerMonth);
}
