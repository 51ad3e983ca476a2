/** The dashboard: sign-in, the shell around the pages, and the way from an address to a page. */

import { toast } from "./dialogs.js";
import { classes, fill, h, icon, text } from "./dom.js";
import { listen } from "./keys.js";
import { leave, switchTheme } from "./person.js";
import { may, session, sessions } from "./session.js";
import { Store } from "./store.js";
import { announce } from "./notices.js";
import { agentPage } from "./pages/agent.js";
import { approvalsPage } from "./pages/approvals.js";
import { auditPage } from "./pages/audit.js";
import { comparisonPage } from "./pages/comparison.js";
import { floorPage } from "./pages/floor.js";
import { newAgentPage } from "./pages/new_agent.js";
import { settingsPage } from "./pages/settings.js";
import { askToSignIn, signInPage } from "./pages/signin.js";
import { simulationPage } from "./pages/simulation.js";
import { simulationsPage } from "./pages/simulations.js";
import { supervisionPage } from "./pages/supervision.js";

/**
 * Each page: its address after `#/`, its name, its key after g, the least role it is for, and `open(main, context, ...parts) -> close`.
 *
 * A page that could not read what it shows calls `context.missed()`: it is opened again once the floor is back.
 */
const PAGES = [
  { at: /^$/, address: "", name: "Floor", key: "f", icon: "floor", open: floorPage },
  { at: /^approvals(?:\/(\w+))?$/, address: "approvals", name: "Approvals", key: "a", icon: "approvals", open: approvalsPage },
  { at: /^agents\/new$/, name: "New agent", open: newAgentPage },
  { at: /^agents\/(\w+)(?:\/(settings))?$/, name: "Agent", open: agentPage },
  { at: /^supervision$/, address: "supervision", name: "Supervision", key: "s", icon: "supervision", role: "admin", open: supervisionPage },
  { at: /^simulations$/, address: "simulations", name: "Simulations", key: "m", icon: "simulations", role: "admin", open: simulationsPage },
  { at: /^simulations\/compare\/([\w,]+)$/, address: "simulations", name: "Comparison", role: "admin", open: comparisonPage },
  { at: /^simulations\/(\w+)$/, address: "simulations", name: "Simulation", role: "admin", open: simulationPage },
  { at: /^audit$/, address: "audit", name: "Audit", key: "u", icon: "audit", role: "admin", open: auditPage },
  { at: /^settings$/, address: "settings", name: "Settings", key: "e", icon: "settings", open: settingsPage },
];

const app = document.getElementById("app");
let store = null;
let closePage = () => undefined;
let stopListening = () => undefined;

function start() {
  stop();
  if (session() === null) {
    document.title = "Sign in · Tradefloor";
    fill(app, signInPage());
    return;
  }
  store = new Store();
  fill(app, shell());
  store.addEventListener("change", (event) => showStanding(event.detail));
  store.addEventListener("trouble", (event) => toast(event.detail.message, true));
  store.addEventListener("frame", (event) => announce(event.detail, store));
  store.open();
  stopListening = listen(offered(), keys());
  go();
}

function stop() {
  closePage();
  closePage = () => undefined;
  stopListening();
  store?.close();
  store = null;
}

/** The pages of the side that are for whoever is signed in. */
const offered = () => PAGES.filter((page) => page.icon && (!page.role || may(page.role)));

const keys = () => [
  { key: "/", name: "Find", act: () => document.querySelector('main input[type="search"]')?.focus() },
  ...(may("trader") ? [{ key: "n", name: "New agent", act: () => (location.hash = "#/agents/new") }] : []),
];

function shell() {
  const links = offered().map((page) =>
    h("li", {}, h("a", { href: `#/${page.address}`, "data-at": page.address }, icon(page.icon), page.name, page.address === "approvals" && h("span", { class: "badge", hidden: true, id: "badge" }))),
  );
  const root = document.querySelector('link[rel="icon"]').href;
  return h("div", { class: "shell" },
    h("a", { class: "skip", href: "#main", onclick: skip }, "Skip to the page"),
    h("nav", { class: "nav", "aria-label": "Pages" },
      h("a", { class: "brand", href: "#/" }, h("img", { src: root, alt: "" }), "Tradefloor"),
      h("ul", {}, links),
      h("div", { class: "foot" },
        h("span", { class: "status conn", id: "connection" }, "Connecting"),
        h("div", { class: "who" },
          h("span", { class: "email ellipsis", title: session().user.email }, session().user.email),
          h("span", {},
            h("button", { class: "button plain icon theme", type: "button", "aria-label": "Switch between light and dark", title: "Light or dark", onclick: switchTheme }, icon("theme")),
            h("button", { class: "button plain icon", type: "button", "aria-label": "Sign out", title: "Sign out", onclick: leave }, icon("leave")))))),
    h("main", { id: "main", tabindex: -1 }));
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

let shownAt = null;
let hasMissed = false;

function go() {
  if (store === null) return;
  const address = location.hash.replace(/^#\/?/, "").split("?")[0];
  const page = PAGES.find((candidate) => candidate.at.test(address) && (!candidate.role || may(candidate.role)));
  closePage();
  closePage = () => undefined;
  hasMissed = false;
  const main = document.getElementById("main");
  for (const link of document.querySelectorAll(".nav li a")) {
    if (page && link.dataset.at === page.address) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const body = h("div", { class: "page" });
  const stale = h("p", { class: "stale", id: "stale", role: "status", hidden: true });
  fill(main, stale, body);
  scrollTo(0, 0);
  // Whoever comes from another page goes on at the top of this one, by keyboard too.
  if (shownAt !== null && shownAt !== address) main.focus({ preventScroll: true });
  shownAt = address;
  if (page) closePage = page.open(body, { store, setTitle, missed: () => (hasMissed = true) }, ...page.at.exec(address).slice(1)) ?? closePage;
  else fill(body, h("div", { class: "empty" }, h("h1", {}, "There is no such page"), h("p", {}, "It may need another role. ", h("a", { class: "link", href: "#/" }, "Go to the floor"))));
  setTitle(page?.name ?? "Not found");
  showStanding(new Set(["connection", "approvals"]));
}

let pageTitle = "Floor";

function setTitle(title) {
  pageTitle = title;
  const waiting = store?.approvals.size ?? 0;
  const wanted = `${waiting > 0 ? `(${waiting}) ` : ""}${title} · Tradefloor`;
  if (document.title !== wanted) document.title = wanted;
}

let downSince_ms = null;

function showStanding(topics) {
  if (store === null) return;
  if (topics.has("approvals")) {
    const badge = document.getElementById("badge");
    badge.hidden = store.approvals.size === 0;
    text(badge, String(store.approvals.size));
    badge.setAttribute("aria-label", `${store.approvals.size} waiting`);
    setTitle(pageTitle);
  }
  if (topics.has("connection") || topics.has("second")) {
    downSince_ms = store.isLive ? null : (downSince_ms ?? performance.now());
    const state = document.getElementById("connection");
    classes(state, `status conn ${store.isLive ? "good" : "warn"}`);
    text(state, store.isLive ? "Live" : store.isBehind ? "Catching up" : store.isLoaded ? "Reconnecting" : "Connecting");
    // A moment without a connection is no news.
    const stale = document.getElementById("stale");
    stale.hidden = downSince_ms === null || performance.now() - downSince_ms < 1500;
    text(stale, `${store.isBehind ? "This page has fallen behind the floor, and catches up." : "The floor cannot be reached."} What you see may be out of date; it goes on by itself.`);
  }
  if (topics.has("connection") && store.isLive && hasMissed) go();
}

addEventListener("hashchange", go);
sessions.addEventListener("in", (event) => {
  // Whoever signs in again goes on where they were; somebody else begins anew.
  if (store === null || event.detail.isOther) start();
  else dispatchEvent(new Event("online"));
});
sessions.addEventListener("out", () => {
  location.hash = "#/";
  start();
});
sessions.addEventListener("ended", () => askToSignIn());
start();
