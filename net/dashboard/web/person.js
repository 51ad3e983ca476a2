/** What a person does about themselves, from the side of the page or its settings. */

import { confirmed } from "./dialogs.js";
import { signOut } from "./session.js";

/** Sign out, after a question. */
export function leave() {
  void confirmed({ title: "Sign out?", detail: "You leave in all windows of this browser. Agents go on without you.", action: "Sign out", act: signOut });
}

/** Switch between light and dark, and remember it in this browser. */
export function switchTheme() {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme === "dark" || (!dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("tradefloor.theme", dataset.theme);
  dispatchEvent(new Event("themechange"));
}
