/** Fields of forms, and what the API says of them. */

import { toast } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { words } from "./format.js";

let ids = 0;

/** Return a control below its label, with a hint, and a place for what the API says of the field `name`. */
export function field(label, control, name, hint = null) {
  const id = `field-${++ids}`;
  control.id = id;
  control.setAttribute("aria-describedby", `${hint ? `${id}-hint ` : ""}${id}-error`);
  return h("div", { class: "field", "data-field": name }, h("label", { for: id }, label), control,
    hint && h("span", { class: "hint", id: `${id}-hint` }, hint), h("span", { class: "error", id: `${id}-error`, hidden: true }));
}

/** Return a list to choose from, of values or of pairs of a value and what is shown. */
export const select = (values, shown = words) => h("select", {}, values.map((value) => h("option", { value }, shown(value))));

/** A number, or null where nothing stands. */
export const numberOf = (input) => (input.value.trim() === "" ? null : Number(input.value));

/** The words between commas. */
export const wordsOf = (input) => input.value.split(",").map((word) => word.trim()).filter(Boolean);

function say(place, message) {
  const [error, control] = [place.querySelector(".error"), place.querySelector("input, select, textarea")];
  error.hidden = message === null;
  fill(error, message);
  if (message === null) control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
}

/** Take back what was said of the fields. */
export const clearRefusal = (form) => form.querySelectorAll("[data-field]").forEach((place) => say(place, null));

/** Say at each field what the API refused of it, and go to the first; the rest in the corner. */
export function showRefusal(form, error) {
  const left = new Map(Object.entries(error.fields ?? {}));
  const places = [...form.querySelectorAll("[data-field]")];
  let first = null;
  for (const place of places) {
    const { field: name } = place.dataset;
    const keys = [...left.keys()].filter((key) => key === name || key.startsWith(`${name}[`) || key.startsWith(`${name}.`));
    say(place, keys.length > 0 ? keys.map((key) => left.get(key)).join("; ") : null);
    keys.forEach((key) => left.delete(key));
    if (keys.length > 0) first ??= place;
  }
  first?.querySelector("input, select, textarea").focus();
  if (first === null || left.size > 0) toast([...left].map(([name, said]) => `${name} ${said}`).join("; ") || error.message, true);
}

/** Have `send` (async) called when a form is submitted, once at a time; what is refused is said at its fields. */
export function onSubmit(form, send) {
  const button = form.querySelector('[type="submit"]');
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      await send();
      clearRefusal(form);
    } catch (error) {
      showRefusal(form, error);
    }
    button.disabled = false;
  });
}
