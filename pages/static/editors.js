// The editors, one a kind of field. Each gives what was typed as text, or the value that was picked.

import { names } from "./api.js";
import { listItems } from "./cells.js";
import { field, make } from "./dom.js";
import { ListBox } from "./lists.js";

const ROOM = 240; // px for words
const WAIT = 150; // ms after the last key, before the server is asked for names

const blank = (text) => text.trim() === "";

function has({ label, hint = "", value }, text) {
  return `${label} ${hint} ${value}`.toLowerCase().includes(text.trim().toLowerCase());
}

// What an edit ends with. AG Grid may show it for a moment, as text.
class Typed {
  constructor(after, text, label) {
    Object.assign(this, { after, text, label });
  }

  toString() {
    return this.text;
  }
}

class TextEditor {
  init(params) {
    const { sheet, told, data, eventKey } = params;
    Object.assign(this, { params, sheet, told });
    this.initial = sheet.cells.full(data, told);
    sheet.opened(data, told);
    // Begun by a key, or by an input method whose first key comes right after: what stood there is replaced.
    this.typed = sheet.composing || (eventKey?.length === 1 && !(this.keepsArrows && eventKey === " "));
    this.input = this.field();
    this.input.className = "zf-editor";
    this.input.setAttribute("aria-label", told.label);
    this.input.value = this.typed ? (sheet.composing ? "" : eventKey) : this.initial;
    this.input.addEventListener("keydown", (event) => this.key(event));
    sheet.typing.begin(data, told, this.input);
  }

  field() {
    return field();
  }

  getGui() {
    return this.input;
  }

  afterGuiAttached() {
    this.widen();
    this.input.focus({ preventScroll: true });
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
  }

  // Words get more room than a narrow column has, as far as there is any beside it.
  widen() {
    if (!["text", "ref"].includes(this.told.field.kind) || this.params.column.isPinned()) return;
    const view = this.sheet.root.querySelector(".ag-center-cols-viewport").getBoundingClientRect();
    this.input.style.minWidth = `${Math.min(ROOM, view.right - this.input.getBoundingClientRect().left)}px`;
  }

  key(event) {
    this.sheet.keys.inEditor(event, this);
  }

  getValue() {
    return new Typed(blank(this.input.value) ? null : this.input.value, this.input.value);
  }

  isCancelAfterEnd() {
    return this.input.value === this.initial;
  }
}

// Several lines: over the grid, growing with its text. Alt+Enter breaks the line.
class LinesEditor extends TextEditor {
  field() {
    const area = Object.assign(make("textarea"), { rows: 3, spellcheck: false });
    const column = this.params.column.getActualWidth();
    area.style.width = `${Math.max(column, 320)}px`;
    area.addEventListener("input", () => this.grow());
    return area;
  }

  isPopup() {
    return true;
  }

  getPopupPosition() {
    return "over";
  }

  afterGuiAttached() {
    super.afterGuiAttached();
    this.input.classList.add("lines");
    this.grow();
  }

  widen() {}

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 240)}px`;
  }

  key(event) {
    if (event.key === "Enter" && event.altKey && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      this.input.setRangeText("\n", this.input.selectionStart, this.input.selectionEnd, "end");
      this.grow();
    } else super.key(event);
  }
}

// One of a list, found as one types.
class ListEditor extends TextEditor {
  // The arrows move in the list; Space opens it.
  get keepsArrows() {
    return true;
  }

  init(params) {
    super.init(params);
    this.picked = null;
    this.list = new ListBox(this.input, this.listOptions());
    this.input.addEventListener("input", (event) => this.typing(event));
    this.input.addEventListener("compositionend", () => this.filter());
  }

  listOptions() {
    const chosen = (value) => value === this.value();
    return { empty: this.sheet.words.noOption, pick: (item) => this.take(item), chosen };
  }

  value() {
    return this.sheet.cells.edited(this.params.data, this.told);
  }

  afterGuiAttached() {
    super.afterGuiAttached();
    if (!this.typed) this.input.select();
    this.list.show();
    this.filter();
  }

  typing(event) {
    this.picked = null;
    if (!event.isComposing) this.filter();
  }

  filter() {
    const text = this.input.value === this.initial ? "" : this.input.value;
    this.offer(listItems(this.told.field, this.sheet.words).filter((item) => has(item, text)), text);
  }

  offer(items, text) {
    const now = items.findIndex((item) => item.value === this.value());
    this.list.set(items, blank(text) ? now : 0);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      this.list.move(step);
      this.picked = this.list.current() ?? null;
    } else super.key(event);
  }

  take(item) {
    this.picked = item;
    this.sheet.keys.leave();
  }

  // What was picked, else the option that the text leads to, else the text as it is: the server says what is wrong.
  getValue() {
    const text = this.input.value, item = this.picked ?? (blank(text) ? null : this.matching(text));
    return item ? new Typed(item.value, item.label, item.name) : super.getValue();
  }

  matching(text) {
    return this.list.items.find((item) => item.label === text.trim()) ?? this.list.current();
  }

  isCancelAfterEnd() {
    return this.picked ? this.picked.value === this.value() : super.isCancelAfterEnd();
  }

  destroy() {
    this.list.close();
  }
}

// Another record, by its key or name.
class RefEditor extends ListEditor {
  async filter() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.asked === undefined ? 0 : WAIT);
  }

  async look() {
    const text = this.input.value === this.initial ? "" : this.input.value.trim();
    this.asked = text;
    try {
      const found = await names(this.told.field.ref, text);
      if (this.asked !== text || !this.list.open) return;
      this.offer(found.map(({ key, name }) => ({ value: key, label: name || key, hint: name ? key : "", name })), text);
    } catch {
      this.list.set([]); // Out of reach: the text itself will do, the server finds the record by it.
    }
  }

  // Names that came for an older text lead nowhere.
  matching(text) {
    return this.asked === text.trim() ? super.matching(text) : null;
  }

  destroy() {
    clearTimeout(this.timer);
    super.destroy();
  }
}

// Several of a list: Space ticks, Enter takes.
class TicksEditor extends ListEditor {
  init(params) {
    const value = params.sheet.cells.edited(params.data, params.told);
    this.ticked = new Set(Array.isArray(value) ? value : []);
    super.init(params);
    if (!this.typed) this.input.value = "";
    this.first = [...this.ticked].join(",");
  }

  listOptions() {
    return { several: true, pick: (item) => this.tick(item), chosen: (value) => this.ticked.has(value) };
  }

  filter() {
    const items = listItems(this.told.field, this.sheet.words).filter((item) => has(item, this.input.value));
    this.list.set(items, Math.min(Math.max(this.list.place, 0), items.length - 1));
  }

  tick(item) {
    if (!this.ticked.delete(item.value)) this.ticked.add(item.value);
    this.input.value = "";
    this.filter();
  }

  key(event) {
    if (event.key === " " && !event.isComposing && this.list.current()) {
      event.preventDefault();
      event.stopPropagation();
      this.tick(this.list.current());
    } else super.key(event);
  }

  getValue() {
    const order = listItems(this.told.field, this.sheet.words).map((item) => item.value);
    return new Typed(this.ticked.size ? order.filter((code) => this.ticked.has(code)) : null, "");
  }

  isCancelAfterEnd() {
    return [...this.ticked].join(",") === this.first;
  }
}

export function editorOf({ kind, choices, lines }) {
  if (kind === "multi") return choices?.length ? TicksEditor : TextEditor;
  if (kind === "ref") return RefEditor;
  if (kind === "bool" || kind === "choice") return ListEditor;
  return lines ? LinesEditor : TextEditor;
}
