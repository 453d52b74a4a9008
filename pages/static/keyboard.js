// The keys, as Excel and WPS have them. In an editor, and on a cell.

import { NUMBER } from "./columns.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const IME = 229; // what a key is called while an input method takes it

const OWN = "input, textarea, select, [contenteditable], dialog"; // what has a Ctrl+Z of its own, or takes no other keys

const command = (event) => event.ctrlKey || event.metaKey;

export class Keys {
  constructor(sheet) {
    this.sheet = sheet;
    document.addEventListener("keydown", this.anywhere);
  }

  destroy() {
    document.removeEventListener("keydown", this.anywhere);
  }

  // What needs no cell goes without one too: a table that has just lost its last row has none.
  anywhere = (event) => {
    const { sheet } = this, { target, key } = event;
    if (event.defaultPrevented || target.closest?.(OWN)) return;
    const turns = command(event) && !event.altKey && ["z", "y"].includes(key.toLowerCase());
    const adds = sheet.root.contains(target) && (key === "Insert" || (command(event) && key === "+"));
    if (!turns && !adds) return;
    event.preventDefault();
    if (adds) this.add();
    else this.withControl(event);
  };

  // For AG Grid: true where the key is ours. Every editor handles its own, so all keys in one are.
  suppress = ({ event, editing }) => {
    if (editing) return true;
    if (event.type !== "keydown") return event.key === "Enter";
    this.sheet.selection.held = false;
    if (event.keyCode === IME) return this.compose();
    const done = this.onCell(event);
    if (done) event.preventDefault();
    return done;
  };

  // ---- on a cell

  onCell(event) {
    const { sheet } = this, plain = !command(event) && !event.altKey;
    if (event.key in ARROWS && !event.altKey) return this.arrow(event);
    if (event.key === "Enter") return this.enter(event);
    if (event.key === "Tab" && plain) return this.tab(event.shiftKey ? -1 : 1);
    if (event.key === "F6") return sheet.notices.focusPanel();
    if (event.key === "Escape") return this.putBack();
    if (event.key === "ArrowDown" && event.altKey) return this.edit();
    if (event.key === "F2") return this.edit();
    if (event.key === "Insert" && plain) return this.add();
    if (event.key === " " && event.shiftKey && plain) return this.sheet.selection.wholeRows();
    if ((event.key === "Delete" || event.key === "Backspace") && plain) return this.clear();
    return this.far(event) || (command(event) && !event.altKey && this.withControl(event)) || this.refused(event);
  }

  arrow(event) {
    const [down, aside] = ARROWS[event.key];
    if (down > 0 && this.sheet.draft.goOn()) return true;
    return this.move(down, aside, event.shiftKey, command(event));
  }

  enter(event) {
    if (this.sheet.draft.active()) return this.tab(event.shiftKey ? -1 : 1);
    const active = this.sheet.places.active();
    if (active && (command(event) || active.name === NUMBER)) {
      this.sheet.open(active.row.id);
      return true;
    }
    return this.move(event.shiftKey ? -1 : 1, 0);
  }

  // Home, End and the pages.
  far(event) {
    const { sheet } = this, last = sheet.places.order().length - 1, extend = event.shiftKey;
    const from = extend ? sheet.selection.head() : sheet.places.place();
    if (!from || event.altKey) return false;
    const bottom = sheet.rows.total - 1, page = sheet.places.pageSize();
    const to = {
      Home: () => [command(event) ? 0 : from.row, 0],
      End: () => [command(event) ? bottom : from.row, last],
      PageUp: () => [from.row - page, from.column],
      PageDown: () => [from.row + page, from.column],
    }[event.key]?.();
    if (!to) return false;
    sheet.places.go(to[0], to[1], extend);
    return true;
  }

  withControl(event) {
    const { sheet } = this, key = event.key.toLowerCase();
    const act = {
      a: () => sheet.selection.all(),
      " ": () => sheet.selection.wholeColumns(),
      d: () => (event.shiftKey ? sheet.blocks.series("down") : sheet.blocks.down()),
      z: () => (event.shiftKey ? sheet.steps.redo() : sheet.steps.undo()),
      y: () => sheet.steps.redo(),
      r: this.right(event),
      "+": () => sheet.addRow(),
      "-": () => (sheet.draft.active() ? sheet.draft.end() : sheet.blocks.remove()),
    }[key];
    act?.();
    return Boolean(act);
  }

  // Only a block of several columns is filled to the right: on a single cell the key stays the browser's "reload".
  right(event) {
    const { selection, blocks } = this.sheet, box = selection.box();
    if (!box || box.whole || box.left === box.right) return undefined;
    return () => (event.shiftKey ? blocks.series("right") : blocks.right());
  }

  // One step, or to the edge; over the row number too, which stands at column -1.
  move(down, aside, extend = false, edge = false) {
    const { sheet } = this, from = extend ? sheet.selection.head() : sheet.places.place();
    if (!from) return false;
    const last = sheet.places.order().length - 1, bottom = sheet.rows.total - 1;
    const along = (place, step, end, start) => (edge && step ? (step > 0 ? end : Math.max(start, 0)) : place + step);
    const row = along(from.row, down, bottom, 0), column = along(from.column, aside, last, -1);
    if (row < 0 && sheet.draft.rows.length) return false;
    sheet.places.go(row, Math.max(extend ? 0 : -1, Math.min(last, column)), extend);
    return true;
  }

  tab(step) {
    const { sheet } = this, from = sheet.places.place(), last = sheet.places.order().length - 1;
    if (!from) return step > 0 ? sheet.api.tabToNextCell() || sheet.draft.goOn() : sheet.api.tabToPreviousCell();
    const column = from.column + step;
    if (column >= 0 && column <= last) return this.move(0, step);
    const row = from.row + step;
    if (row < 0 || row >= sheet.rows.total) return false;
    sheet.places.go(row, step > 0 ? 0 : last);
    return true;
  }

  edit() {
    const active = this.sheet.places.active();
    if (!active || active.name === NUMBER) return false;
    this.sheet.api.startEditingCell({ rowIndex: active.index, rowPinned: active.pinned, colKey: active.name });
    return this.refused({ key: "F2" }) || true;
  }

  add() {
    this.sheet.addRow();
    return true;
  }

  clear() {
    if (this.sheet.draft.active()) this.sheet.draft.clear();
    else this.sheet.blocks.clear();
    return true;
  }

  // Esc on a text that does not fit: the value that stands comes back.
  putBack() {
    const active = this.sheet.places.active(), column = active && this.sheet.columns.get(active.name);
    if (!column || active.pinned || this.sheet.marks.markOf(active.row, column)?.state !== "inv") return false;
    this.sheet.dropMark(active.row, column);
    return true;
  }

  // A key that would edit where nothing may be edited: the edit bar says why.
  refused(event) {
    const active = this.sheet.places.active(), column = active && this.sheet.columns.get(active.name);
    if (column && (event.key.length === 1 || event.key === "F2") && !command(event)) {
      const why = () => this.sheet.cells.refusal(this.sheet.places.active().row, column);
      if (why()) this.sheet.bars.refuse(why);
    }
    return false;
  }

  // An input method took the first key: open the editor now, so that its text goes there.
  compose() {
    const active = this.sheet.places.active();
    if (!active || active.name === NUMBER) return true;
    this.sheet.composing = true;
    this.edit();
    this.sheet.composing = false;
    return true;
  }

  // ---- in an editor

  inEditor(event, editor) {
    event.stopPropagation();
    if (event.isComposing || event.keyCode === IME) return;
    const plain = !command(event) && !event.shiftKey && !event.altKey, way = event.shiftKey ? -1 : 1;
    const arrow = editor.typed && !editor.keepsArrows && plain ? ARROWS[event.key] : undefined;
    const step = arrow ?? { Enter: [way, 0], Tab: [0, way], Escape: [0, 0] }[event.key];
    if (!step || (event.key === "Tab" && command(event))) return;
    event.preventDefault();
    if (event.key === "Enter" && command(event)) {
      this.fillFrom(editor);
      return;
    }
    this.leave(event.key === "Escape");
    if (event.key === "Escape") return;
    if (event.key === "Tab" || this.sheet.draft.active()) this.tab(step[0] || step[1]);
    else this.move(...step);
  }

  // Ctrl+Enter: what was typed goes into every cell of the block, as one step; into a single cell, and one stays there.
  fillFrom(editor) {
    const box = this.sheet.selection.box(), single = !box || (box.top === box.bottom && box.left === box.right);
    const typed = single || this.sheet.draft.active() ? null : editor.getValue();
    this.leave(typed !== null);
    if (typed) this.sheet.blocks.fillWith(editor.told, typed);
  }

  // Close the editor and give the focus back to its cell.
  leave(cancel = false) {
    const { api } = this.sheet, active = this.sheet.places.active();
    api.stopEditing(cancel);
    if (active) api.setFocusedCell(active.index, active.name, active.pinned);
  }
}
