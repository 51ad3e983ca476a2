/** A sparkline: the last points of a price, without axes. What it shows is in numbers beside it. */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 28;

/** Return {element, draw(points)}. */
export function sparkline() {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "polyline");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  const draw = (points) => {
    if (points.length < 2) return;
    const low = Math.min(...points);
    const range = Math.max(...points) - low || 1;
    const step = WIDTH / (points.length - 1);
    const places = points.map((point, index) => `${(index * step).toFixed(1)},${(HEIGHT - 3 - ((point - low) / range) * (HEIGHT - 6)).toFixed(1)}`);
    line.setAttribute("points", places.join(" "));
  };
  return { element: svg, draw };
}
