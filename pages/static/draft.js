// Rows that are being made: they stand at the top, and each is sent once its required cells are filled and it is left.
// Lines pasted below the last row come at once; those that do not fit stay here, with their texts.

import { parseTable } from "./cells.js";
import { Refused } from "./api.js";
import { NUMBER } from "./columns.js";
import { newStep } from "./saving.js";

const SHOWN = 8; // at a time; the others come up as these are done
const PART = 1000; // rows a request

export class Draft {
  constructor(sheet) {
    this.sheet = sheet;
    this.rows = [];
    this.number = 0;
  }

  restore() {
    for (const { values, marks } of this.sheet.store.get("rows") ?? []) this.rows.push(this.made(values, marks));
    if (this.rows.length) this.show();
  }

  made(values, marks = {}) {
    this.number += 1;
    return { id: `draft ${this.number}`, draft: true, values, about: { labels: {}, marks } };
  }

  // The one row that a person adds by hand: an empty one, or the first that is not done.
  open() {
    if (!this.rows.length) this.rows.push(this.made(this.defaults()));
    this.show();
    const first = this.columns().find((column) => column.fills && this.shown(column) && this.blank(this.rows[0], column));
    this.sheet.api.ensureColumnVisible(first?.name ?? NUMBER);
    this.sheet.api.setFocusedCell(0, first?.name ?? NUMBER, "top");
  }

  defaults() {
    const given = this.columns().filter(({ field }) => (field.default ?? null) !== null);
    return Object.fromEntries(given.map((column) => [column.name, column.field.default]));
  }

  show() {
    this.sheet.api.setGridOption("pinnedTopRowData", this.rows.slice(0, SHOWN));
    this.sheet.notices.showEmpty();
    this.sheet.bars.showStatus();
    this.keep();
  }

  keep() {
    const rows = this.rows.map(({ values, about }) => ({ values, marks: about.marks }));
    this.sheet.store.set("rows", rows.length ? rows : null);
  }

  // How many wait behind those on screen.
  get behind() {
    return Math.max(0, this.rows.length - SHOWN);
  }

  active() {
    return this.rows.length > 0 && this.sheet.api.getFocusedCell()?.rowPinned === "top";
  }

  // The row with the active cell.
  get row() {
    return this.active() ? this.rows[this.sheet.api.getFocusedCell().rowIndex] : undefined;
  }

  // Away with one: it was sent, or it is not wanted.
  end(row = this.row) {
    this.rows = this.rows.filter((one) => one !== row);
    this.show();
    if (!this.rows.length) this.sheet.inDraft = null;
  }

  // ---- its cells

  columns() {
    return [...this.sheet.columns.values()];
  }

  shown(column) {
    return !this.sheet.layout.get(column.name).hidden;
  }

  blank(row, column) {
    return this.sheet.cells.text(row, column) === "";
  }

  set(row, column, after, label) {
    const { values, about } = row;
    delete about.marks[column.name];
    if (after === null) delete values[column.name];
    else values[column.name] = after;
    about.labels[column.name] = label;
    this.repaint();
    this.keep();
  }

  column() {
    return this.sheet.columns.get(this.sheet.api.getFocusedCell().column.getColId());
  }

  // What a copy takes.
  activeText() {
    return this.column() ? this.sheet.cells.full(this.row, this.column()) : "";
  }

  clear() {
    if (this.column()?.fills) this.set(this.row, this.column(), null);
  }

  // The first line of a table into this row, from the active cell on; each further one is a row of its own.
  paste(text) {
    const table = parseTable(text), order = this.sheet.places.order(), { row } = this;
    const start = Math.max(0, order.indexOf(this.column()?.name));
    for (const [name, given] of Object.entries(this.values(table[0], order.slice(start)))) {
      this.set(row, this.sheet.columns.get(name), given);
    }
    for (const line of table.slice(1)) this.rows.push(this.made({ ...this.defaults(), ...this.values(line, order.slice(start)) }));
    if (table.length > 1) this.show();
  }

  // A line of texts as the values of the columns with these names.
  values(line, names) {
    const found = {};
    line.forEach((given, place) => {
      const column = this.sheet.columns.get(names[place]);
      if (column?.fills && given.trim() !== "") found[column.name] = given;
    });
    return found;
  }

  repaint() {
    const nodes = this.rows.slice(0, SHOWN).map((_row, place) => this.sheet.api.getPinnedTopRow(place)).filter(Boolean);
    this.sheet.api.refreshCells({ rowNodes: nodes, force: true, suppressFlash: true });
    this.sheet.bars.showCell();
  }

  // ---- sending

  missing(row) {
    return this.columns().filter((column) => column.field.required && this.blank(row, column));
  }

  // A row was left. With nothing typed it goes; with something missing it stays and says so.
  async left(row) {
    if (!this.rows.includes(row) || this.sending) return;
    const typed = JSON.stringify(row.values) !== JSON.stringify(this.defaults()), missing = this.missing(row);
    const labels = missing.map((column) => column.label).join(this.sheet.words.and);
    if (!typed) this.end(row);
    else if (labels) this.sheet.notices.tell(this.sheet.say("draftMissing", { labels }));
    else await this.send([row]);
  }

  // In the last row, with no other below it: to go on is to have filled it.
  goOn() {
    const { row } = this;
    if (!row || this.sheet.rows.total || row !== this.rows.at(-1)) return false;
    this.left(row);
    return true;
  }

  // Lines that were pasted below the last row, as part of the step that the paste was.
  async addMany(values, step) {
    const rows = values.map((one) => this.made({ ...this.defaults(), ...one }));
    this.rows.push(...rows);
    this.show();
    await this.sheet.saving.quiet();
    await this.send(rows, "paste", step);
  }

  async send(rows, origin = "ui", step = newStep()) {
    this.sending = true;
    try {
      for (let at = 0; at < rows.length; at += PART) await this.sendPart(rows.slice(at, at + PART), origin, step);
      const left = rows.filter((row) => this.rows.includes(row)).length;
      if (left && rows.length > 1) this.sheet.notices.error(this.sheet.say("draftsLeft", { n: left }));
      this.sheet.rows.reload();
    } catch (fault) {
      const why = fault instanceof Refused && fault.answer.problems;
      if (why?.length) this.sheet.notices.error(why[0].message);
      else this.sheet.failed(fault);
    } finally {
      this.sending = false;
    }
  }

  async sendPart(rows, origin, step) {
    const answer = await this.sheet.server.addMany(rows.map((row) => row.values), origin), done = new Set();
    answer.rows.forEach((told, place) => {
      if (told.problems) this.mark(rows[place], told.problems);
      else done.add(rows[place]);
    });
    this.rows = this.rows.filter((row) => !done.has(row));
    this.show();
    this.repaint();
    if (!answer.changeset) {
      const [first] = answer.rows.flatMap((told) => told.problems ?? []);
      if (rows.length === 1 && first) this.sheet.notices.error(first.message);
      return;
    }
    this.sheet.stepped("added", { of: step, changesets: [answer.changeset], count: done.size, label: "", rows: null });
    this.sheet.emit("saved", { at: new Date().toISOString(), count: done.size });
  }

  mark(row, problems) {
    for (const { field, value, message } of problems) {
      if (field) row.about.marks[field] = { state: "inv", text: value ?? "", message };
    }
  }
}
