// The columns as this person has arranged them: which are shown, in what order, frozen, how wide. Kept on the server.

import { NUMBER } from "./columns.js";

const WAIT = 500; // ms after the last change, before it is kept

export class Layout {
  constructor(sheet, { columns, view, own }) {
    Object.assign(this, { sheet, kept: columns ?? [], view, own });
    this.list = []; // [{name, width or null, hidden, frozen}], the frozen ones first
    this.page = () => document.visibilityState === "hidden" && this.flush();
    document.addEventListener("visibilitychange", this.page);
  }

  destroy() {
    this.flush();
    document.removeEventListener("visibilitychange", this.page);
  }

  // From what was kept and the fields there are now: those that are gone are left out, new ones stand after the field
  // that they were declared after.
  begin(columns) {
    const kept = new Map(this.kept.map((one) => [one.name, one])), names = [...columns.keys()];
    const order = this.kept.map((one) => one.name).filter((name) => columns.has(name));
    names.forEach((name, index) => {
      if (!kept.has(name)) order.splice(order.indexOf(names[index - 1]) + 1, 0, name);
    });
    this.list = order.map((name) => {
      const { width = null, hidden = false, frozen = columns.get(name).frozen } = kept.get(name) ?? {};
      return { name, width, hidden, frozen };
    });
    if (this.list.every((one) => one.hidden)) for (const one of this.list) one.hidden = false;
    this.sort();
  }

  sort() {
    this.list.sort((one, other) => Number(other.frozen) - Number(one.frozen));
  }

  get(name) {
    return this.list.find((one) => one.name === name);
  }

  get shown() {
    return this.list.filter((one) => !one.hidden);
  }

  // ---- a person changes something

  // One column gets other facts: {hidden, frozen, width}. The last one stays.
  change(name, facts) {
    if (facts.hidden && this.shown.length === 1) return false;
    Object.assign(this.get(name), facts);
    this.sort();
    this.apply();
    return true;
  }

  // To another place in the list, among those that are frozen or among those that are not.
  move(name, to) {
    const from = this.list.findIndex((one) => one.name === name), [moved] = this.list.splice(from, 1);
    this.list.splice(Math.max(0, Math.min(this.list.length, to)), 0, moved);
    this.sort();
    this.apply();
  }

  step(name, by) {
    this.move(name, this.list.findIndex((one) => one.name === name) + by);
  }

  show(name) {
    if (this.get(name)?.hidden) this.change(name, { hidden: false });
  }

  apply() {
    const facts = this.list.map((one) => ({
      colId: one.name, hide: one.hidden, pinned: one.frozen ? "left" : null, ...(one.width && { width: one.width }),
    }));
    this.applying = true;
    this.sheet.api.applyColumnState({ state: [{ colId: NUMBER }, ...facts], applyOrder: true });
    this.applying = false;
    this.keep();
  }

  // The mouse has moved, frozen or widened a column in the grid itself.
  took(event) {
    if (this.applying || !event.finished || !event.source?.startsWith("ui")) return;
    const state = this.sheet.api.getColumnState().filter(({ colId }) => colId !== NUMBER);
    const places = new Map(state.map((one, place) => [one.colId, place]));
    this.list.sort((one, other) => places.get(one.name) - places.get(other.name));
    for (const { colId, pinned, width } of state) {
      this.get(colId).frozen = pinned === "left";
      if (event.type === "columnResized" && event.columns?.some((column) => column.getColId() === colId)) {
        this.get(colId).width = Math.round(width);
      }
    }
    this.sort();
    this.keep();
  }

  // ---- keeping

  keep() {
    this.own = true;
    this.sheet.arranged();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), WAIT);
  }

  async flush() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = 0;
    try {
      await this.sheet.server.keepLayout(this.view, this.list);
    } catch (fault) {
      this.sheet.failed(fault, () => this.keep());
    }
  }

  // As it was before this person arranged it. What is typed and not saved is kept through the reload.
  async reset() {
    clearTimeout(this.timer);
    this.timer = 0;
    try {
      await this.sheet.server.keepLayout(this.view, null);
      location.reload();
    } catch (fault) {
      this.sheet.failed(fault, () => this.reset());
    }
  }
}
