// The state of each cell, one at a time, and the way from one marked cell to the next.

const ORDER = ["inv", "cnf", "sh"];

export class Marks {
  constructor(sheet) {
    this.sheet = sheet;
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

  // State -> how many cells of the held rows are in it.
  counts() {
    const found = { inv: 0, cnf: 0, sh: 0 };
    for (const { state } of this.all()) found[state] += 1;
    return found;
  }

  // Every marked cell of the held rows, in the order of the grid.
  *all() {
    const { columns, rows, saving } = this.sheet;
    for (const row of rows.held()) {
      if (!row.about.marks && !saving.disputes(row.id)) continue;
      for (const column of columns.values()) {
        const state = this.stateOf(row, column);
        if (ORDER.includes(state)) yield { row, column, state };
      }
    }
  }

  // Go to the next cell in this state, from the active one on and round again.
  next(state) {
    const nodes = this.sheet.rows.nodes(), hidden = [...this.all()].filter((one) => one.state === state);
    // A column that is not shown comes into view, if nothing in this state is.
    if (hidden.length && !hidden.some((one) => !this.sheet.layout.get(one.column.name).hidden)) {
      this.sheet.layout.show(hidden[0].column.name);
    }
    const order = this.sheet.places.order();
    const places = [...this.all()].filter((one) => one.state === state)
      .map((one) => [nodes.get(one.row.id).rowIndex, order.indexOf(one.column.name)])
      .filter(([, column]) => column >= 0)
      .sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    const from = this.sheet.selection.head() ?? { row: -1, column: -1 };
    const after = places.find(([row, column]) => row > from.row || (row === from.row && column > from.column));
    const place = after ?? places[0];
    if (place) this.sheet.places.go(place[0], place[1]);
  }
}
