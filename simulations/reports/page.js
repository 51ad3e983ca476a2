"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const root = document.documentElement;
  const wanted = window.matchMedia("(prefers-color-scheme: dark)");
  const shown = { displayModeBar: false, responsive: true };

  function themed(layout) {
    const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
    const ink = colour("--ink"), soft = colour("--soft"), grid = colour("--grid"), line = colour("--line");
    const themedLayout = JSON.parse(JSON.stringify(layout));
    Object.assign(themedLayout, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true,
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: soft },
      margin: { l: 56, r: 16, t: themedLayout.annotations ? 44 : 20, b: 44 },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { color: ink } },
      hovermode: themedLayout.hovermode || "x unified",
      hoverlabel: { bgcolor: colour("--card"), bordercolor: line, font: { color: ink } },
    });
    themedLayout.xaxis = themedLayout.xaxis || {};
    themedLayout.yaxis = themedLayout.yaxis || {};
    for (const key of Object.keys(themedLayout)) {
      if (/^[xy]axis/.test(key)) {
        Object.assign(themedLayout[key], { gridcolor: grid, zerolinecolor: line, linecolor: line, automargin: true });
      }
    }
    for (const note of themedLayout.annotations || []) { note.font = { size: 13, color: ink }; }
    return themedLayout;
  }

  function draw() {
    for (const [id, figure] of Object.entries(figures)) {
      Plotly.react(document.getElementById(id), figure.data, themed(figure.layout), shown);
    }
  }

  function choose(theme) {
    root.dataset.theme = theme;
    draw();
  }

  document.getElementById("theme").addEventListener("click", () => {
    choose(root.dataset.theme === "dark" ? "light" : "dark");
  });
  wanted.addEventListener("change", (event) => choose(event.matches ? "dark" : "light"));
  choose(wanted.matches ? "dark" : "light");
})();
