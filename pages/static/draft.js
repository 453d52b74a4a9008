// A row that is being made: it stands at the top, and is sent once its required cells are filled and it is left.

import { parseTable } from "./cells.js";
import { Refused } from "./api.js";
import { NUMBER } from "./columns.js";

export class Draft {
  constructor(sheet, table) {
    this.sheet = sheet;
    this.key = `zongfen:${table}:draft`;
    this.row = null;
  }

  restore() {
    const kept = sessionStorage.getItem(this.key);
    if (kept) this.begin(JSON.parse(kept));
  }

  open() {
    if (!this.row) this.begin(this.defaults());
    const first = this.columns().find((column) => column.fills && this.blank(column));
    this.sheet.api.ensureColumnVisible(first?.name ?? NUMBER);
    this.sheet.api.setFocusedCell(0, first?.name ?? NUMBER, "top");
  }

  defaults() {
    const given = this.columns().filter(({ field }) => (field.default ?? null) !== null);
    return Object.fromEntries(given.map((column) => [column.name, column.field.default]));
  }

  begin(values) {
    this.row = { id: "draft", draft: true, values, about: { labels: {}, marks: {} } };
    this.sheet.api.setGridOption("pinnedTopRowData", [this.row]);
    this.sheet.notices.showEmpty();
    this.keep();
  }

  end() {
    this.row = null;
    this.sheet.api.setGridOption("pinnedTopRowData", []);
    this.keep();
  }

  keep() {
    if (this.row) sessionStorage.setItem(this.key, JSON.stringify(this.row.values));
    else sessionStorage.removeItem(this.key);
  }

  active() {
    return this.row !== null && this.sheet.api.getFocusedCell()?.rowPinned === "top";
  }

  // ---- its cells

  columns() {
    return [...this.sheet.columns.values()];
  }

  blank(column) {
    return this.sheet.cells.text(this.row, column) === "";
  }

  set(column, after, label) {
    const { values, about } = this.row;
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

  activeText() {
    return this.column() ? this.sheet.cells.full(this.row, this.column()) : "";
  }

  clear() {
    if (this.column()?.fills) this.set(this.column(), null);
  }

  // One line of a table, from the active cell on.
  paste(text) {
    const [line] = parseTable(text), order = this.sheet.places.order(), start = order.indexOf(this.column()?.name);
    line.forEach((given, place) => {
      const column = this.sheet.columns.get(order[Math.max(0, start) + place]);
      if (column?.fills) this.set(column, given.trim() === "" ? null : given);
    });
  }

  repaint() {
    this.sheet.api.refreshCells({ rowNodes: [this.sheet.api.getPinnedTopRow(0)], force: true, suppressFlash: true });
    this.sheet.bars.showCell();
  }

  // ---- sending

  missing() {
    return this.columns().filter((column) => column.field.required && this.blank(column));
  }

  // The row was left. With nothing typed it goes; with something missing it stays and says so.
  async left() {
    if (!this.row || this.sending) return;
    const typed = JSON.stringify(this.row.values) !== JSON.stringify(this.defaults()), missing = this.missing();
    const labels = missing.map((column) => column.label).join(this.sheet.words.and);
    if (!typed) this.end();
    else if (labels) this.sheet.notices.tell(this.sheet.say("draftMissing", { labels }));
    else await this.send();
  }

  async send() {
    this.sending = true;
    try {
      const { changeset } = await this.sheet.server.add(this.row.values);
      this.end();
      this.sheet.stepped("added", { changesets: [changeset], count: 1, label: "", rows: null });
      this.sheet.emit("saved", { at: new Date().toISOString(), count: 1 });
      this.sheet.rows.reload();
    } catch (fault) {
      if (fault instanceof Refused && fault.status === 422) this.mark(fault.answer.problems);
      else this.sheet.failed(fault);
    } finally {
      this.sending = false;
    }
  }

  mark(problems) {
    for (const { field, value, message } of problems) {
      if (field) this.row.about.marks[field] = { state: "inv", text: value ?? "", message };
    }
    this.repaint();
    this.sheet.notices.error(problems[0].message);
  }
}
