/** Beside the actors: all of the one that is chosen, as it is now, and the messages that nobody handled. */

import { get } from "../api.js";
import { classes, fill, h, text } from "../dom.js";
import { count, stateTone, words } from "../format.js";
import { facts } from "./approvals.js";
import { control } from "./actor_rows.js";

const MESSAGES_SHOWN = 5;

const ago = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`);

/** `closed` is told when it is closed. Returns {element, choose(path), look()}; `look` shows the chosen one anew. */
export function inspector(closed) {
  const title = h("h2", { class: "mono" });
  const state = h("span");
  const live = h("div", { class: "stack" });
  const hint = h("p", { class: "empty small-empty" }, "Choose an actor to see what it has in hand, what waits in its mailbox, and what happened to it.");
  const close = h("button", { class: "button plain small", type: "button", onclick: () => (choose(null), closed()) }, "Close");
  const verbs = h("div", { class: "filters" });
  const body = h("div", { class: "body stack" }, verbs, live);
  const header = h("header", {}, title, state, h("span", { class: "grow" }), close);
  const element = h("section", { class: "card inspected", "aria-label": "The chosen actor" }, header, body, hint);
  let chosen = null;

  function choose(path) {
    chosen = path;
    fill(live);
    fill(verbs);
    text(title, path ?? "");
    classes(state, "");
    text(state, "");
    header.hidden = body.hidden = path === null;
    hint.hidden = path !== null;
    element.classList.toggle("none", path === null);
  }

  async function look() {
    if (chosen === null) return;
    const path = chosen;
    const actor = await get(`/admin/v1/actors/inspect?path=${encodeURIComponent(path)}&messages=${MESSAGES_SHOWN}`).catch((error) => ({ error }));
    if (path !== chosen) return;
    if (actor.error) {
      fill(live, h("p", { class: "bad", role: "alert" }, actor.error.status === 404 ? "It is not there any more." : actor.error.message));
      return;
    }
    text(state, actor.paused ? "paused" : actor.state);
    classes(state, `status ${actor.paused ? "warn" : stateTone(actor.state)}`);
    showVerbs(verbs, actor);
    // What is being read or marked stays under the eye.
    const scrolled = [...live.querySelectorAll("pre")].map((pre) => pre.scrollTop);
    if (String(getSelection()) && live.contains(getSelection().anchorNode)) return;
    const hadFocus = [...live.querySelectorAll("pre")].indexOf(document.activeElement);
    fill(live, parts(actor));
    [...live.querySelectorAll("pre")].forEach((pre, index) => {
      pre.scrollTop = scrolled[index] ?? 0;
      if (index === hadFocus) pre.focus({ preventScroll: true });
    });
  }

  choose(null);
  return { element, choose: (path) => (choose(path), look()), look };
}

function showVerbs(root, { path, paused }) {
  const wanted = [paused ? "resume" : "pause", "restart"];
  if (root.dataset.verbs === `${path} ${wanted}` && root.children.length > 0) return;
  root.dataset.verbs = `${path} ${wanted}`;
  fill(root, wanted.map((verb) => h("button", { class: "button small", type: "button", onclick: () => control(verb, path) }, verb[0].toUpperCase() + verb.slice(1))));
}

function parts(actor) {
  const isSupervisor = actor.kind === "supervisor";
  const mailbox = actor.capacity === null ? count(actor.mailbox) : `${count(actor.mailbox)} of ${count(actor.capacity)}`;
  return [
    facts(isSupervisor
      ? [["Kind", "supervisor"], ["Strategy", words(actor.strategy ?? "–")], ["Children", count(actor.children)], ["Restart", actor.restart]]
      : [["Class", actor.actorClass ?? "no message so far"], ["Mailbox", mailbox], ["In hand", actor.inHand === null ? "nothing" : `${actor.inHand}, ${ago(actor.inHandSeconds)}`], ["Handled", count(actor.handled)],
         ["Busy", `${actor.busySeconds.toFixed(1)} s`], ["Restart", actor.restart], ["Restarts", count(actor.restarts)], ["Failures", count(actor.failures)]]),
    actor.failure && h("section", {}, h("h3", {}, "Why it failed"), h("pre", { class: "mono bad", tabindex: 0 }, actor.failure)),
    actor.messages.length > 0 && h("section", {}, h("h3", {}, "In its mailbox"), h("ul", { class: "short" }, actor.messages.map((each) => h("li", {}, h("span", { class: "ellipsis", title: each.message }, each.type), h("span", { class: "soft nowrap" }, ago(each.ageSeconds)))))),
    actor.inspect && h("section", {}, h("h3", {}, "What it says of itself"), h("pre", { class: "mono", tabindex: 0 }, JSON.stringify(actor.inspect, null, 2))),
    actor.events.length > 0 && h("section", {}, h("h3", {}, "What happened to it"), h("ul", { class: "short" }, actor.events.toReversed().map((each) => h("li", {}, h("span", {}, each.event), h("span", { class: "soft nowrap" }, ago(each.agoSeconds)))))),
  ];
}

/** Returns {element, show(deadLetters)}. */
export function letterBox() {
  const list = h("ul", { class: "letters" });
  const many = h("span", { class: "soft small" });
  const element = h("section", { class: "card", "aria-label": "Dead letters" }, h("header", {}, h("h2", {}, "Dead letters"), many), list);
  return { element, show: ({ items, total }) => {
    text(many, total === 0 ? "messages that nobody handled" : `${count(total)} since the start${total > items.length ? `, the last ${count(items.length)} below` : ""}`);
    fill(list, items.length === 0 ? h("li", { class: "soft" }, "None. Every message found somebody.") : items.toReversed().map((letter) =>
      h("li", {}, h("span", { class: "what" }, h("strong", {}, letter.type), h("span", { class: "soft small nowrap" }, `${ago(letter.agoSeconds)} ago`)), h("span", { class: "mono soft" }, letter.path), h("span", { class: "small soft" }, letter.reason))));
  } };
}
