/** Charts by plotly, whose script comes out of its installed package and is loaded when the first chart is asked for. */

import { h } from "./dom.js";

const MAP_STYLE = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

let loading = null;

function plotly() {
  loading ??= new Promise((resolve, reject) => {
    // Plotly would write its rules, and those of its maps, into style elements, which the page forbids. It leaves that
    // be where elements of these names are there; what the charts need of its rules is in pages.css.
    document.head.append(h("meta", { id: "plotly.js-style-global", class: "no-inline-styles" }), h("meta", { id: MAP_STYLE }));
    const script = h("script", { src: "/dashboard/charts.js", onload: () => resolve(window.Plotly), onerror: () => reject(new Error("The charts could not be loaded. Load the page again.")) });
    document.head.append(script);
  });
  loading.catch(() => (loading = null));
  return loading;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function layout(options, hasTimes, range, width_px) {
  const axis = { gridcolor: colour("--line"), zeroline: false, linecolor: colour("--line"), tickcolor: colour("--line"), automargin: false };
  return {
    margin: { l: 72, r: 24, t: hasTimes ? 4 : 12, b: hasTimes ? 48 : 8 }, showlegend: false, hovermode: "x unified", dragmode: false,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("--soft") },
    hoverlabel: { bgcolor: colour("--raised"), bordercolor: colour("--line"), font: { color: colour("--text") } },
    xaxis: { ...axis, showgrid: false, fixedrange: true, type: "date", range, showticklabels: hasTimes, tickangle: 0, nticks: Math.min(6, Math.ceil(width_px / 120)) }, yaxis: { ...axis, fixedrange: true, ...options },
  };
}

/** Plotly reads times without a zone as they stand, so the reader's own are handed to it. */
function local(at) {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 23);
}

/** Draw what a portfolio was worth, with trades marked, and below it how far it was from its peak. */
export async function drawEquity(above, below, points, trades) {
  const Plotly = await plotly();
  const times = points.map((point) => local(point.timestamp));
  const values = points.map((point) => point.value);
  let peak = -Infinity;
  const falls = values.map((value) => ((value - (peak = Math.max(peak, value))) / peak) * 100);
  const first = points.length ? Date.parse(points[0].timestamp) : Infinity;
  const marked = trades.filter((trade) => trade.executedAt && Date.parse(trade.executedAt) >= first);
  const marks = (action, symbol, tone) => {
    const these = marked.filter((trade) => trade.action === action);
    return { x: these.map((trade) => local(trade.executedAt)), y: these.map((trade) => valueAt(points, trade.executedAt)), text: these.map((trade) => `${trade.action} ${trade.quantity} ${trade.symbol} at $${trade.executedPrice.toFixed(2)}`), mode: "markers", type: "scatter", cliponaxis: false, marker: { symbol, size: 8, color: colour(tone) }, hovertemplate: "%{text}<extra></extra>" };
  };
  const line = { x: times, y: values, mode: "lines", type: "scatter", line: { color: colour("--accent"), width: 2 }, hovertemplate: "$%{y:,.2f}<extra></extra>" };
  const fall = { x: times, y: falls, mode: "lines", type: "scatter", fill: "tozeroy", fillcolor: colour("--bad-soft"), line: { color: colour("--bad"), width: 1 }, hovertemplate: "%{y:.2f} %<extra></extra>" };
  // Both charts have one time axis: markers would widen the upper one.
  const range = [times[0], times.at(-1)];
  const config = { displayModeBar: false, responsive: true };
  await Plotly.react(above, [line, marks("buy", "triangle-up", "--good"), marks("sell", "triangle-down", "--bad")], layout({ tickprefix: "$", tickformat: ",.0f", nticks: 6 }, false, range, above.clientWidth), config);
  await Plotly.react(below, [fall], layout({ ticksuffix: " %", nticks: 4, rangemode: "tozero" }, true, range, below.clientWidth), config);
}

/** Draw how many trades a simulation has made, over all of the virtual time that it is about. */
export async function drawProgress(element, track, virtual_s) {
  const Plotly = await plotly();
  const inDays = virtual_s >= 2 * 86_400;
  const unit_s = inDays ? 86_400 : 3600;
  const line = { x: track.map((point) => point.virtualSeconds / unit_s), y: track.map((point) => point.trades), mode: "lines", type: "scatter", fill: "tozeroy", fillcolor: colour("--accent-soft"), line: { color: colour("--accent"), width: 2 }, hovertemplate: "%{y:,} trades<extra></extra>" };
  const shape = layout({ tickformat: ",d", nticks: 4, rangemode: "tozero" }, true, [0, virtual_s / unit_s], element.clientWidth);
  shape.margin.b = 28; // Its ticks are of one line, where dates have two.
  shape.xaxis = { ...shape.xaxis, type: "linear", tickformat: ",", ticksuffix: inDays ? " d" : " h" };
  await Plotly.react(element, [line], shape, { displayModeBar: false, responsive: true });
}

/** Let go of a chart. */
export const dropChart = (element) => window.Plotly?.purge(element);

function valueAt(points, at) {
  const moment = Date.parse(at);
  const index = points.findIndex((point) => Date.parse(point.timestamp) >= moment);
  if (index <= 0) return points[index === 0 ? 0 : points.length - 1].value;
  const [a, b] = [points[index - 1], points[index]];
  const span = Date.parse(b.timestamp) - Date.parse(a.timestamp);
  return span ? a.value + ((b.value - a.value) * (moment - Date.parse(a.timestamp))) / span : b.value;
}
