// The row under the heads: a field for what a column must hold, or a list of what may be chosen.

import { listItems } from "./cells.js";
import { button, field } from "./dom.js";
import { ListBox } from "./lists.js";
import { picksFromList, readFilter, writeFilter } from "./query.js";

const WAIT = 300; // ms after the last key
const BLANK = Symbol("blank");

class TextFilter {
  constructor(sheet, column) {
    Object.assign(this, { sheet, column });
    const { words } = sheet;
    this.gui = field("in");
    this.gui.placeholder = ["text", "ref", "multi"].includes(column.field.kind) ? words.contains : "=";
    this.gui.setAttribute("aria-label", sheet.say("filterOf", { label: column.label }));
    this.gui.addEventListener("input", (event) => !event.isComposing && this.later(WAIT));
    this.gui.addEventListener("compositionend", () => this.later(WAIT));
    this.gui.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") this.later(0);
    if (event.key === "Escape" && this.gui.value) {
      this.gui.value = "";
      this.later(0);
    }
  }

  later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.take(), wait);
  }

  take() {
    const conditions = readFilter(this.column.field, this.gui.value);
    this.gui.classList.toggle("bad", conditions === null);
    this.gui.setAttribute("aria-invalid", String(conditions === null));
    this.sheet.bars.refuse(() => this.wrong());
    if (conditions) this.sheet.filters.set(this.column.name, conditions);
  }

  // What is wrong with what stands there; null for a filter that can be read.
  wrong() {
    const text = this.gui.value, { wanted } = this.column.field;
    return readFilter(this.column.field, text) ? null : this.sheet.say("badFilter", { text, wanted });
  }

  // What is being typed stays as it is, unless it is told to go.
  show(conditions) {
    const typing = conditions.length > 0 && document.activeElement === this.gui;
    if (!typing) this.gui.value = writeFilter(this.column.field, conditions);
    this.gui.classList.toggle("on", conditions.length > 0);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

class ListFilter {
  constructor(sheet, column) {
    Object.assign(this, { sheet, column, picked: new Set() });
    this.items = [...listItems(column.field, sheet.words), { value: BLANK, label: sheet.words.blank }];
    this.gui = button("", () => (this.list.open ? this.list.close() : this.drop()), "in pick");
    const chosen = (value) => this.picked.has(value), pick = (item) => this.toggle(item.value);
    this.list = new ListBox(this.gui, { several: true, chosen, pick });
    this.gui.addEventListener("keydown", (event) => this.key(event));
    this.gui.addEventListener("blur", () => this.list.close());
  }

  drop() {
    this.gui.focus();
    this.list.show();
    this.list.set(this.items, 0);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!this.list.open && !step) return;
    if (event.key === "Tab") return;
    const acts = event.key === "Enter" || event.key === " " || event.key === "Escape" || step;
    if (!acts) return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.list.open) this.drop();
    else if (step) this.list.move(step);
    else if (event.key === "Escape") this.list.close();
    else this.toggle(this.list.current().value);
  }

  // 空白 stands alone: the server has no "blank or one of these".
  toggle(value) {
    const had = this.picked.delete(value);
    if (value === BLANK) this.picked.clear();
    else this.picked.delete(BLANK);
    if (!had) this.picked.add(value);
    this.list.set(this.items, this.items.findIndex((item) => item.value === value));
    this.sheet.filters.set(this.column.name, this.conditions());
  }

  conditions() {
    if (this.picked.has(BLANK)) return [{ op: "blank", value: "" }];
    const codes = this.items.map((item) => item.value).filter((value) => this.picked.has(value));
    return codes.length ? [{ op: "in", value: codes.join(",") }] : [];
  }

  show(conditions) {
    const known = new Map(this.items.map((item) => [String(item.value), item.value]));
    this.picked = new Set(conditions.flatMap(({ op, value }) => {
      if (op === "blank") return [BLANK];
      return op === "in" || op === "eq" ? value.split(",").map((code) => known.get(code)) : [];
    }));
    const text = conditions.length ? this.sheet.filters.text(this.column, conditions) : this.sheet.words.all;
    const told = this.picked.size > 1 ? this.sheet.say("nItems", { n: this.picked.size }) : text;
    this.gui.textContent = `${told} ▾`;
    this.gui.classList.toggle("on", conditions.length > 0);
    this.gui.setAttribute("aria-label", `${this.sheet.say("filterOf", { label: this.column.label })}: ${text}`);
    if (this.list.open) this.list.set(this.items, this.list.place);
  }

  destroy() {
    this.list.close();
  }
}

// What AG Grid puts under a head.
export class ColumnFilter {
  init({ sheet, told }) {
    this.part = new (picksFromList(told.field) ? ListFilter : TextFilter)(sheet, told);
    this.release = sheet.filters.join(told, this.part);
  }

  getGui() {
    return this.part.gui;
  }

  onParentModelChanged() {}

  destroy() {
    this.release();
    this.part.destroy();
  }
}

// All filters together, the search text and the sort: one question, mirrored in the address.
export class Filters {
  constructor(sheet) {
    this.sheet = sheet;
    this.shown = new Map(); // field -> the part on screen
  }

  join(column, part) {
    this.shown.set(column.name, part);
    part.show(this.sheet.asked.where.get(column.name) ?? []);
    return () => this.shown.get(column.name) === part && this.shown.delete(column.name);
  }

  set(name, conditions) {
    const { where } = this.sheet.asked;
    if (JSON.stringify(where.get(name) ?? []) === JSON.stringify(conditions)) return;
    if (conditions.length) where.set(name, conditions);
    else where.delete(name);
    this.shown.get(name)?.show(conditions);
    this.sheet.rows.restart();
  }

  clear() {
    this.sheet.asked.where.clear();
    this.sheet.asked.q = "";
    for (const part of this.shown.values()) part.show([]);
    this.sheet.rows.restart();
  }

  // Conditions in words: 规划、在建 · >100.
  text(column, conditions) {
    const [{ op, value }] = conditions;
    if (op === "blank") return this.sheet.words.blank;
    if (op === "filled") return this.sheet.words.filled;
    if (op === "eq" && conditions.length === 1 && !picksFromList(column.field)) return value;
    if (!picksFromList(column.field)) return writeFilter(column.field, conditions);
    const labels = new Map(listItems(column.field, this.sheet.words).map((item) => [String(item.value), item.label]));
    return value.split(",").map((code) => labels.get(code) ?? code).join(this.sheet.words.and);
  }

  chips() {
    return [...this.sheet.asked.where].map(([name, conditions]) => {
      const column = this.sheet.columns.get(name);
      const raw = conditions.map(({ op, value }) => `${op} ${value}`).join(" ");
      const text = column ? this.text(column, conditions) : raw;
      return { field: name, label: column?.label ?? name, text };
    });
  }
}
