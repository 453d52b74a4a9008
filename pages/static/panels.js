// What drops down from a button of the page bar, and the panel of the columns.

import { button, make } from "./dom.js";

const GAP = 4;

// A button with a panel under it. `fill(panel)` builds what is in it, each time it opens.
export class Panel {
  constructor(title, fill) {
    this.fill = fill;
    this.button = button("", () => this.toggle(), "btn txt small");
    this.button.setAttribute("aria-haspopup", "dialog");
    this.button.setAttribute("aria-expanded", "false");
    this.gui = make("div", "zf-drop");
    this.gui.setAttribute("role", "dialog");
    this.gui.setAttribute("aria-label", title);
    this.gui.addEventListener("keydown", (event) => this.key(event));
    this.outside = ({ target }) => {
      if (!this.gui.contains(target) && !this.button.contains(target) && !target.closest?.("dialog")) this.close(false);
    };
  }

  get open() {
    return this.gui.isConnected;
  }

  toggle() {
    if (this.open) this.close();
    else this.show();
  }

  show() {
    this.gui.replaceChildren();
    this.fill(this.gui);
    document.body.append(this.gui);
    const at = this.button.getBoundingClientRect();
    this.gui.style.left = `${Math.max(GAP, Math.min(at.left, window.innerWidth - this.gui.offsetWidth - GAP))}px`;
    this.gui.style.top = `${at.bottom + GAP}px`;
    this.gui.style.maxHeight = `${window.innerHeight - at.bottom - 3 * GAP}px`;
    this.button.setAttribute("aria-expanded", "true");
    this.gui.querySelector("input, a, button")?.focus();
    document.addEventListener("pointerdown", this.outside, true);
  }

  close(refocus = true) {
    document.removeEventListener("pointerdown", this.outside, true);
    this.gui.remove();
    this.button.setAttribute("aria-expanded", "false");
    if (refocus) this.button.focus();
  }

  key(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  destroy() {
    document.removeEventListener("pointerdown", this.outside, true);
    this.gui.remove();
    this.button.remove();
  }
}

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

// The columns: a line each, with what can be done to it. The arrows go from line to line, with Alt they take it along.
export class ColumnsPanel {
  constructor(sheet) {
    this.sheet = sheet;
    this.panel = new Panel(sheet.words.columnsTitle, (gui) => this.fill(gui));
    this.panel.gui.classList.add("cols");
  }

  get layout() {
    return this.sheet.layout;
  }

  show() {
    const all = this.layout.list.length;
    this.panel.button.textContent = this.sheet.say("columns", { shown: this.layout.shown.length, all });
  }

  fill(gui) {
    this.list = make("ul");
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("dragover", (event) => this.over(event));
    this.list.replaceChildren(...this.layout.list.map((one) => this.line(one)));
    const foot = make("div", "foot");
    foot.append(make("span", "mut", this.sheet.words.columnsHint), button(this.sheet.words.columnsReset, () => this.layout.reset(), "btn small"));
    gui.append(this.list, foot);
  }

  line(one) {
    const { label } = this.sheet.columns.get(one.name), line = make("li");
    Object.assign(line, { draggable: true });
    line.dataset.name = one.name;
    line.append(this.tick(one, label), this.freeze(one, label), this.width(one, label));
    for (const [sign, word, by] of [["↑", "upOf", -1], ["↓", "downOf", 1]]) {
      const made = button(sign, () => this.step(one.name, by), "btn txt small step");
      made.setAttribute("aria-label", this.sheet.say(word, { label }));
      line.append(made);
    }
    line.addEventListener("dragstart", (event) => { this.dragged = one.name; event.dataTransfer.effectAllowed = "move"; });
    line.addEventListener("dragend", () => this.dropped());
    return line;
  }

  tick(one, label) {
    const told = make("label"), box = Object.assign(make("input"), { type: "checkbox", checked: !one.hidden });
    box.addEventListener("change", () => {
      if (this.layout.change(one.name, { hidden: !box.checked })) return;
      box.checked = true;
      this.sheet.notices.tell(this.sheet.words.lastColumn);
    });
    told.append(box, make("span", "", label));
    return told;
  }

  freeze(one, label) {
    const made = button(this.sheet.words.freeze, () => {
      this.layout.change(one.name, { frozen: !this.layout.get(one.name).frozen });
      this.rearrange(one.name, "freeze");
    }, "btn txt small freeze");
    made.setAttribute("aria-label", this.sheet.say("freezeOf", { label }));
    made.setAttribute("aria-pressed", String(one.frozen));
    return made;
  }

  width(one, label) {
    const made = Object.assign(make("input", "width"), { type: "text", inputMode: "numeric", autocomplete: "off" });
    made.value = Math.round(this.sheet.api.getColumn(one.name).getActualWidth());
    made.setAttribute("aria-label", this.sheet.say("widthOf", { label }));
    made.addEventListener("change", () => {
      const width = Math.max(40, Math.min(800, Number.parseInt(made.value, 10) || 0));
      made.value = width;
      this.layout.change(one.name, { width });
    });
    return made;
  }

  // ---- moving

  key(event) {
    const by = STEPS[event.key], line = event.target.closest("li");
    if (!by || !line) return;
    event.preventDefault();
    if (event.altKey) this.step(line.dataset.name, by, event.target);
    else this.part(line[by > 0 ? "nextElementSibling" : "previousElementSibling"], event.target)?.focus();
  }

  // The control of another line that does what this one does.
  part(line, control) {
    const own = control.closest("li");
    return line?.querySelectorAll("input, button")[[...own.querySelectorAll("input, button")].indexOf(control)];
  }

  step(name, by, control = document.activeElement) {
    const place = [...control.closest("li").querySelectorAll("input, button")].indexOf(control);
    this.layout.step(name, by);
    this.rearrange();
    this.lineOf(name).querySelectorAll("input, button")[place].focus();
  }

  lineOf(name) {
    return this.list.querySelector(`[data-name="${CSS.escape(name)}"]`);
  }

  // The lines as the columns stand now; the focus stays where it is.
  rearrange(name, part) {
    this.list.replaceChildren(...this.layout.list.map((one) => this.line(one)));
    if (part) this.lineOf(name).querySelector(`.${part}`).focus();
  }

  over(event) {
    const line = event.target.closest("li"), moved = this.dragged && this.lineOf(this.dragged);
    if (!line || !moved) return;
    event.preventDefault();
    if (line === moved) return;
    const at = line.getBoundingClientRect(), below = event.clientY > at.top + at.height / 2;
    line[below ? "after" : "before"](moved);
  }

  dropped() {
    const place = [...this.list.children].findIndex((line) => line.dataset.name === this.dragged);
    if (this.dragged) this.layout.move(this.dragged, place);
    this.dragged = null;
    this.rearrange();
  }
}
