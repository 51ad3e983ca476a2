/**
 * A table of any length: rows outside the window have no elements, and those inside are used again for others.
 *
 * Cells change their text only; while the pointer is over the table or the focus in it, rows keep their order.
 */

import { classes, h, text } from "./dom.js";

const SPARE_ROWS = 4;
const ORDER_MS = 2000;

/**
 * `columns`: [{name, label, class?, sort(item) -> number|string, cell() -> {element, show(item)}}].
 * `key(item)` names an item; `link(item)` is the address of its row.
 */
export class LiveTable {
  #columns; #key; #rowHeight_px; #rows = []; #items = []; #order = []; #ordered_ms = 0;
  #sort; #isHeld = false; #onVisible; #head;

  constructor({ label, columns, key, sort, rowHeight_px = 44, onVisible = () => undefined }) {
    this.#columns = columns;
    this.#key = key;
    this.#sort = sort;
    this.#rowHeight_px = rowHeight_px;
    this.#onVisible = onVisible;
    this.#head = h("div", { role: "row", class: "vrow vhead", "aria-rowindex": 1 }, columns.map((column) => this.#header(column)));
    this.space = h("div", { class: "vspace", role: "rowgroup" });
    this.element = h("div", { class: "vtable", role: "table", "aria-label": label, tabindex: 0 }, h("div", { role: "rowgroup", class: "vheadgroup" }, this.#head), this.space);
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.element.addEventListener("pointerenter", () => (this.#isHeld = true));
    this.element.addEventListener("pointerleave", () => (this.#isHeld = false));
    this.#observer = new ResizeObserver(() => this.#draw());
    this.#observer.observe(this.element);
  }

  #observer;

  close() {
    this.#observer.disconnect();
  }

  /** Show these items, an array that is the caller's. */
  show(items, isFiltered = false) {
    const hasChanged = items.length !== this.#items.length || isFiltered;
    this.#items = items;
    const now_ms = performance.now();
    if (hasChanged || (!this.#isHeld && now_ms - this.#ordered_ms > ORDER_MS)) this.#arrange(now_ms);
    this.#draw();
  }

  #header(column) {
    const button = h("button", { type: "button", class: "vsort", onclick: () => this.#sortBy(column) }, column.label, h("span", { class: "arrow", "aria-hidden": "true" }));
    const cell = h("div", { role: "columnheader", class: `vcell ${column.class ?? ""}` }, button);
    if (column.name === this.#sort.name) cell.setAttribute("aria-sort", this.#sort.descending ? "descending" : "ascending");
    return cell;
  }

  #sortBy(column) {
    const descending = this.#sort.name === column.name ? !this.#sort.descending : column.name !== "name";
    this.#sort = { name: column.name, descending };
    [...this.#head.children].forEach((cell, index) => {
      if (this.#columns[index] === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    this.#arrange(performance.now());
    this.#draw();
  }

  #arrange(now_ms) {
    const { sort } = this.#columns.find((column) => column.name === this.#sort.name);
    const sign = this.#sort.descending ? -1 : 1;
    const keyed = this.#items.map((item) => [sort(item), this.#key(item), item]);
    keyed.sort(([a, idA], [b, idB]) => (a < b ? -sign : a > b ? sign : idA < idB ? -1 : 1));
    this.#order = keyed.map(([, , item]) => item);
    this.#ordered_ms = now_ms;
  }

  #draw() {
    const height_px = this.#rowHeight_px;
    const first = Math.max(0, Math.floor(this.element.scrollTop / height_px) - SPARE_ROWS);
    const last = Math.min(this.#order.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / height_px) + SPARE_ROWS);
    const wanted_px = `${this.#order.length * height_px}px`;
    if (this.space.style.height !== wanted_px) {
      this.space.style.height = wanted_px;
      this.element.setAttribute("aria-rowcount", this.#order.length + 1);
    }
    while (this.#rows.length < last - first) this.#rows.push(this.#row());
    this.#rows.forEach((row, index) => {
      // A row keeps its place modulo the number of rows, so that scrolling by one changes one row.
      const place = first + ((index - (first % this.#rows.length) + this.#rows.length) % this.#rows.length);
      const item = place < last ? this.#order[place] : undefined;
      row.element.hidden = item === undefined;
      if (item === undefined) return;
      if (row.place !== place) {
        row.place = place;
        row.element.style.transform = `translateY(${place * height_px}px)`;
        row.element.setAttribute("aria-rowindex", place + 2);
      }
      row.cells.forEach((cell) => cell.show(item));
    });
    this.#onVisible(this.#order.slice(first, last));
  }

  #row() {
    const cells = this.#columns.map((column) => column.cell());
    const element = h("div", { role: "row", class: "vrow" }, cells.map((cell, index) => h("div", { role: "cell", class: `vcell ${this.#columns[index].class ?? ""}` }, cell.element)));
    this.space.append(element);
    return { element, cells, place: -1 };
  }
}

/** A cell with one text, and a class that goes with it. */
export function textCell(show, tone = () => "") {
  return () => {
    const element = h("span");
    return { element, show: (item) => (text(element, show(item)), classes(element, tone(item))) };
  };
}
