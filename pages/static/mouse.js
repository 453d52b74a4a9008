// Selecting with the mouse or a finger: drag, Shift, row numbers, the fill handle, scrolling while it is outside.

import { isNumberColumn } from "./selection.js";

export class Mouse {
  constructor(sheet) {
    this.sheet = sheet;
    this.fillTo = null; // where the fill handle has been drawn to
    this.stop = new AbortController();
    const { signal } = this.stop;
    const on = (target, name, act, capture = false) => target.addEventListener(name, act, { capture, signal });
    on(sheet.root, "mousedown", (event) => this.pressed(event), true);
    on(sheet.root, "pointerdown", (event) => { sheet.touch = event.pointerType === "touch"; }, true);
    on(document, "mouseup", (event) => this.released(event));
    on(document, "mousemove", (event) => this.moved(event));
  }

  destroy() {
    this.stop.abort();
    cancelAnimationFrame(this.scrolling);
  }

  // Taken from the page itself: AG Grid tells of it a moment later, when the next key may have been pressed.
  pressed(event) {
    const { selection, places } = this.sheet;
    selection.held = event.shiftKey;
    if (event.target === selection.handle) {
      event.preventDefault();
      event.stopPropagation();
      this.filling = true;
      return;
    }
    const at = event.button ? null : places.under(event.target);
    if (!at) return;
    this.from = at.row;
    if (event.shiftKey && selection.at) selection.extend(at.row, at.column);
    else {
      selection.collapse(at.row, at.column);
      selection.dragging = true;
    }
  }

  place(event) {
    return { row: event.rowIndex, column: this.sheet.places.order().indexOf(event.column.getColId()) };
  }

  // AG Grid has given the focus to the cell under the mouse.
  down(event) {
    const { selection } = this.sheet;
    if (!event.event.button && !event.rowPinned && event.event.shiftKey && selection.at) this.sheet.places.refocusStart();
  }

  over(event) {
    if (event.rowPinned || !(event.event.buttons & 1)) return;
    const { row, column } = this.place(event);
    if (this.filling) this.preview(row, column);
    else if (this.sheet.selection.dragging) this.sheet.selection.extend(row, column);
  }

  // A plain click on a row number opens the row; a second tap on the active cell edits it.
  click(event) {
    const { sheet } = this, row = sheet.rows.at(event.rowIndex);
    if (event.rowPinned || !row) return;
    if (isNumberColumn(event.column)) {
      if (!event.event.shiftKey && this.from === event.rowIndex) sheet.open(row.id);
    } else if (sheet.touch && sheet.tapped === event.node.id + event.column.getColId()) {
      sheet.api.startEditingCell({ rowIndex: event.rowIndex, colKey: event.column });
    }
    sheet.tapped = event.node.id + event.column.getColId();
  }

  released(event) {
    cancelAnimationFrame(this.scrolling);
    this.scrolling = 0;
    this.sheet.selection.dragging = false;
    if (this.filling && this.fillTo) this.sheet.blocks.fill(this.fillTo, event.ctrlKey || event.metaKey);
    this.filling = false;
    this.preview(null);
  }

  // The way of the fill: along the longer side from the block to the mouse.
  preview(row, column) {
    const box = this.sheet.selection.box();
    this.fillTo = row === null || !box ? null : reach(box, row, column);
    const to = this.fillTo, order = this.sheet.places.order();
    const within = (index, place) => index >= to.top && index <= to.bottom && place >= to.left && place <= to.right;
    for (const line of this.sheet.root.querySelectorAll(".ag-body-viewport .ag-row")) {
      const index = Number(line.getAttribute("row-index"));
      for (const cell of line.children) {
        cell.classList.toggle("fillto", Boolean(to) && within(index, order.indexOf(cell.getAttribute("col-id"))));
      }
    }
  }

  // While a block is drawn and the mouse is above or below the rows, they scroll by.
  moved(event) {
    if (!(event.buttons & 1) || !(this.sheet.selection.dragging || this.filling)) return;
    const view = this.sheet.root.querySelector(".ag-body-viewport").getBoundingClientRect();
    this.pull = event.clientY > view.bottom ? 1 : event.clientY < view.top ? -1 : 0;
    if (this.pull && !this.scrolling) this.scroll();
  }

  scroll() {
    const { selection, rows, api } = this.sheet, head = selection.head();
    if (!this.pull || !head) {
      this.scrolling = 0;
      return;
    }
    const row = Math.max(0, Math.min(rows.total - 1, head.row + this.pull));
    api.ensureIndexVisible(row);
    if (this.filling) this.preview(row, head.column);
    else selection.extend(row, head.column);
    this.scrolling = requestAnimationFrame(() => this.scroll());
  }
}

// The block grown to this cell, in one direction; null where it lies inside.
function reach(box, row, column) {
  const down = Math.max(row - box.bottom, box.top - row, 0);
  const aside = column < 0 ? 0 : Math.max(column - box.right, box.left - column, 0);
  if (!down && !aside) return null;
  return down >= aside
    ? { ...box, top: Math.min(box.top, row), bottom: Math.max(box.bottom, row) }
    : { ...box, left: Math.min(box.left, column), right: Math.max(box.right, column) };
}
