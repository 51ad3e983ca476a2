/** A row of the table of actors, and the operator's verbs. */

import { post } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { classes, h, icon, text } from "../dom.js";
import { count, stateTone } from "../format.js";

const VERBS = {
  pause: { label: "Pause", detail: "It rests after the message in hand, with all below it; messages wait in their mailboxes." },
  resume: { label: "Resume", detail: "It goes on with what waits." },
  restart: { label: "Restart", detail: "It stops and starts afresh, with its mailbox." },
};

/** "–" where nothing is known yet, "12" or "0.5". */
export const rate = (value) => (value === null ? "–" : value >= 10 ? count(Math.round(value)) : value === 0 ? "0" : value.toFixed(1));

/** `inspect(path)` and `toggle(path)` are told what is pressed. Returns {element, show(node, pace, isOpen, isChosen, agent)}. */
export function actorRow(node, inspect, toggle) {
  const state = h("span");
  const numbers = ["Mailbox", "msgs/s", "Restarts"].map((label) => h("td", { class: "num", "data-label": label }));
  const fold = h("button", { type: "button", class: "fold", "aria-label": `Below ${node.path}`, onclick: () => toggle(node.path) });
  const name = h("span", { class: "ellipsis" });
  const beside = h("span", { class: "soft small ellipsis" });
  const path = h("button", { type: "button", class: "path", title: node.path, onclick: () => inspect(node.path) }, name, beside);
  const place = h("div", { class: "place" }, fold, path);
  const control = controls(node.path);
  const element = h("tr", { class: node.depth === null && "flat" }, h("td", { class: "c-place" }, place), h("td", { class: "c-state" }, state), numbers, h("td", { class: "verbs" }, control.buttons));
  element.style.setProperty("--depth", node.depth ?? 0);
  return { element, show: (now, pace, isOpen, isChosen, agent) => {
    fold.classList.toggle("none", now.children === 0 || now.depth === 0);
    fold.setAttribute("aria-expanded", String(isOpen));
    if (isChosen) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
    const own = now.path.split("/").at(-1);
    const isAgent = now.depth === 2 && agent;
    text(name, isAgent ? agent : now.depth === null && agent ? [agent, ...now.path.split("/").slice(3)].join(" · ") : now.depth === null || now.path === "/" ? now.path : own);
    text(beside, [isAgent ? own : now.depth === null && agent ? now.path : "", now.children > 0 && !isOpen ? `${count(now.children)} below` : ""].filter(Boolean).join(" · "));
    text(state, now.paused ? "paused" : now.state);
    classes(state, `status ${now.paused ? "warn" : stateTone(now.state)}`);
    const isActor = Number.isFinite(now.handled);
    const shown = [[now.mailbox, count, ""], [now.rate ?? pace, rate, ""], [now.restarts, count, "warn"]];
    shown.forEach(([value, say, tone], index) => {
      text(numbers[index], isActor ? say(value) : "");
      classes(numbers[index], `num ${isActor && value > 0 ? tone : "soft"}`);
    });
    control.show(now.paused);
  } };
}

function controls(path) {
  const button = (verb) => h("button", { class: "button plain icon", type: "button", title: VERBS[verb].label, "aria-label": `${VERBS[verb].label} ${path}`, onclick: () => control(verb, path) }, icon(verb));
  const [pause, resume, restart] = Object.keys(VERBS).map(button);
  return { buttons: [pause, resume, restart], show: (isPaused) => {
    const hadFocus = document.activeElement === pause || document.activeElement === resume;
    pause.hidden = isPaused;
    resume.hidden = !isPaused;
    if (hadFocus) (isPaused ? resume : pause).focus({ preventScroll: true });
  } };
}

/** Ask why, and do it. */
export function control(verb, path) {
  const { label, detail } = VERBS[verb];
  void confirmed({
    title: `${label} ${path}?`, detail, action: label, isDanger: verb !== "resume", field: { label: "Reason (kept in the audit)" },
    act: async (reason) => {
      const done = await post(`/admin/v1/actors/${verb}`, { path, reason: reason ?? "" });
      toast(`${label}: ${count(done.actors)} ${done.actors === 1 ? "actor" : "actors"} at ${path}`);
    },
  });
}
