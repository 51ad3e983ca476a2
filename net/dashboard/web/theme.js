// Runs before the first paint, so that a chosen theme does not flash up after the system's.
(() => {
  const chosen = localStorage.getItem("tradefloor.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
