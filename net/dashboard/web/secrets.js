/** What is shown to be copied: a secret, once in a dialog, or whenever it is wanted in a field. */

import { toast } from "./dialogs.js";
import { h } from "./dom.js";

/** Return a field that shows a text to be copied, with a button that does so. */
export function copyable(label, value) {
  const input = h("input", { class: "mono", readonly: true, value, "aria-label": label, onfocus: () => input.select() });
  const copy = async () => {
    input.select();
    try {
      await navigator.clipboard.writeText(value);
      toast("Copied");
    } catch {
      toast("The browser does not let the page copy it. It is selected: press Ctrl+C.", true);
    }
  };
  return h("div", { class: "copyable" }, input, h("button", { class: "button", type: "button", onclick: () => void copy() }, "Copy"));
}

/** Show a secret once. Resolves when it is closed, which takes a button and never happens by the way. */
export function shownOnce({ title, detail, label, secret }) {
  return new Promise((resolve) => {
    const done = h("button", { class: "button primary", type: "submit" }, "I have kept it");
    const dialog = h("dialog", { "aria-labelledby": "secret-title" }, h("form", { method: "dialog" },
      h("h2", { id: "secret-title" }, title), h("p", { class: "soft" }, detail), copyable(label, secret), h("div", { class: "row" }, done)));
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve();
    });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("button").focus();
  });
}
