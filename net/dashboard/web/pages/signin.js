/** Signing in: as a page at first, as a dialog over the page when a sign-in has ended. */

import { fill, h } from "../dom.js";
import { session, signIn } from "../session.js";

/** Return the page. */
export function signInPage() {
  const form = signInForm("Sign in", "");
  requestAnimationFrame(() => form.querySelector("input").focus());
  return h("main", { class: "signin" }, h("div", { class: "card" }, form));
}

/** Ask who is there over the page that is open, which stays as it is. */
export function askToSignIn() {
  if (document.querySelector("dialog.signin-again")) return;
  const form = signInForm("Sign in to go on", session()?.user.email ?? "", () => dialog.close());
  const dialog = h("dialog", { class: "signin-again", "aria-label": "Sign in again" }, form);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function signInForm(title, email, done = () => undefined) {
  const trouble = h("p", { class: "bad", role: "alert", hidden: true });
  const address = h("input", { type: "email", name: "email", autocomplete: "username", required: true, value: email });
  const password = h("input", { type: "password", name: "password", autocomplete: "current-password", required: true });
  const button = h("button", { class: "button primary", type: "submit" }, "Sign in");
  const form = h("form", {},
    h("div", { class: "brand" }, h("img", { src: document.querySelector('link[rel="icon"]').href, alt: "" }), "Tradefloor"),
    h("h1", {}, title),
    h("label", { class: "field" }, h("span", {}, "E-mail"), address),
    h("label", { class: "field" }, h("span", {}, "Password"), password),
    trouble, button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    trouble.hidden = true;
    try {
      await signIn(address.value, password.value);
      done();
    } catch (error) {
      fill(trouble, error.status ? `${error.message}.`.replace(/^./, (letter) => letter.toUpperCase()) : "The floor cannot be reached. Is it running?");
      trouble.hidden = false;
      button.disabled = false;
      password.select();
    }
  });
  return form;
}
