// One table on screen: holds the parts together and answers what they ask of each other.

import * as Ag from "nicegui-aggrid";
import { Api, Refused } from "./api.js";
import { Bars } from "./bars.js";
import { Blocks } from "./blocks.js";
import { Cards } from "./cards.js";
import { fill } from "./cells.js";
import { Clipboard } from "./clipboard.js";
import { Column, columnDefs } from "./columns.js";
import { Contents } from "./contents.js";
import { make } from "./dom.js";
import { Draft } from "./draft.js";
import { Filters } from "./filters.js";
import { Keys } from "./keyboard.js";
import { Layout } from "./layout.js";
import { Marks } from "./marks.js";
import { Mouse } from "./mouse.js";
import { Notices } from "./notices.js";
import { options } from "./options.js";
import { Others } from "./others.js";
import { ColumnsPanel } from "./panels.js";
import { Places } from "./places.js";
import { asText, fromAddress, sortText, whereList } from "./query.js";
import { Rows } from "./rows.js";
import { Saving } from "./saving.js";
import { Selection } from "./selection.js";
import { Steps } from "./steps.js";
import { Store } from "./store.js";
import { Typing } from "./typing.js";
import { ViewMenu } from "./viewmenu.js";

const PHONE = 600; // px: below it there is no grid, but a list
const SLOW = 1_000; // ms before an empty grid says that it is loading
const LOOKED = 1_000; // ms on a row, before what a sheet changed in it counts as seen

export class Sheet {
  constructor(root, { table, account, words, block, arranged }, emit) {
    Object.assign(this, { root, words, emit, question: 0, composing: false, columns: new Map() });
    this.server = new Api(table);
    this.store = new Store(table, account);
    this.asked = fromAddress(arranged.asked);
    this.rows = new Rows(this, block);
    this.cells = new Contents(this);
    this.places = new Places(this);
    this.marks = new Marks(this);
    this.selection = new Selection(this);
    this.saving = new Saving(this);
    this.steps = new Steps(this);
    this.blocks = new Blocks(this);
    this.filters = new Filters(this);
    this.keys = new Keys(this);
    this.bars = new Bars(this);
    this.draft = new Draft(this);
    this.typing = new Typing(this);
    this.others = new Others(this);
    this.layout = new Layout(this, arranged);
    this.columnsPanel = new ColumnsPanel(this);
    this.viewMenu = new ViewMenu(this, arranged);
    this.host = make("div", "zf-host");
    root.style.setProperty("--mark-sheet", JSON.stringify(words.markSheet));
    root.style.setProperty("--mark-lock", JSON.stringify(words.markLock));
    root.replaceChildren(this.bars.edit, this.host, this.bars.status);
    this.notices = new Notices(this, this.host);
    // A new row is left by the last cell of an empty table too: there is no other row to go to.
    root.addEventListener("focusout", ({ relatedTarget }) => this.blurred(relatedTarget));
    this.alive = true;
  }

  // about and the first rows come side by side; the grid is made when both are there.
  async start() {
    const slow = setTimeout(() => this.host.classList.add("slow"), SLOW);
    const first = this.rows.first();
    try {
      this.table = await this.server.about();
      const sample = await first.catch(() => ({ rows: [], total: 0 }));
      if (!this.alive) return;
      this.create(sample);
    } catch (fault) {
      this.notices.showFault(this.reason(fault), () => this.start());
    } finally {
      clearTimeout(slow);
      this.host.classList.remove("slow");
    }
  }

  create(sample) {
    for (const field of this.table.fields) this.columns.set(field.name, new Column(field, this.table, this.words));
    this.layout.begin(this.columns);
    this.code = [...this.columns.values()].find((column) => column.code)?.name;
    this.media = window.matchMedia(`(max-width: ${PHONE - 1}px)`);
    this.media.addEventListener("change", this.turned);
    if (this.media.matches) {
      this.cards = new Cards(this);
      this.root.classList.add("phone");
      this.host.prepend(this.cards.gui);
      this.cards.load(this.rows.ahead);
    } else this.createGrid(sample);
    this.viewMenu.started();
    this.saving.pump();
  }

  createGrid(sample) {
    const grid = make("div", "zf-ag");
    this.host.prepend(grid);
    this.mouse = new Mouse(this);
    this.clipboard = new Clipboard(this);
    this.api = Ag.createGrid(grid, { ...options(this), columnDefs: columnDefs(this, sample) });
    document.querySelector(".zf-tools")?.replaceChildren(this.columnsPanel.panel.button, this.viewMenu.panel.button);
    this.arranged();
    this.draft.restore();
  }

  destroy() {
    this.alive = false;
    clearTimeout(this.looking);
    const parts = [this.cards, this.keys, this.marks, this.saving, this.notices, this.mouse, this.others, this.layout, this.columnsPanel.panel, this.viewMenu.panel];
    for (const part of parts) part?.destroy();
    this.media?.removeEventListener("change", this.turned);
    this.api?.destroy();
  }

  // The screen has become a phone's, or no longer is one: the page begins anew; what is typed and not saved is kept.
  turned = () => location.reload();

  // ---- words

  say(name, parts = {}) {
    return fill(this.words[name], parts);
  }

  reason(fault) {
    if (!(fault instanceof Refused)) return this.words.unreachable;
    return fault.status === 401 ? this.words.signedOutNow : fault.message;
  }

  // Something could not be had; `again` tries it once more.
  failed(fault, again) {
    const signedOut = fault instanceof Refused && fault.status === 401;
    if (!this.rows.loaded) this.notices.showFault(this.reason(fault), again);
    else if (signedOut) this.notices.error(this.reason(fault), () => location.reload(), this.words.signIn);
    else this.notices.error(this.reason(fault), again, this.words.retryNow);
  }

  // ---- what happened

  // AG Grid tells of it a moment later: what counts is where the focus is now.
  focused() {
    const at = this.api.getFocusedCell();
    if (!at) return;
    const row = at.rowPinned ? this.draft.rows[at.rowIndex] : null, left = this.inDraft !== row && this.inDraft;
    this.inDraft = row;
    if (left) this.draft.left(left);
    if (at.rowPinned) this.selection.clear();
    else if (!this.selection.held) this.selection.begin(at.rowIndex, this.places.order().indexOf(at.column.getColId()));
    this.bars.showCell();
    this.others.moved();
  }

  // The focus has left the grid, and neither for another window nor for a list of the cell's own.
  blurred(to) {
    if (!this.inDraft || this.root.contains(to) || !document.hasFocus() || this.api.getEditingCells().length) return;
    const row = this.inDraft;
    this.inDraft = null;
    this.draft.left(row);
  }

  // This person has stayed on a cell: others hear of it, and what a sheet changed in its row has been seen.
  settled(row, column) {
    this.emit("active", { row: row.id, field: column?.name ?? null });
    clearTimeout(this.looking);
    if (this.marks.ofSheet(row).length) this.looking = setTimeout(() => this.see(row), LOOKED);
  }

  async see(row) {
    if (this.places.active()?.row.id !== row.id) return;
    try {
      await this.server.see(row.id);
      const held = this.rows.nodes().get(row.id)?.data ?? row;
      for (const name of this.marks.ofSheet(held)) delete held.about.marks[name];
      this.rows.repaintIds([row.id]);
    } catch {
      // It will be seen the next time.
    }
  }

  // An editor opens: what stood in the cell then is what its edit is compared with.
  opened(row, column) {
    this.editedFrom = this.saving.pending(row.id, column.name) ? undefined : row.values[column.name] ?? null;
  }

  // An editor closed with a new value. AG Grid itself changes nothing.
  typed({ data, colDef, newValue }) {
    const column = this.columns.get(colDef.colId), { after, label } = newValue;
    if (data.draft) this.draft.set(data, column, after, label);
    else this.saving.commit([{ row: data, column, after, label, before: this.editedFrom }]);
    return false;
  }

  closed() {
    this.typing.end();
    this.rows.edited();
    this.selection.paint();
    setTimeout(() => this.blurred(document.activeElement)); // once the focus is where it goes
  }

  answered(changeset, batch, saved, cells) {
    const { changes } = batch, unique = (name) => [...new Set(changes.map((change) => change[name]))];
    const names = unique("field").slice(0, 3).map((name) => this.columns.get(name)?.label ?? name);
    const label = names.join(this.words.and), rows = unique("row");
    const step = { of: batch.step, changesets: [changeset], count: saved.length, label, rows };
    if (changeset) this.steps.push(step);
    const wrong = cells.filter((cell) => "problem" in cell).length;
    if (changes.length > 1 && changeset) this.notices.step("changed", step, () => this.steps.undo());
    if (wrong > 1) this.notices.error(this.say("misfits", { n: wrong }));
    if (saved.length) this.emit("saved", { at: new Date().toISOString(), count: saved.length });
  }

  stepped(word, step) {
    this.steps.push(step);
    this.notices.step(word, step, () => this.steps.undo());
  }

  decide(dispute, mine) {
    const row = this.rows.nodes().get(dispute.row)?.data, column = this.columns.get(dispute.field);
    this.saving.settle(dispute.row, dispute.field);
    if (mine && row) this.saving.commit([{ row, column, after: dispute.yours, before: dispute.current }]);
    this.rows.repaintIds([dispute.row]);
    this.places.refocus();
  }

  async dropMark(row, column) {
    try {
      await this.server.dropMark(row.id, column.name);
      delete row.about.marks[column.name];
      this.rows.repaintIds([row.id]);
    } catch (fault) {
      this.failed(fault);
    }
  }

  open(id) {
    this.emit("row", id);
  }

  // Make another row the active one, wherever it is; the focus stays with whoever asked.
  show(index) {
    const focused = document.activeElement;
    if (!this.api) return;
    this.places.go(index, this.places.place()?.column ?? 0);
    if (focused !== document.body) focused.focus();
  }

  addRow() {
    if (!this.table?.may.add) return;
    if (this.cards) this.cards.add();
    else this.draft.open();
  }

  // The server says that rows changed. A change of another table may show here by the names of references.
  async pushed({ table, rows }) {
    if (!this.api && !this.cards) return;
    try {
      if (table !== this.table.name) {
        if (this.table.fields.some((field) => field.ref === table)) this.rows.reload();
      } else if (rows) await this.rows.refetch(rows);
      else this.rows.reload();
      this.marks.later();
    } catch {
      // Out of reach for the moment: the next push, or the next look at these rows, brings the same.
    }
  }

  // Values or marks of held rows are not what they were.
  changedCells() {
    this.bars.showSaving();
    this.bars.showMarks();
    this.bars.showStatus();
    this.bars.showCell();
    this.notices.showPanel();
    this.others.paint();
  }

  saved() {
    this.changedCells();
    this.marks.later();
  }

  selected() {
    this.bars.showStatus();
  }

  // A block came: for what question, and how long the answer is, the page hears when it is something new.
  took() {
    this.notices.showEmpty();
    this.changedCells();
    this.marks.later();
    this.viewMenu.show();
    if (!this.restored) this.typing.restore();
    this.restored = true;
    this.tellAsked();
  }

  tellAsked() {
    const { q } = this.asked, [where, sort] = [whereList(this.asked), sortText(this.asked)];
    const news = { where, sort, q, total: this.rows.total, chips: this.filters.chips() };
    const told = JSON.stringify(news);
    if (told !== this.told) this.emit("filters", news);
    this.told = told;
  }

  // ---- columns and views

  arranged() {
    this.columnsPanel.show();
    this.viewMenu.show();
  }

  // ---- the question

  asks() {
    return asText(this.asked);
  }

  ask() {
    this.question += 1;
    const address = location.pathname + this.viewMenu.address(location.search, this.asked) + location.hash;
    history.replaceState(history.state, "", address);
    return this.question;
  }

  sorted() {
    const state = this.api.getColumnState().filter((column) => column.sort);
    state.sort((one, other) => one.sortIndex - other.sortIndex);
    this.asked.sort = state.map(({ colId, sort }) => ({ field: colId, down: sort === "desc" }));
    this.ask();
  }
}
