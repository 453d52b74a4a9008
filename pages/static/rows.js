// The rows the grid holds: blocks as they come into view, ranges that are not there yet, rows that changed elsewhere.

import { sharedPart } from "./cells.js";
import { params } from "./query.js";

export class Rows {
  constructor(sheet, block) {
    this.sheet = sheet;
    this.block = block;
    this.total = 0;
    this.loaded = false;
    this.late = false; // a reload that waits for an editor to close
    this.clock = 0; // counts questions, so that an answer that was overtaken changes nothing
  }

  get api() {
    return this.sheet.api;
  }

  // Asking AG Grid for a row that is not held makes it load its block, even before the first: hence the limits.
  at(index) {
    return index >= 0 && index < this.total ? this.api.getDisplayedRowAtIndex(index)?.data : undefined;
  }

  // Place -> row, of the rows that are held; asks for nothing.
  places() {
    const found = new Map();
    this.api?.forEachNode((node) => node.data && found.set(node.rowIndex, node.data));
    return found;
  }

  // Row id -> node, of the rows that are held.
  nodes() {
    const found = new Map();
    this.api?.forEachNode((node) => node.data && found.set(node.data.id, node));
    return found;
  }

  held() {
    return [...this.nodes().values()].map((node) => node.data);
  }

  // The first block, asked for before there is a grid.
  first() {
    this.ahead = this.fetch(0);
    this.ahead.catch(() => {});
    return this.ahead;
  }

  fetch(offset, limit = this.block) {
    return this.sheet.server.page(params(this.sheet.asked), offset, limit);
  }

  datasource() {
    return { getRows: (request) => this.getRows(request) };
  }

  async getRows({ startRow, successCallback, failCallback }) {
    const question = this.sheet.question;
    try {
      const page = await ((startRow === 0 && this.ahead) || this.fetch(startRow));
      if (startRow === 0) this.ahead = null;
      this.keepNewer(page);
      this.share(page.rows, this.places().get(startRow - 1));
      const active = this.sheet.places.active();
      successCallback(page.rows, page.total);
      if (question === this.sheet.question) this.took(page, active);
    } catch (fault) {
      this.ahead = null;
      failCallback();
      this.sheet.failed(fault, () => this.reload());
    }
  }

  // A block that was asked for before a change came in by another way does not bring back what was there before.
  keepNewer({ rows, version }) {
    const nodes = this.nodes();
    for (const row of rows) {
      const held = nodes.get(row.id)?.data;
      if (held?.version > version) Object.assign(row, { values: held.values, version: held.version });
      else row.version = version;
    }
  }

  took({ total }, active) {
    this.total = total;
    this.loaded = true;
    if (active) this.find(active);
    this.sheet.took();
  }

  // How much of its code each row shares with the rows above.
  share(rows, above) {
    const code = this.sheet.code;
    if (!code) return;
    let chain = above?.chain ?? [];
    for (const row of rows) {
      const value = row.values[code];
      const found = typeof value === "string" ? sharedPart(value, chain) : { shared: 0, chain };
      Object.assign(row, found);
      chain = found.chain;
    }
  }

  // Rows top to bottom, whether held or not.
  async range(top, bottom) {
    const found = [], places = this.places();
    for (let index = top; index <= bottom && places.has(index); index += 1) found.push(places.get(index));
    while (found.length < bottom - top + 1) {
      const page = await this.fetch(top + found.length, Math.min(1000, bottom - top + 1 - found.length));
      if (!page.rows.length) break;
      found.push(...page.rows);
    }
    return found;
  }

  // The same, if all are held; else null.
  heldRange(top, bottom) {
    const places = this.places(), found = [];
    if (places.size < bottom - top + 1) return null;
    for (let index = top; index <= bottom; index += 1) {
      if (!places.has(index)) return null;
      found.push(places.get(index));
    }
    return found;
  }

  // Take these rows' values for those held, in place: an open editor, the selection and the scroll stay. A newer
  // version of the records stays; of one version (marks alone differ) what came by a later question, `asked`.
  put({ rows, version }, asked = (this.clock += 1)) {
    const nodes = this.nodes(), touched = [];
    for (const row of rows) {
      const node = nodes.get(row.id), held = node?.data;
      if (!node || held.version > version || (held.version === version && (held.asked ?? 0) > asked)) continue;
      const about = { ...row.about, depth: held.about.depth };
      Object.assign(held, { values: row.values, about, version, asked });
      touched.push(node);
    }
    this.repaint(touched);
  }

  repaint(rowNodes) {
    if (rowNodes.length) this.api.refreshCells({ rowNodes, force: true, suppressFlash: true });
    this.sheet.changedCells();
  }

  repaintIds(ids) {
    const nodes = this.nodes();
    this.repaint([...ids].map((id) => nodes.get(id)).filter(Boolean));
  }

  // Rows that changed elsewhere. One that is not held, or no longer there, means that the order may differ.
  async refetch(ids) {
    if (this.sheet.cards) {
      this.reload();
      return;
    }
    const nodes = this.nodes(), held = ids.filter((id) => nodes.has(id)), asked = (this.clock += 1);
    const answer = held.length ? await this.sheet.server.rows(held) : { rows: [], version: 0 };
    this.put(answer, asked);
    if (held.length < ids.length || answer.rows.length < held.length) this.reload();
  }

  // Ask again for every block that is held. What is on view stays until the answer comes.
  reload() {
    if (this.sheet.cards) {
      this.sheet.cards.load();
      return;
    }
    this.late = this.api.getEditingCells().length > 0;
    if (this.late) return;
    this.api.refreshInfiniteCache();
  }

  edited() {
    if (this.late) this.reload();
  }

  // Ask anew, from the top, without a blank moment: the first block is there before the old rows go.
  async restart() {
    const question = this.sheet.ask();
    if (this.sheet.cards) {
      this.sheet.cards.load();
      return;
    }
    const first = this.fetch(0);
    try {
      await first;
    } catch (fault) {
      this.sheet.failed(fault, () => this.restart());
      return;
    }
    if (question !== this.sheet.question) return;
    this.ahead = first;
    if (this.total) this.api.ensureIndexVisible(0, "top");
    this.api.purgeInfiniteCache();
  }

  // With a block that came, the row that was active may stand elsewhere: selection and scroll go with it.
  find({ row, index, pinned }) {
    const place = this.nodes().get(row.id)?.rowIndex ?? index;
    if (!pinned && place !== index) this.sheet.places.shift(place - index);
  }
}
