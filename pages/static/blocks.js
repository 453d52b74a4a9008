// What happens to a whole block at once: paste, clear, fill. Each is one request with every cell's own `before`.

import { parseTable } from "./cells.js";
import { newStep } from "./saving.js";
import { seriesOf } from "./series.js";

const MANY = 50; // rows that are deleted or emptied without a question

export class Blocks {
  constructor(sheet) {
    this.sheet = sheet;
  }

  // The changes that can be made among these; what is locked, computed or not this person's is counted, not sent.
  commit(wanted, origin, step) {
    const changes = wanted.filter(({ row, column }) => !this.sheet.cells.refusal(row, column));
    const real = changes.filter(({ row, column, after }) =>
      after !== this.sheet.cells.edited(row, column) && (after ?? "") !== this.sheet.cells.full(row, column));
    this.sheet.saving.commit(real, origin, step);
    const skipped = wanted.length - changes.length;
    if (skipped) this.sheet.notices.tell(this.sheet.say("skipped", { n: skipped }));
  }

  async clear() {
    const box = this.sheet.selection.box();
    if (!box) return;
    const columns = this.sheet.selection.columns(), rows = await this.sheet.rows.range(box.top, box.bottom);
    const filled = rows.flatMap((row) => columns.map((column) => ({ row, column, after: null })))
      .filter(({ row, column }) => this.sheet.cells.text(row, column) !== "");
    const { notices, words } = this.sheet, n = new Set(filled.map(({ row }) => row.id)).size;
    const [question, act] = ["clearMany", "clearThem"].map((name) => this.sheet.say(name, { n, cells: filled.length }));
    if (n <= MANY || (await notices.ask(question, words.clearHint, words.leave, act))) this.commit(filled, "ui");
  }

  // Text from the clipboard: one value to many cells; a block once, or repeated where the selection is a multiple. Lines
  // below the last row are new rows, where this person may add any.
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
    const step = newStep(), below = table.slice(targets.length, height);
    this.commit(changes, "paste", step);
    if (height > targets.length) await this.pasteBelow(below, order.slice(box.left, right + 1), step);
  }

  async pasteBelow(lines, names, step) {
    const { draft, notices, table } = this.sheet;
    const values = lines.map((line) => draft.values(line, names)).filter((one) => Object.keys(one).length);
    if (table.may.add && values.length) await draft.addMany(values, step);
    else if (lines.length) notices.tell(this.sheet.say("cut", { n: lines.length }));
  }

  // What was typed into one cell of the block, into all of it.
  async fillWith(typedIn, { after, text, label }) {
    const box = this.sheet.selection.box(), columns = this.sheet.selection.columns();
    const rows = await this.sheet.rows.range(box.top, box.bottom);
    this.commit(rows.flatMap((row) => columns.map((column) =>
      ({ row, column, ...(column === typedIn ? { after, label } : { after: text || after }) }))), "fill");
  }

  // Ctrl+D: the top row of the block into the rest of it; a single row takes the one above.
  async down() {
    const box = this.sheet.selection.box();
    if (!box || (box.top === box.bottom && box.top === 0)) return;
    const top = box.top === box.bottom ? box.top - 1 : box.top;
    await this.copy({ ...box, bottom: top, top }, { ...box, top: top + 1 });
  }

  // Ctrl+R: the left column of the block into the rest of it.
  async right() {
    const box = this.sheet.selection.box();
    await this.copy({ ...box, right: box.left }, box);
  }

  // Ctrl+Shift+D, Ctrl+Shift+R: what the block begins with goes on through it. It begins with what is filled, where the
  // rest is blank, else with its first row or column.
  async series(way) {
    const box = this.sheet.selection.box(), end = way === "down" ? "bottom" : "right";
    const start = way === "down" ? box?.top : box?.left;
    if (!box || start === box[end]) return;
    const rows = await this.sheet.rows.range(box.top, box.bottom), columns = this.sheet.selection.columns();
    const lines = way === "down" ? rows.map((row) => columns.map((column) => [row, column]))
      : columns.map((column) => rows.map((row) => [row, column]));
    const blank = (line) => line.every(([row, column]) => this.sheet.cells.text(row, column) === "");
    const begun = lines.findIndex(blank), given = begun > 0 && lines.slice(begun).every(blank) ? begun : 1;
    await this.copy({ ...box, [end]: start + given - 1 }, box, true);
  }

  // The fill handle: the block repeated over the larger one it was drawn to; as a series where it is one and so wished.
  async fill(to, series = false) {
    const box = this.sheet.selection.box();
    const { selection } = this.sheet;
    selection.at = { row: to.top, column: to.left, toRow: to.bottom, toColumn: to.right, whole: false };
    selection.paint();
    await this.copy(box, to, series);
  }

  async copy(from, to, series = false) {
    const { rows } = this.sheet, order = this.sheet.places.order();
    const source = await rows.range(from.top, from.bottom), targets = await rows.range(to.top, to.bottom);
    const wide = from.right - from.left + 1, turn = (place, start, size) => (((place - start) % size) + size) % size;
    const next = series ? this.going(source, from, to) : () => undefined, changes = [];
    targets.forEach((row, down) => {
      const index = to.top + down, pattern = source[turn(index, from.top, source.length)];
      for (let place = to.left; place <= to.right; place += 1) {
        const inside = index >= from.top && index <= from.bottom && place >= from.left && place <= from.right;
        if (inside) continue;
        const other = order[from.left + turn(place, from.left, wide)], after = next(index, place);
        changes.push(after === undefined ? this.like(row, order[place], pattern, other)
          : { row, column: this.sheet.columns.get(order[place]), after });
      }
    });
    this.commit(changes, "fill");
  }

  // (row, column) -> the value that goes on there; undefined where there is no series.
  going(source, from, to) {
    const order = this.sheet.places.order(), columnAt = (place) => this.sheet.columns.get(order[place]);
    const value = (row, place) => this.sheet.cells.edited(row, columnAt(place));
    const aside = to.left < from.left || to.right > from.right, made = new Map();
    if (aside) {
      const places = Array.from({ length: from.right - from.left + 1 }, (_none, at) => from.left + at);
      source.forEach((row, at) => {
        const kinds = new Set(places.map((place) => columnAt(place).field.kind));
        const found = kinds.size === 1 && seriesOf([...kinds][0], places.map((place) => value(row, place)));
        if (found) made.set(from.top + at, found);
      });
      return (index, place) => made.get(index)?.(place - from.left);
    }
    for (let place = from.left; place <= from.right; place += 1) {
      const found = seriesOf(columnAt(place).field.kind, source.map((row) => value(row, place)));
      if (found) made.set(place, found);
    }
    return (index, place) => made.get(place)?.(index - from.top);
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
    const { rows, server, notices } = this.sheet;
    try {
      const { changeset, deleted, problems } = await server.remove(doomed.map((row) => row.id));
      const step = { changesets: [changeset], count: deleted, label: "", rows: null };
      if (changeset) this.sheet.stepped("deleted", step);
      const kept = doomed.length - deleted;
      if (kept && problems.length) notices.error(this.sheet.say("keptRows", { n: kept, why: problems[0].message }));
    } catch (fault) {
      const why = fault.answer?.problems?.[0]?.message;
      if (why) notices.error(this.sheet.say("keptRows", { n: doomed.length, why }));
      else this.sheet.failed(fault);
    }
    rows.reload();
  }
}
