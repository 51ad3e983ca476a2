/** Settings: one's own wishes, and for an admin the people who may sign in. */

import { get, patch, post } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { dayAndTime } from "../format.js";
import { wish, wishes } from "../notices.js";
import { leave, switchTheme } from "../person.js";
import { may, session } from "../session.js";

const ROLES = ["viewer", "trader", "approver", "admin"];

export function settingsPage(root) {
  fill(root, h("h1", {}, "Settings"), mine(), may("admin") && people());
}

function mine() {
  const now = wishes();
  const box = (name, label) => {
    const input = h("input", { type: "checkbox", checked: now[name] });
    input.addEventListener("change", async () => {
      const held = await wish({ [name]: input.checked });
      if (input.checked && !held[name]) toast("The browser does not allow notifications of this page; allow them in its site settings.", true);
      input.checked = held[name];
    });
    return h("label", { class: "check" }, input, label);
  };
  return h("section", { class: "card", "aria-label": "You" }, h("header", {}, h("h2", {}, "You")), h("div", { class: "body stack" },
    h("p", {}, session().user.email, " ", h("span", { class: "tag" }, session().user.role)),
    h("div", {}, box("sound", "Play a sound when a trade waits for approval"), box("desktop", "Show a desktop notification while this page is in the background"), box("shortcuts", "Use single keys as shortcuts; ? lists them")),
    h("div", { class: "filters" }, h("button", { class: "button", type: "button", onclick: switchTheme }, "Light or dark"), h("button", { class: "button", type: "button", onclick: leave }, "Sign out"))));
}

function people() {
  const rows = h("tbody");
  const read = async () => {
    try {
      const { items } = await get("/users");
      fill(rows, items.map((person) => row(person, read)));
    } catch (error) {
      fill(rows, h("tr", {}, h("td", { colspan: 4, class: "bad" }, error.message)));
    }
  };
  void read();
  return h("section", { class: "card", "aria-label": "People" }, h("header", {}, h("h2", {}, "People"), h("span", { class: "soft small" }, "who may sign in")),
    h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "People" }, h("table", {}, h("thead", {}, h("tr", {}, ["E-mail", "Role", "Since", "Access"].map((name) => h("th", { scope: "col" }, name)))), rows)),
    addition(read));
}

function row(person, read) {
  const isMe = person.userId === session().user.userId;
  const change = async (body) => {
    try {
      await patch(`/users/${person.userId}`, body);
      toast(`${person.email} was changed`);
    } catch (error) {
      toast(error.message, true);
    }
    await read();
  };
  const role = h("select", { "aria-label": `Role of ${person.email}`, disabled: isMe }, ROLES.map((name) => h("option", { value: name, selected: name === person.role }, name)));
  role.addEventListener("change", () => void change({ role: role.value }));
  const shut = () => void confirmed({ title: `Shut out ${person.email}?`, detail: "Their sign-ins end at once. You can let them in again.", action: "Shut out", isDanger: true, act: async () => { await patch(`/users/${person.userId}`, { disabled: true }); await read(); } });
  return h("tr", {}, h("td", {}, person.email), h("td", {}, role), h("td", { class: "soft" }, dayAndTime(person.createdAt)),
    h("td", {}, isMe ? h("span", { class: "soft" }, "you") : person.disabled ? h("button", { class: "button", type: "button", onclick: () => void change({ disabled: false }) }, "Let in") : h("button", { class: "button danger", type: "button", onclick: shut }, "Shut out")));
}

function addition(read) {
  const email = h("input", { type: "email", required: true, autocomplete: "off" });
  const password = h("input", { type: "password", required: true, minlength: 8, autocomplete: "new-password" });
  const role = h("select", {}, ROLES.map((name) => h("option", { value: name }, name)));
  const form = h("form", { class: "body inline-form" }, h("label", { class: "field" }, h("span", {}, "E-mail"), email), h("label", { class: "field" }, h("span", {}, "First password"), password), h("label", { class: "field" }, h("span", {}, "Role"), role), h("button", { class: "button primary", type: "submit" }, "Add"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await post("/users", { email: email.value, password: password.value, role: role.value });
      toast(`${email.value} may sign in`);
      form.reset();
      await read();
    } catch (error) {
      toast(Object.entries(error.fields ?? {}).map(([field, message]) => `${field} ${message}`).join("; ") || error.message, true);
    }
  });
  return form;
}
