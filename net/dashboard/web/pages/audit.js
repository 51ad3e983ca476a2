/** The audit: every decision and change of control, newest first, with who made it and its hash. Older ones are read as they are asked for. */

import { get } from "../api.js";
import { toast } from "../dialogs.js";
import { fill, h, text } from "../dom.js";
import { count, dayAndTime, words } from "../format.js";

const PAGE = 100;
const END = 2 ** 53;
const EVERY_MS = 5000;

export function auditPage(root, { store }) {
  const rows = h("tbody");
  const search = h("input", { type: "search", placeholder: "Type, person, agent", "aria-label": "Find entries by type, person, agent or details" });
  const said = h("p", { class: "empty", role: "status" }, "Reading the audit …");
  const shown = h("span", { class: "soft small" });
  const older = h("button", { class: "button", type: "button", hidden: true, onclick: () => void readOlder() }, "Show older entries");
  fill(root, h("h1", {}, "Audit"), h("section", { class: "card audit", "aria-label": "Entries" },
    h("header", {}, h("h2", {}, "Entries"), h("span", { class: "soft small" }, "newest first, each bound by its hash to all before it"), h("span", { class: "grow" }), h("div", { class: "filters" }, search)),
    h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "Entries" }, h("table", { class: "stacked" }, h("thead", {}, h("tr", {}, ["Seq", "When", "What", "Who", "Agent", "Details", "Hash"].map((name) => h("th", { scope: "col", class: name === "Seq" && "num" }, name)))), rows)), said,
    h("footer", { class: "more" }, shown, older)));
  let entries = [];
  let next = END;
  let isOpen = true;
  let timer = null;

  const fits = (entry) => {
    const sought = search.value.trim().toLowerCase();
    return !sought || [entry.type, entry.actor.name, entry.agentId ?? "", agentName(entry, store), details(entry)].some((part) => part.toLowerCase().includes(sought));
  };

  const show = () => {
    const found = entries.filter(fits);
    fill(rows, found.map((entry) => row(entry, store)));
    said.hidden = found.length > 0;
    if (found.length === 0) text(said, entries.length === 0 ? "Nothing is in the audit yet. Decisions and changes come here." : next === null ? "No entry fits. Clear the search." : "None of these entries fits. Show older ones, or clear the search.");
    text(shown, `${count(found.length)}${found.length < entries.length ? ` of ${count(entries.length)}` : ""}${next === null ? ", down to the first" : " of the newest"}`);
    older.hidden = next === null;
  };

  async function readOlder() {
    older.disabled = true;
    try {
      const page = await get(`/audit?before=${next}&limit=${PAGE}`);
      entries = [...entries, ...page.items];
      next = page.nextCursor;
      if (isOpen) show();
    } catch (error) {
      if (entries.length === 0) text(said, error.message);
      else toast(error.message, true);
    }
    older.disabled = false;
  }

  async function readNewer() {
    if (next === END) await readOlder(); // Its end could not be read yet, and what comes after it is not known before that.
    else await readAfterNewest();
    if (isOpen) timer = setTimeout(readNewer, EVERY_MS);
  }

  async function readAfterNewest() {
    try {
      const { items } = await get(`/audit?after=${entries[0]?.seq ?? 0}&limit=${PAGE}`);
      entries = [...items.toReversed(), ...entries];
      if (isOpen && items.length > 0) show();
    } catch {
      // The side says so when the floor cannot be reached; the next look is soon.
    }
  }

  search.addEventListener("input", show);
  void readOlder().then(() => isOpen && (timer = setTimeout(readNewer, EVERY_MS)));
  return () => {
    isOpen = false;
    clearTimeout(timer);
  };
}

const agentName = (entry, store) => store.agents.get(entry.agentId)?.name ?? entry.data.name ?? entry.agentId ?? "";

/** What an entry is about, beyond its type, in a few words. */
function details({ type, data }) {
  if (type.startsWith("oversight.")) {
    const { trade, decision } = data;
    return `${trade.action} ${count(trade.quantity)} ${trade.symbol}${decision?.reason ? `: ${decision.reason}` : ""}`;
  }
  if (type === "control.action") return `${data.verb} ${data.target}: ${data.reason}`;
  if (type === "user.changed") return `${data.email}, ${data.role}${data.disabled ? ", shut out" : ""}`;
  if (type === "agent.status") return words(data.status);
  return type.startsWith("key.") ? data.name ?? "" : "";
}

function row(entry, store) {
  const name = agentName(entry, store);
  return h("tr", {}, h("td", { class: "num soft" }, String(entry.seq)), h("td", { class: "soft nowrap" }, dayAndTime(entry.timestamp)), h("td", { class: "nowrap" }, entry.type), h("td", { class: "nowrap" }, entry.actor.name),
    h("td", { class: "nowrap" }, entry.agentId ? h("a", { class: "link", href: `#/agents/${entry.agentId}`, title: entry.agentId }, name) : null), h("td", { class: "soft why" }, details(entry)), h("td", { class: "mono soft", title: entry.hash }, entry.hash.slice(0, 12)));
}
