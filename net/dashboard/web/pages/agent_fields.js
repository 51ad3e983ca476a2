/** The fields that a new agent and the settings of one share. Each group: {fields, value()}, its part of the request. */

import { h } from "../dom.js";
import { field, numberOf, wordsOf } from "../forms.js";

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const number = (value, attributes = {}) => h("input", { type: "number", step: "any", value: value ?? "", ...attributes });
const listed = (names, placeholder) => h("input", { value: (names ?? []).join(", "), placeholder, spellcheck: "false", autocomplete: "off" });
const wide = (element) => h("div", { class: "wide" }, element);

/** What it is called. */
export function nameField(name = "") {
  const input = h("input", { value: name, autocomplete: "off" });
  return { fields: wide(field("Name", input, "name", "3 to 100 characters")), value: () => input.value.trim() };
}

/** From cautious to bold, as a slider. */
export function riskField(risk = 5) {
  const input = h("input", { type: "range", min: 1, max: 10, step: 1 });
  input.value = risk;
  const shown = h("output", {}, String(risk));
  input.addEventListener("input", () => (shown.textContent = input.value));
  return { fields: wide([field("Risk tolerance", input, "riskTolerance"), h("p", { class: "ends soft small" }, h("span", {}, "1 cautious"), shown, h("span", {}, "bold 10"))]), value: () => Number(input.value) };
}

/** The value above which a trade waits for a human. */
export function thresholdField(threshold = null) {
  const input = number(threshold, { placeholder: "the floor's" });
  return { fields: field("Approval above ($)", input, "oversightThreshold", "Empty: the floor's threshold"), value: () => numberOf(input) };
}

/** What it may use in a month. */
export function quotaFields({ apiCalls, budgetPerMonth } = { apiCalls: 10_000, budgetPerMonth: 10_000 }) {
  const [calls, cost] = [number(apiCalls), number(budgetPerMonth)];
  return {
    fields: [field("API calls a month", calls, "quotaConfig.apiCalls", "1,000 to 100,000"), field("Cost a month ($)", cost, "quotaConfig.budgetPerMonth", "1,000 to 100,000")],
    value: () => ({ apiCalls: numberOf(calls), budgetPerMonth: numberOf(cost) }),
  };
}

/** What it may trade by itself; null: all of the market. */
export function preferenceFields(preferences = null) {
  const [symbols, sectors, excluded] = [listed(preferences?.symbols, "AAPL, MSFT"), listed(preferences?.sectors, "technology"), listed(preferences?.excludedSymbols, "TSLA")];
  const capitals = (input) => wordsOf(input).map((name) => name.toUpperCase());
  return {
    fields: [field("Symbols", symbols, "assetPreferences.symbols", "Empty: all"), field("Sectors", sectors, "assetPreferences.sectors", "Empty: all"), wide(field("Never", excluded, "assetPreferences.excludedSymbols"))],
    value: () => {
      const wanted = { symbols: capitals(symbols), sectors: wordsOf(sectors).map((name) => name.toLowerCase().replaceAll(" ", "_")), excludedSymbols: capitals(excluded) };
      return Object.values(wanted).some((names) => names.length > 0) ? wanted : null;
    },
  };
}

/** When it may trade by itself; null: at any hour. */
export function hourFields(hours = null) {
  const time = (value) => h("input", { type: "time", value: value ?? "" });
  const [start, end, zone] = [time(hours?.start), time(hours?.end), h("input", { value: hours?.timezone ?? OWN_ZONE, autocomplete: "off", list: "time-zones" })];
  const zones = h("datalist", { id: "time-zones" }, Intl.supportedValuesOf("timeZone").map((name) => h("option", { value: name })));
  return {
    fields: [field("From", start, "tradingHours.start", "Empty: at any hour"), field("Until", end, "tradingHours.end"), wide([field("Time zone", zone, "tradingHours.timezone"), zones])],
    value: () => (start.value || end.value ? { start: start.value, end: end.value, timezone: zone.value.trim() } : null),
  };
}
