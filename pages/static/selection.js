// The selected block: which cells, how it is painted, what it adds up to. Rows and columns are places, not records.

import { NUMBER } from "./columns.js";

const EDGES = ["sel", "sT", "sB", "sL", "sR"];

export class Selection {
  constructor(sheet) {
    this.sheet = sheet;
    this.at = null; // {row, column, toRow, toColumn, whole, tall}: where it began and where it ends
    this.held = false; // Shift is down with the mouse: the focus moves, the block's start does not
    this.dragging = false;
    this.handle = Object.assign(document.createElement("div"), { className: "zf-handle" });
  }

  // Begin anew at a cell; column -1 is the row number, and its whole row. AG Grid tells of a focus late: a block that
  // has begun there meanwhile stays.
  begin(row, column) {
    const place = Math.max(0, column), whole = column < 0;
    if (this.at?.row === row && this.at.column === place && this.at.whole === whole) return;
    this.at = { row, column: place, toRow: row, toColumn: place, whole };
    this.paint();
  }

  collapse(row, column) {
    this.at = null;
    this.begin(row, column);
  }

  clear() {
    this.at = null;
    this.paint();
  }

  extend(row, column) {
    if (!this.at) return;
    const tall = this.at.tall && this.at.toRow === row;
    Object.assign(this.at, { toRow: row, toColumn: Math.max(0, column), tall });
    this.paint();
  }

  all() {
    const last = this.sheet.rows.total - 1;
    if (last >= 0) this.at = { row: 0, column: 0, toRow: last, toColumn: 0, whole: true, tall: true };
    this.paint();
  }

  // The rows of the block as a whole (Shift+Space); its columns from top to bottom (Ctrl+Space), also when rows come
  // or go afterwards.
  wholeRows() {
    if (!this.at) return false;
    this.at.whole = true;
    this.paint();
    return true;
  }

  wholeColumns() {
    if (this.at) this.at.tall = true;
    this.paint();
  }

  // The active row stands elsewhere now, and the block with it.
  shift(rows) {
    if (!this.at) return;
    const last = this.sheet.rows.total - 1;
    for (const name of ["row", "toRow"]) this.at[name] = Math.max(0, Math.min(last, this.at[name] + rows));
  }

  // The end that moves: {row, column}.
  head() {
    return this.at && { row: this.at.toRow, column: this.at.toColumn };
  }

  // {top, bottom, left, right}, all inside; null for none.
  box() {
    if (!this.at) return null;
    const { row, column, toRow, toColumn, whole, tall } = this.at, last = this.sheet.places.order().length - 1;
    const end = this.sheet.rows.total - 1;
    return {
      top: tall ? 0 : Math.min(row, toRow),
      bottom: tall ? end : Math.min(Math.max(row, toRow), end),
      left: whole ? 0 : Math.min(column, toColumn),
      right: whole ? last : Math.min(Math.max(column, toColumn), last),
      whole,
    };
  }

  // The columns of the block, left to right.
  columns() {
    const box = this.box();
    return this.sheet.places.order().slice(box.left, box.right + 1).map((name) => this.sheet.columns.get(name));
  }

  // ---- paint

  paint() {
    if (this.painting) return;
    this.painting = requestAnimationFrame(() => {
      this.painting = 0;
      if (this.sheet.api.isDestroyed()) return;
      this.paintNow();
      this.sheet.selected();
    });
  }

  paintNow() {
    const box = this.box(), places = new Map(this.sheet.places.order().map((name, index) => [name, index]));
    const single = !box || (box.top === box.bottom && box.left === box.right);
    for (const line of this.sheet.root.querySelectorAll(".ag-body-viewport .ag-row")) {
      const row = Number(line.getAttribute("row-index")), inside = Boolean(box) && row >= box.top && row <= box.bottom;
      for (const cell of line.children) {
        this.paintCell(cell, row, places.get(cell.getAttribute("col-id")), inside ? box : null, single);
      }
    }
    this.paintHead(box, places);
    this.placeHandle(box);
  }

  // `box`: the block, if this row is in it.
  paintCell(cell, row, place, box, single) {
    if (place === undefined) {
      cell.classList.toggle("on", box !== null);
      return;
    }
    const on = box !== null && place >= box.left && place <= box.right;
    if (!on && !cell.hasAttribute("aria-selected")) return;
    const edges = on && [true, row === box.top, row === box.bottom, place === box.left, place === box.right];
    EDGES.forEach((name, index) => cell.classList.toggle(name, !single && Boolean(edges[index])));
    if (on) cell.setAttribute("aria-selected", "true");
    else cell.removeAttribute("aria-selected");
  }

  paintHead(box, places) {
    for (const head of this.sheet.root.querySelectorAll(".ag-header-row-column > .ag-header-cell")) {
      const place = places.get(head.getAttribute("col-id"));
      head.classList.toggle("on", Boolean(box) && !box.whole && place >= box.left && place <= box.right);
    }
  }

  placeHandle(box) {
    const cell = box && !this.sheet.touch && this.sheet.places.cell(box.bottom, this.sheet.places.order()[box.right]);
    const line = cell?.parentElement, column = cell && this.sheet.api.getColumn(cell.getAttribute("col-id"));
    if (!line || this.sheet.api.getEditingCells().length) {
      this.handle.remove();
      return;
    }
    const top = new DOMMatrix(getComputedStyle(line).transform).m42 + line.offsetTop;
    this.handle.style.left = `${column.getLeft() + column.getActualWidth() - 5}px`;
    this.handle.style.top = `${top + line.offsetHeight - 5}px`;
    if (this.handle.parentElement !== line.parentElement) line.parentElement.append(this.handle);
  }

  // ---- what it adds up to

  // {rows, columns, count, sum, numbers} of the block; count is null while rows of it are not held.
  sums() {
    const box = this.box();
    if (!box) return null;
    const size = { rows: box.bottom - box.top + 1, columns: box.right - box.left + 1 };
    const rows = this.sheet.rows.heldRange(box.top, box.bottom), columns = this.columns();
    if (!rows) return { ...size, count: null, numbers: 0, sum: 0 };
    const found = { ...size, count: 0, numbers: 0, sum: 0 };
    for (const row of rows) {
      for (const column of columns) {
        const value = this.sheet.cells.value(row, column);
        if (value === null || value === undefined || value === "") continue;
        found.count += 1;
        if (!column.numeric || typeof value !== "number") continue;
        found.numbers += 1;
        found.sum += value;
      }
    }
    return found;
  }
}

export const isNumberColumn = (column) => column?.getColId() === NUMBER;
