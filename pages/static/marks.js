// The state of each cell, one at a time, and the way from one marked cell to the next.

import { params } from "./query.js";

const ORDER = ["inv", "cnf", "sh"];
const WAIT = 1000; // ms

export class Marks {
  constructor(sheet) {
    this.sheet = sheet;
    this.far = []; // [place, field, state], of all rows
  }

  markOf(row, column) {
    return row.about.marks?.[column.name];
  }

  // inv, cnf, uns, sh, lk, cal, req or "".
  stateOf(row, column) {
    const { sheet } = this, mark = this.markOf(row, column)?.state;
    const unsaved = sheet.saving.pending(row.id, column.name) !== undefined;
    if (mark === "inv" && !unsaved) return "inv";
    if (mark === "cnf" || sheet.saving.disputed(row.id, column.name)) return "cnf";
    if (unsaved) return "uns";
    if (mark) return mark;
    if (row.about.locked || row.about.fixed?.includes(column.name)) return "lk";
    if (column.field.derived) return "cal";
    return row.draft && column.field.required && !sheet.cells.text(row, column) ? "req" : "";
  }

  // The columns of a row that a sheet changed and this person has not looked at.
  ofSheet(row) {
    return Object.entries(row.about.marks ?? {}).filter(([, mark]) => mark.state === "sh").map(([name]) => name);
  }

  // State -> how many cells are in it.
  counts() {
    const found = { inv: 0, cnf: 0, sh: 0 };
    for (const { state } of this.all()) found[state] += 1;
    return found;
  }

  // Every marked cell: of the rows that are held as they stand, of the others as the server told last.
  *all() {
    const { columns, rows, saving } = this.sheet, held = rows.places();
    for (const [place, row] of held) {
      if (!row.about.marks && !saving.disputes(row.id)) continue;
      for (const column of columns.values()) {
        const state = this.stateOf(row, column);
        if (ORDER.includes(state)) yield { place, name: column.name, state };
      }
    }
    for (const [place, name, state] of this.far) {
      if (!held.has(place) && columns.has(name)) yield { place, name, state };
    }
  }

  // Rows or marks are not what they were: ask for those beyond the rows that are held, a moment later.
  later() {
    if (this.sheet.cards) return; // a phone's list says it at each row
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const { sheet } = this, { question, rows } = sheet;
    try {
      const found = rows.places().size < rows.total ? await sheet.server.marked(params(sheet.asked)) : [];
      if (question !== sheet.question || !sheet.alive) return;
      this.far = found;
      sheet.bars.showMarks();
    } catch {
      // They are asked for again when something comes or changes.
    }
  }

  destroy() {
    clearTimeout(this.timer);
  }

  // Go to the next cell in this state, from the active one on and round again.
  next(state) {
    const { layout, places, selection } = this.sheet, found = [...this.all()].filter((one) => one.state === state);
    // A column that is not shown comes into view, if nothing in this state is.
    if (found.length && found.every((one) => layout.get(one.name).hidden)) layout.show(found[0].name);
    const order = places.order(), from = selection.head() ?? { row: -1, column: -1 };
    const cells = found.map((one) => [one.place, order.indexOf(one.name)])
      .filter(([, column]) => column >= 0)
      .sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    const after = cells.find(([row, column]) => row > from.row || (row === from.row && column > from.column));
    const [row, column] = after ?? cells[0] ?? [];
    if (row !== undefined) places.go(row, column);
  }
}
