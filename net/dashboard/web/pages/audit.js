/** The audit: every decision and change of control, newest first, with who made it and its hash. */

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { dayAndTime } from "../format.js";

const PAGE = 200;

export function auditPage(root) {
  const rows = h("tbody");
  const search = h("input", { type: "search", placeholder: "Type, person or agent", "aria-label": "Find entries by type, person or agent" });
  const said = h("p", { class: "empty", role: "status" }, "Reading the audit …");
  fill(root, h("h1", {}, "Audit"), h("section", { class: "card", "aria-label": "Entries" },
    h("header", {}, h("h2", {}, "Entries"), h("span", { class: "soft small" }, "each bound by its hash to all before it"), h("span", { class: "grow" }), h("div", { class: "filters" }, search)),
    h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "Entries" }, h("table", {}, h("thead", {}, h("tr", {}, ["Seq", "When", "What", "Who", "About", "Hash"].map((name) => h("th", { scope: "col" }, name)))), rows)), said));
  let entries = [];
  let isOpen = true;

  const show = () => {
    const sought = search.value.trim().toLowerCase();
    const found = entries.filter((entry) => !sought || [entry.type, entry.actor.name, entry.agentId ?? ""].some((part) => part.toLowerCase().includes(sought))).slice(-PAGE).toReversed();
    fill(rows, found.map(row));
    said.hidden = found.length > 0;
    if (found.length === 0) fill(said, sought ? "No entry fits. Clear the search." : "Nothing is in the audit yet. Decisions and changes come here.");
  };

  void (async () => {
    let after = 0;
    try {
      while (isOpen) {
        const page = await get(`/audit?after=${after}&limit=${PAGE}`);
        entries = [...entries, ...page.items];
        if (page.nextCursor === null) break;
        after = page.nextCursor;
      }
      if (isOpen) show();
    } catch (error) {
      fill(said, error.message);
    }
  })();
  search.addEventListener("input", show);
  return () => (isOpen = false);
}

function row(entry) {
  return h("tr", {}, h("td", { class: "num soft" }, String(entry.seq)), h("td", { class: "soft nowrap" }, dayAndTime(entry.timestamp)), h("td", {}, entry.type), h("td", {}, entry.actor.name),
    h("td", { class: "mono" }, entry.agentId ? h("a", { class: "link", href: `#/agents/${entry.agentId}` }, entry.agentId) : "–"), h("td", { class: "mono soft", title: entry.hash }, entry.hash.slice(0, 12)));
}
