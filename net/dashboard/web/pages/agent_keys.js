/** The keys with which programs trade for an agent: made, exchanged and revoked. A secret is shown once. */

import { newKey, post, remove } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { field, onSubmit } from "../forms.js";
import { dayAndTime } from "../format.js";
import { shownOnce } from "../secrets.js";

/** Return {element, read()}. */
export function keysCard(page) {
  const rows = h("tbody");
  const none = h("p", { class: "empty small-empty" }, "No program has a key of this agent.");
  const table = h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "Keys" }, h("table", { class: "middle" }, h("thead", {}, h("tr", {}, ["For", "Ends with", "Made"].map((name) => h("th", { scope: "col" }, name)), h("th", {}, h("span", { class: "visually-hidden" }, "Controls")))), rows));
  const read = async () => {
    const { items } = await page.get("/keys");
    table.hidden = items.length === 0;
    none.hidden = items.length > 0;
    fill(rows, items.map((key) => row(page, key, read)));
  };
  const name = h("input", { autocomplete: "off", placeholder: "rebalancing bot" });
  const form = h("form", { class: "body inline-form", novalidate: true }, field("What the key is for", name, "name"), h("button", { class: "button", type: "submit" }, "Make a key"));
  onSubmit(form, async () => {
    const made = await post(`/agents/${page.id}/keys`, { name: name.value.trim() });
    await hand(made, "Programs send it as a bearer token. It trades for this agent and reads it; it can decide no approval.");
    form.reset();
    await read();
  });
  const element = h("section", { class: "card", "aria-label": "Keys" }, h("header", {}, h("h2", {}, "Keys"), h("span", { class: "soft small" }, "for programs that trade for it")), table, none, form);
  return { element, read };
}

const hand = ({ name, key }, detail) => shownOnce({ title: `The key for ${name}`, detail: `${detail} It is shown this once: the floor keeps its hash alone.`, label: "Key", secret: key });

function row(page, key, read) {
  const revoke = () => confirmed({
    title: `Revoke the key for ${key.name}?`, detail: `Programs that use the key ending with ${key.hint} are refused at once. This cannot be undone.`, action: "Revoke", isDanger: true,
    act: async () => {
      await remove(`/agents/${page.id}/keys/${key.keyId}`);
      toast(`The key for ${key.name} was revoked`);
      await read();
    },
  });
  const rotate = async () => {
    const once = newKey();
    let made = null;
    const isMade = await confirmed({
      title: `Exchange the key for ${key.name}?`, detail: "You get a new key first. The old one stays good until you revoke it, so that no program stands still.", action: "Make the new key",
      act: async () => (made = await post(`/agents/${page.id}/keys`, { name: key.name }, once)),
    });
    if (!isMade) return;
    await hand(made, "Give it to the program.");
    await read();
    await revoke();
  };
  return h("tr", {}, h("td", {}, key.name), h("td", { class: "mono" }, `…${key.hint}`), h("td", { class: "soft nowrap" }, dayAndTime(key.createdAt)),
    h("td", { class: "verbs" }, h("button", { class: "button plain", type: "button", "aria-label": `Exchange the key for ${key.name}`, onclick: () => void rotate() }, "Exchange"), h("button", { class: "button plain", type: "button", "aria-label": `Revoke the key for ${key.name}`, onclick: () => void revoke() }, "Revoke")));
}
