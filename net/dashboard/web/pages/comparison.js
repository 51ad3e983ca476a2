/** Runs side by side: each figure of each, and what it differs by from the first. */

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { difference, figure, inBrief } from "./simulation_parts.js";

export function comparisonPage(root, { setTitle, missed }, ids) {
  const body = h("div", { class: "stack" }, h("p", { class: "empty", role: "status" }, "Comparing …"));
  let isOpen = true;
  setTitle("Comparison");
  fill(root, h("nav", { class: "crumbs", "aria-label": "Where this is" }, h("a", { class: "link", href: "#/simulations" }, "Simulations")), h("h1", {}, "Comparison"), body);
  void (async () => {
    try {
      const compared = await get(`/admin/v1/comparison?ids=${encodeURIComponent(ids)}`);
      if (isOpen) fill(body, table(compared));
    } catch (error) {
      if (!isOpen) return;
      missed();
      fill(body, h("div", { class: "card empty" }, h("strong", {}, "These cannot be compared"), h("br"), Object.values(error.fields ?? {})[0] ?? error.message, " ", h("a", { class: "link", href: "#/simulations" }, "Choose others")));
    }
  })();
  return () => (isOpen = false);
}

function table({ items, rows }) {
  const names = items.map((item) => item.simulationId);
  return h("section", { class: "card", "aria-label": "Figures side by side" },
    h("header", {}, h("h2", {}, "Figures"), h("span", { class: "soft small" }, "below each, what it differs by from the first run; pp are percentage points")),
    h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "Figures side by side" }, h("table", { class: "compared" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Figure"), items.map((item, index) => h("th", { scope: "col", class: "num" }, head(item, index, names))))),
      h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.label), row.values.map((value, index) => h("td", { class: "num" }, figure(value, row.unit),
        index > 0 && h("div", { class: "soft small" }, difference(row.differences[index], row.unit))))))))));
}

/** Let a narrow column break a setting at its dots and before its value. */
const breakable = (setting) => setting.split(/(?<=\.)|(?==)/).map((part, index) => [index > 0 && h("wbr"), part]);

function head(item, index, names) {
  const first = [item.simulationId, ...names.filter((name) => name !== item.simulationId)];
  return [
    h("a", { class: "name", href: `#/simulations/${item.simulationId}` }, item.scenario), h("div", {}, inBrief(item)),
    item.settings.map((setting) => h("div", { class: "mono" }, breakable(setting))), item.state === "cancelled" && h("div", { class: "warn" }, "ended early"),
    h("div", { class: "links" }, h("a", { class: "link", href: item.reportUrl, target: "_blank", rel: "noopener", "aria-label": `Report of ${item.scenario}, ${inBrief(item)} (new window)` }, "Report"),
      index === 0 ? h("span", {}, "the first") : h("a", { class: "link", href: `#/simulations/compare/${first.join(",")}`, "aria-label": `Make ${item.scenario}, ${inBrief(item)} the first` }, "Make it the first"))];
}
