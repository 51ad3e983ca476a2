/** What can be done with an agent; what destroys asks first. */

import { post, remove } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { h } from "../dom.js";
import { may } from "../session.js";

const OFFERED = { active: ["pause", "stop", "delete"], paused: ["resume", "stop", "delete"], failed: ["resume", "stop", "delete"], stopped: ["delete"] };

const ASKED = {
  stop: { title: "Stop", action: "Stop for good", detail: "Open orders are cancelled, positions are sold, and it never trades again. This cannot be undone." },
  delete: { title: "Delete", action: "Delete", detail: "Its positions are sold and it is shown no more. Its records are kept for 90 days. This cannot be undone." },
};

/** Return the buttons for the state that an agent is in. */
export function agentActions(page) {
  if (!may("trader")) return [];
  return (OFFERED[page.agent.status] ?? []).map((verb) =>
    h("button", { class: `button ${ASKED[verb] ? "danger" : ""}`, type: "button", onclick: (event) => void act(page, verb, event.currentTarget) }, verb.charAt(0).toUpperCase() + verb.slice(1)));
}

async function act(page, verb, button) {
  if (ASKED[verb]) {
    const { title, ...rest } = ASKED[verb];
    await confirmed({ title: `${title} ${page.agent.name}?`, ...rest, isDanger: true, act: () => carryOut(page, verb) });
    return;
  }
  button.disabled = true;
  try {
    await carryOut(page, verb);
  } catch (error) {
    toast(error.message, true);
    button.disabled = false;
  }
}

async function carryOut(page, verb) {
  if (verb === "delete") {
    page.reads.abort(); // What is under way would find no such agent.
    try {
      await remove(`/agents/${page.id}`);
    } catch (error) {
      page.reads = new AbortController();
      throw error;
    }
    toast(`${page.agent.name} was deleted`);
    page.store.forget(page.id);
    location.hash = "#/";
    return;
  }
  await post(`/agents/${page.id}/${verb}`);
  await page.reload();
}
