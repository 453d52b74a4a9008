// What happens to a whole block at once: paste, clear, fill. Each is one request with every cell's own `before`.

import { parseTable } from "./cells.js";

const MANY = 50; // rows that are deleted without a question

export class Blocks {
  constructor(sheet) {
    this.sheet = sheet;
  }

  // The changes that can be made among these; what is locked, computed or not this person's is counted, not sent.
  commit(wanted, origin) {
    const changes = wanted.filter(({ row, column }) => !this.sheet.cells.refusal(row, column));
    const real = changes.filter(({ row, column, after }) =>
      after !== this.sheet.cells.edited(row, column) && (after ?? "") !== this.sheet.cells.full(row, column));
    this.sheet.saving.commit(real, origin);
    const skipped = wanted.length - changes.length;
    if (skipped) this.sheet.notices.tell(this.sheet.say("skipped", { n: skipped }));
  }

  async clear() {
    const box = this.sheet.selection.box();
    if (!box) return;
    const columns = this.sheet.selection.columns(), rows = await this.sheet.rows.range(box.top, box.bottom);
    const filled = rows.flatMap((row) => columns.map((column) => ({ row, column, after: null })))
      .filter(({ row, column }) => this.sheet.cells.text(row, column) !== "");
    this.commit(filled, "ui");
  }

  // Text from the clipboard: one value to many cells; a block once, or repeated where the selection is a multiple.
  async paste(text) {
    const table = parseTable(text), { selection, rows } = this.sheet, box = selection.box();
    if (!box) return;
    const wide = Math.max(...table.map((line) => line.length));
    const size = (have, given) => (have > given && have % given === 0 ? have : given);
    const height = size(box.bottom - box.top + 1, table.length), width = size(box.right - box.left + 1, wide);
    const order = this.sheet.places.order(), bottom = Math.min(box.top + height, rows.total) - 1;
    const right = Math.min(box.left + width, order.length) - 1;
    const columns = order.slice(box.left, right + 1).map((name) => this.sheet.columns.get(name));
    const targets = await rows.range(box.top, bottom), changes = [];
    targets.forEach((row, down) => columns.forEach((column, aside) => {
      const given = table[down % table.length][aside % wide];
      if (given !== undefined) changes.push({ row, column, after: given.trim() === "" ? null : given });
    }));
    selection.at = { row: box.top, column: box.left, toRow: bottom, toColumn: right, whole: false };
    selection.paint();
    this.commit(changes, "paste");
    const cut = height - targets.length;
    if (cut > 0) this.sheet.notices.tell(this.sheet.say("cut", { n: cut }));
  }

  // Ctrl+D: the top row of the block into the rest of it; a single row takes the one above.
  async down() {
    const box = this.sheet.selection.box();
    if (!box || (box.top === box.bottom && box.top === 0)) return;
    const top = box.top === box.bottom ? box.top - 1 : box.top;
    await this.copy({ ...box, bottom: top, top }, { ...box, top: top + 1 });
  }

  // The fill handle: the block repeated over the larger one it was drawn to.
  async fill(to) {
    const box = this.sheet.selection.box();
    const { selection } = this.sheet;
    selection.at = { row: to.top, column: to.left, toRow: to.bottom, toColumn: to.right, whole: false };
    selection.paint();
    await this.copy(box, to);
  }

  async copy(from, to) {
    const { rows } = this.sheet, order = this.sheet.places.order();
    const source = await rows.range(from.top, from.bottom), targets = await rows.range(to.top, to.bottom);
    const wide = from.right - from.left + 1, turn = (place, start, size) => (((place - start) % size) + size) % size;
    const changes = [];
    targets.forEach((row, down) => {
      const index = to.top + down, pattern = source[turn(index, from.top, source.length)];
      for (let place = to.left; place <= to.right; place += 1) {
        const inside = index >= from.top && index <= from.bottom && place >= from.left && place <= from.right;
        const other = order[from.left + turn(place, from.left, wide)];
        if (!inside) changes.push(this.like(row, order[place], pattern, other));
      }
    });
    this.commit(changes, "fill");
  }

  // One cell made like another: the value itself where the columns are of one sort, else its text.
  like(row, name, pattern, other) {
    const column = this.sheet.columns.get(name), source = this.sheet.columns.get(other);
    if (name !== other) return { row, column, after: this.sheet.cells.full(pattern, source) || null };
    return { row, column, after: this.sheet.cells.edited(pattern, source), label: pattern.about.labels?.[name] };
  }

  // The rows that are selected whole, to be deleted. Over 50 of them are asked about first.
  async remove() {
    const { selection, rows, notices, words } = this.sheet, box = selection.box();
    if (!this.sheet.table.may.delete) return;
    if (!box?.whole) {
      notices.tell(words.wholeRows);
      return;
    }
    const doomed = await rows.range(box.top, box.bottom), n = doomed.length;
    const [question, act] = ["deleteMany", "deleteThem"].map((name) => this.sheet.say(name, { n }));
    if (n <= MANY || (await notices.ask(question, words.deleteHint, words.leave, act))) await this.removeRows(doomed);
  }

  async removeRows(doomed) {
    const { rows, server } = this.sheet, changesets = [];
    let fault = null;
    for (const row of doomed) {
      try {
        changesets.push((await server.remove(row.id)).changeset);
      } catch (refused) {
        fault = refused;
        break;
      }
    }
    const step = { changesets, count: changesets.length, label: "", rows: null };
    if (step.count) this.sheet.stepped("deleted", step);
    if (fault) this.sheet.failed(fault);
    rows.reload();
  }
}
