/** One agent: its name and state, what can be done with it, and below that how it stands or how it is set up. */

import { get } from "../api.js";
import { toast } from "../dialogs.js";
import { classes, fill, h, text } from "../dom.js";
import { stateTone, words } from "../format.js";
import { agentActions } from "./agent_actions.js";
import { overview } from "./agent_overview.js";
import { agentSettings } from "./agent_settings.js";

/** Each side of the page: its address, its name, and `open(page) -> {element, show(), read(), close()}`. */
const SIDES = [
  { address: "", name: "Overview", open: overview },
  { address: "settings", name: "Settings", open: agentSettings },
];
const CALM_MS = 300;

export function agentPage(root, context, agentId, address = "") {
  // What is read of the agent ends with the page, and before the agent does.
  const page = { id: agentId, store: context.store, isOpen: true, reads: new AbortController() };
  page.get = (path = "") => get(`/agents/${agentId}${path}`, page.reads.signal);
  const loading = h("div", { class: "empty" }, h("h1", {}, "Looking for the agent"));
  fill(root, loading);
  void (async () => {
    try {
      page.agent = await page.get();
    } catch (error) {
      if (!page.isOpen) return;
      fill(loading, h("h1", {}, error.status === 404 ? "There is no such agent" : "The agent cannot be shown"), h("span", {}, error.status === 404 ? "It may have been deleted, or belongs to somebody else. " : error.message), h("a", { class: "link", href: "#/" }, "Go to the floor"));
      if (error.status !== 404) context.missed();
      return;
    }
    if (page.isOpen) open(root, context, page, SIDES.find((side) => side.address === address));
  })();
  return () => {
    page.isOpen = false;
    page.reads.abort();
    page.close?.();
  };
}

function open(root, { store, setTitle, missed }, page, side) {
  setTitle(page.agent.name);
  const [name, status, why] = [h("h1", {}, page.agent.name), h("span"), h("p", { class: "card note-bad", hidden: true })];
  const actions = h("div", { class: "filters" });
  const body = side.open(page);
  const tabs = SIDES.map((each) => h("a", { href: `#/agents/${page.id}${each.address && `/${each.address}`}`, "aria-current": each === side && "page" }, each.name));
  fill(root,
    h("div", { class: "pagehead" }, name, status, h("span", { class: "tag" }, page.agent.strategy), h("span", { class: "grow" }), actions),
    h("nav", { class: "tabs", "aria-label": "The agent" }, tabs), why, body.element);
  let shownStatus = null;
  const show = () => {
    text(name, page.agent.name);
    text(status, words(page.agent.status));
    classes(status, `status ${stateTone(page.agent.status)}`);
    why.hidden = page.agent.failureReason === null;
    text(why, `It was set aside: ${page.agent.failureReason}`);
    if (shownStatus !== page.agent.status) {
      shownStatus = page.agent.status;
      fill(actions, agentActions(page));
    }
    body.show();
  };
  page.reload = async () => {
    page.agent = await page.get();
    show();
    await body.read();
  };
  let pending = null;
  const onFrame = ({ detail: frame }) => {
    if (frame.agentId !== page.id || frame.type === "portfolio.update" || pending !== null) return;
    pending = setTimeout(() => {
      pending = null;
      void page.reload().catch(() => undefined);
    }, CALM_MS);
  };
  const onChange = ({ detail: topics }) => (topics.has("agents") || topics.has("market")) && show();
  store.addEventListener("frame", onFrame);
  store.addEventListener("change", onChange);
  page.close = () => {
    clearTimeout(pending);
    store.removeEventListener("frame", onFrame);
    store.removeEventListener("change", onChange);
    body.close();
  };
  show();
  void body.read().catch((error) => {
    if (page.reads.signal.aborted) return;
    toast(error.message, true);
    missed();
  });
}
