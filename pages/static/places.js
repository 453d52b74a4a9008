// Where things are: the active cell, the order of the columns, the way to a cell.

import { NUMBER } from "./columns.js";

export class Places {
  constructor(sheet) {
    this.sheet = sheet;
  }

  // The names of the columns as they stand, without the row number.
  order() {
    this.names ??= this.sheet.api.getAllDisplayedColumns().map((column) => column.getColId());
    return this.names.filter((name) => name !== NUMBER);
  }

  moved() {
    this.names = undefined;
  }

  active() {
    const { api } = this.sheet, at = api?.getFocusedCell();
    if (!at) return null;
    const pinned = at.rowPinned ?? null;
    const node = pinned ? api.getPinnedTopRow(at.rowIndex) : api.getDisplayedRowAtIndex(at.rowIndex);
    return node?.data ? { row: node.data, index: at.rowIndex, name: at.column.getColId(), pinned } : null;
  }

  // Where the active cell is; the row number is column -1. Null in the draft, and for none.
  place() {
    const at = this.sheet.api.getFocusedCell();
    return at && !at.rowPinned ? { row: at.rowIndex, column: this.order().indexOf(at.column.getColId()) } : null;
  }

  go(row, column, extend = false) {
    const last = this.sheet.rows.total - 1, to = Math.max(0, Math.min(last, row));
    if (last < 0) return;
    this.sheet.api.ensureIndexVisible(to);
    const name = column < 0 ? NUMBER : this.order()[Math.min(column, this.order().length - 1)];
    this.showColumn(name, column);
    this.sheet.selection.held = false;
    if (extend) this.sheet.selection.extend(to, column);
    else {
      this.sheet.selection.begin(to, column);
      this.sheet.api.setFocusedCell(to, name);
    }
  }

  // At the left edge the free columns come back too, which the frozen ones would not make them.
  showColumn(name, column) {
    const free = this.order().find((one) => !this.sheet.api.getColumn(one).isPinned());
    if (free && column <= 0) this.sheet.api.ensureColumnVisible(free);
    this.sheet.api.ensureColumnVisible(name);
  }

  shift(rows) {
    this.sheet.selection.shift(rows);
    const at = this.sheet.api.getFocusedCell();
    this.sheet.selection.held = true;
    if (at) this.sheet.api.setFocusedCell(at.rowIndex + rows, at.column);
    this.sheet.selection.paint();
  }

  cell(index, name) {
    const line = `.ag-body-viewport .ag-row[row-index="${index}"]`;
    return this.sheet.root.querySelector(`${line} > .ag-cell[col-id="${CSS.escape(name)}"]`);
  }

  // The place of the cell that this element is in; the row number is column -1. Null in the draft, and outside.
  under(element) {
    const cell = element.closest(".ag-cell"), row = Number(cell?.parentElement.getAttribute("row-index") ?? NaN);
    return Number.isNaN(row) ? null : { row, column: this.order().indexOf(cell.getAttribute("col-id")) };
  }

  pageSize() {
    return Math.max(1, this.sheet.api.getLastDisplayedRowIndex() - this.sheet.api.getFirstDisplayedRowIndex() - 1);
  }

  // The active cell is where the block began, not where Shift and the mouse have drawn it to.
  refocusStart() {
    const { row, column, whole } = this.sheet.selection.at;
    this.sheet.api.setFocusedCell(row, whole ? NUMBER : this.order()[column]);
  }

  refocus() {
    const active = this.active();
    if (active) this.sheet.api.setFocusedCell(active.index, active.name, active.pinned);
  }
}
