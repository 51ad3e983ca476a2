/** Settings: one's own wishes, and for an admin the people who may sign in. */

import { get, patch, post } from "../api.js";
import { confirmed, toast } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { field, onSubmit, select } from "../forms.js";
import { dayAndTime } from "../format.js";
import { wish, wishes } from "../notices.js";
import { leave, switchTheme } from "../person.js";
import { may, session } from "../session.js";

const ROLES = ["viewer", "trader", "approver", "admin"];

export function settingsPage(root, { missed }) {
  fill(root, h("h1", {}, "Settings"), mine(), may("admin") && people(missed));
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

function people(missed) {
  const rows = h("tbody");
  const read = async () => {
    try {
      const { items } = await get("/users");
      fill(rows, items.map((person) => row(person, read)));
    } catch (error) {
      fill(rows, h("tr", {}, h("td", { colspan: 5, class: "bad" }, error.message)));
      missed();
    }
  };
  void read();
  return h("section", { class: "card people", "aria-label": "People" }, h("header", {}, h("h2", {}, "People"), h("span", { class: "soft small" }, "who may sign in")),
    h("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": "People" }, h("table", { class: "middle stacked" }, h("thead", {}, h("tr", {}, ["E-mail", "Role", "Access", "Since"].map((name) => h("th", { scope: "col" }, name)), h("th", {}, h("span", { class: "visually-hidden" }, "Controls")))), rows)),
    addition(read));
}

function row(person, read) {
  const isMe = person.userId === session().user.userId;
  const change = (body) => patch(`/users/${person.userId}`, body);
  const changed = async (body) => {
    try {
      await change(body);
      toast(`${person.email} was changed`);
    } catch (error) {
      toast(error.message, true);
    }
    await read();
  };
  const role = h("select", { "aria-label": `Role of ${person.email}`, disabled: isMe, onchange: () => void changed({ role: role.value }) }, ROLES.map((name) => h("option", { value: name, selected: name === person.role }, name)));
  const shut = () => confirmed({ title: `Shut out ${person.email}?`, detail: "Their sign-ins end at once. You can let them in again.", action: "Shut out", isDanger: true, act: async () => { await change({ disabled: true }); await read(); } });
  const renew = () => confirmed({
    title: `A new password for ${person.email}`, detail: isMe ? "Your sign-ins end at once, this one too." : "Their sign-ins end at once; tell them the new one.", action: "Set the password",
    field: { label: "New password, 8 characters or more", isSecret: true }, act: async (password) => { await change({ password }); toast(`${person.email} has a new password`); },
  });
  return h("tr", {}, h("td", {}, person.email), h("td", {}, role), h("td", {}, h("span", { class: `status ${person.disabled ? "bad" : "good"}` }, person.disabled ? "shut out" : "may sign in")), h("td", { class: "soft nowrap" }, dayAndTime(person.createdAt)),
    h("td", { class: "verbs" }, h("button", { class: "button plain", type: "button", "aria-label": `New password for ${person.email}`, onclick: () => void renew() }, "New password"),
      isMe ? h("span", { class: "soft you" }, "you") : person.disabled ? h("button", { class: "button plain", type: "button", "aria-label": `Let in ${person.email}`, onclick: () => void changed({ disabled: false }) }, "Let in")
        : h("button", { class: "button plain", type: "button", "aria-label": `Shut out ${person.email}`, onclick: () => void shut() }, "Shut out")));
}

function addition(read) {
  const email = h("input", { type: "email", autocomplete: "off" });
  const password = h("input", { type: "password", autocomplete: "new-password" });
  const role = select(ROLES);
  const form = h("form", { class: "body inline-form", novalidate: true }, field("E-mail", email, "email"), field("First password", password, "password"), field("Role", role, "role"), h("button", { class: "button primary", type: "submit" }, "Add"));
  onSubmit(form, async () => {
    await post("/users", { email: email.value.trim(), password: password.value, role: role.value });
    toast(`${email.value} may sign in`);
    form.reset();
    await read();
  });
  return form;
}
