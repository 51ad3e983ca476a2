/** Elements made and changed without ever parsing text as HTML. */

/** Make an element: `h("p", {class: "soft", onclick: f}, "text", other)`. Null and false children are left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Put these in the place of all that an element has. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Set the text of an element, if it differs: writing the same again would still cost a layout. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** Set the class of an element, if it differs. */
export function classes(element, value) {
  if (element.className !== value) element.className = value;
}

const PATHS = {
  floor: "M2 13h12M4 10V6M8 10V3M12 10V8",
  approvals: "M3 8.5l3 3 7-8M2 14h12",
  supervision: "M8 2v4M8 6H4v4M8 6h4v4M2.5 10h3v3h-3zM10.5 10h3v3h-3z",
  audit: "M4 2h8v12H4zM6.5 5.5h3M6.5 8h3M6.5 10.5h3",
  settings: "M2 5h7M12 5h2M2 11h2M7 11h7M10.5 3.5v3M5.5 9.5v3",
  simulations: "M2 12c3 0 3-8 6-8s3 8 6 8M2 14h12",
  theme: "M8 2a6 6 0 100 12V2z",
  leave: "M6 2H3v12h3M7 8h7M11 5l3 3-3 3",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  resume: "M5 3.5l7 4.5-7 4.5z",
  restart: "M12.9 9.5A5 5 0 1 1 12.5 5.5M12.9 2.5v3.2H9.7",
  bell: "M4 11V7a4 4 0 018 0v4l1 1H3zM7 14h2",
};

/** Return a line icon. It says nothing to a screen reader: its button or link carries the name. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" })) svg.setAttribute(key, value);
  for (const [key, value] of Object.entries({ d: PATHS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round" })) path.setAttribute(key, value);
  svg.append(path);
  return svg;
}
