// What was typed and is not yet on the server: sent in order, one request a step, kept through a lost network and a
// reload. A cell's own `before` goes with it, so that nobody's edit is overwritten unseen.

import { Refused, Unreachable } from "./api.js";

const RETRY = 10_000; // ms
const MOST = 20_000; // cells a request

const find = (cells, row, field) => cells.get(row)?.get(field);

function note(cells, row, field, value) {
  if (!cells.has(row)) cells.set(row, new Map());
  cells.get(row).set(field, value);
}

// What is done in one go is one step to undo, however many requests it takes.
export const newStep = () => `${Date.now()} ${Math.random()}`;

export class Saving {
  constructor(sheet) {
    this.sheet = sheet;
    this.queue = sheet.store.get("cells") ?? []; // [{origin, step, changes: [{row, field, before, after, text, follows}]}]
    this.unsaved = new Map(); // row -> field -> its newest change
    this.stale = new Map(); // row -> field -> a stale answer
    this.fault = null; // why the queue stands still
    this.waiting = []; // who waits for it to be empty, or to stand still
    this.online = () => this.pump();
    window.addEventListener("online", this.online);
    this.guard = (event) => this.queue.length && this.fault && event.preventDefault();
    window.addEventListener("beforeunload", this.guard);
    this.index();
  }

  destroy() {
    clearTimeout(this.timer);
    window.removeEventListener("online", this.online);
    window.removeEventListener("beforeunload", this.guard);
  }

  index() {
    this.unsaved = new Map();
    for (const change of this.changes()) note(this.unsaved, change.row, change.field, change);
    this.sheet.store.set("cells", this.queue.length ? this.queue : null);
  }

  changes() {
    return this.queue.flatMap(({ changes }) => changes);
  }

  pending(row, field) {
    return find(this.unsaved, row, field);
  }

  disputed(row, field) {
    return find(this.stale, row, field);
  }

  disputes(row) {
    return this.stale.has(row);
  }

  get count() {
    let cells = 0;
    for (const fields of this.unsaved.values()) cells += fields.size;
    return cells;
  }

  // changes: [{row, column, after, label, before}]; `before` where it was looked at earlier than now.
  commit(changes, origin = "ui", step = newStep()) {
    if (!changes.length) return;
    for (let at = 0; at < changes.length; at += MOST) {
      this.queue.push({ origin, step, changes: changes.slice(at, at + MOST).map((change) => this.change(change)) });
    }
    for (const { row, column } of changes) this.settle(row.id, column.name);
    this.index();
    this.sheet.rows.repaintIds(new Set(changes.map(({ row }) => row.id)));
    this.pump();
  }

  change({ row, column, after, label, before }) {
    const earlier = this.pending(row.id, column.name);
    return {
      row: row.id,
      field: column.name,
      before: before === undefined ? row.values[column.name] ?? null : before,
      after,
      text: typeof after === "string" && !column.lists && !label ? after : column.show(after, label),
      // Typed over what is itself under way: `before` is what that one turns out to be.
      follows: earlier !== undefined,
    };
  }

  // ---- sending

  async pump() {
    if (this.sending || !this.queue.length) return;
    clearTimeout(this.timer);
    const batch = this.queue[0];
    this.sending = true;
    try {
      const changes = batch.changes.map(({ row, field, before, after }) => ({ row, field, before, after }));
      const answer = await this.sheet.server.cells(changes, batch.origin);
      this.fault = null;
      this.queue.shift();
      this.answered(batch, answer);
    } catch (fault) {
      this.failed(fault, batch);
    } finally {
      this.sending = false;
    }
    if (this.queue.length && !this.fault) {
      await this.pump();
      return;
    }
    for (const done of this.waiting.splice(0)) done();
    this.sheet.saved();
  }

  failed(fault, batch) {
    const signedOut = fault instanceof Refused && fault.status === 401;
    if (!(fault instanceof Unreachable) && !signedOut) {
      this.queue.shift();
      this.index();
      this.sheet.rows.repaintIds(new Set(batch.changes.map(({ row }) => row)));
      this.sheet.notices.error(this.sheet.say("refused", { why: fault.message }));
      return;
    }
    this.fault = signedOut ? "signedOut" : "offline";
    this.timer = setTimeout(() => this.pump(), RETRY);
    this.sheet.changedCells();
  }

  answered(batch, answer) {
    const { rows } = this.sheet;
    for (const cell of answer.cells) this.hand(cell);
    this.index();
    rows.put(answer);
    const held = rows.nodes();
    for (const cell of answer.cells) this.take(cell, held.get(cell.row)?.data);
    rows.repaintIds(new Set(batch.changes.map(({ row }) => row)));
    const saved = answer.cells.filter((cell) => "value" in cell);
    this.sheet.answered(answer.changeset, batch, saved, answer.cells);
  }

  // A later edit of the same cell learns what it really follows.
  hand({ row, field, ...cell }) {
    const next = this.changes().find((one) => one.follows && one.row === row && one.field === field);
    if (!next) return;
    next.follows = false;
    if ("value" in cell) next.before = cell.value;
  }

  take(cell, row) {
    if (!row) return;
    const { field } = cell;
    if ("current" in cell) {
      row.values[field] = cell.current;
      if (cell.current !== cell.yours) note(this.stale, cell.row, field, cell);
    } else if ("problem" in cell && row.about.marks?.[field]?.state !== "inv") {
      row.about.marks = { ...row.about.marks, [field]: { state: "inv", text: cell.text, message: cell.problem } };
    }
  }

  // ---- stale cells

  settle(row, field) {
    this.stale.get(row)?.delete(field);
    if (!this.stale.get(row)?.size) this.stale.delete(row);
  }

  firstDispute() {
    for (const fields of this.stale.values()) for (const cell of fields.values()) return cell;
    return null;
  }

  // Wait until everything is answered; while that cannot be, take back the last step that was never sent.
  async quiet() {
    if (this.fault) {
      const batch = this.queue.pop();
      if (!this.queue.length) this.fault = null;
      this.index();
      this.sheet.rows.repaintIds(new Set(batch.changes.map(({ row }) => row)));
      return false;
    }
    if (this.queue.length) await new Promise((done) => { this.waiting.push(done); });
    return !this.fault;
  }
}
