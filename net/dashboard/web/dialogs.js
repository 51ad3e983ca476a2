/** Questions before what cannot be undone, and short notes about what was done. */

import { classes, fill, h, text } from "./dom.js";

/** Say something in the corner for some seconds; trouble stays longer. */
export function toast(message, isTrouble = false) {
  const note = h("div", { class: `toast ${isTrouble ? "bad" : ""}` }, message);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), isTrouble ? 10_000 : 4000);
}

/**
 * Ask, and do `act` (async) when it is confirmed; the dialog stays with the reason when that fails.
 *
 * `field`: {label, placeholder?, isSecret?} asks for a text, which `act` is given; a secret is required, and given as it
 * was typed. `dismiss` is what the other button says. `live({note, end}) -> stop` is told when it opens: `note(text, class)` says how the matter stands meanwhile,
 * `end(text)` that there is nothing to decide any more, which what is under way is not told. Resolves to whether it was done.
 */
export function confirmed({ title, detail, action, dismiss = "Cancel", isDanger = false, field = null, live = null, act }) {
  return new Promise((resolve) => {
    const trouble = h("p", { class: "bad", role: "alert", hidden: true });
    const standing = h("p", { class: "small soft", hidden: true });
    const input = field && h("input", field.isSecret ? { type: "password", required: true, autocomplete: "new-password" } : { maxlength: 500, placeholder: field.placeholder ?? "", name: "reason" });
    const go = h("button", { class: `button primary ${isDanger ? "danger" : ""}`, type: "submit" }, action);
    const cancel = h("button", { class: "button", type: "button", onclick: () => dialog.close() }, dismiss);
    const form = h("form", {}, h("h2", { id: "dialog-title" }, title), h("div", { class: "soft" }, detail), standing, field && h("label", { class: "field" }, h("span", {}, field.label), input), trouble, h("div", { class: "row" }, cancel, go));
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
    let isDone = false;
    let isUnderWay = false;
    const say = (message) => {
      fill(trouble, message);
      trouble.hidden = false;
    };
    const note = (message, colour) => {
      text(standing, message);
      classes(standing, `small ${colour}`);
      standing.hidden = false;
    };
    const end = (message) => {
      if (isUnderWay || isDone || go.disabled) return;
      go.disabled = go.hidden = standing.hidden = true;
      text(cancel, "Close");
      say(message);
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (go.disabled) return;
      go.disabled = isUnderWay = true;
      trouble.hidden = true;
      try {
        await act(field?.isSecret ? input.value : input?.value.trim() || null);
        isDone = true;
        dialog.close();
      } catch (error) {
        say(Object.values(error.fields ?? {})[0] ?? error.message);
        go.disabled = isUnderWay = false;
      }
    });
    dialog.addEventListener("close", () => {
      stop?.();
      dialog.remove();
      resolve(isDone);
    });
    document.body.append(dialog);
    dialog.showModal();
    (input ?? cancel).focus();
    const stop = live?.({ note, end });
  });
}
