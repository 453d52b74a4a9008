// Who else is here, and in which cell; and that this page's person is. Thirty seconds without a sign, and one is gone.

const SETTLE = 300; // ms on a cell before others hear of it
const AGAIN = 10_000; // ms after which whoever is still at it says so anew
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel"];

export class Others {
  constructor(sheet) {
    this.sheet = sheet;
    this.people = []; // [{name, row, field, until}]
    this.told = 0;
    this.stop = new AbortController();
    const options = { capture: true, passive: true, signal: this.stop.signal };
    for (const name of SIGNS) sheet.root.addEventListener(name, () => this.alive(), options);
    this.bar = document.querySelector(".zf-who") ?? document.createElement("span");
  }

  destroy() {
    this.stop.abort();
    clearTimeout(this.settling);
    clearTimeout(this.timer);
  }

  // ---- where this person is

  moved() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.tell(), SETTLE);
  }

  alive() {
    if (Date.now() - this.told > AGAIN) this.moved();
  }

  tell() {
    const active = this.sheet.places.active();
    if (!active || active.row.draft) return;
    this.told = Date.now();
    this.sheet.settled(active.row, this.sheet.columns.get(active.name) ?? null);
  }

  // ---- where the others are

  // people: [{name, row, field, left}], `left` in seconds.
  set(people) {
    const now = Date.now();
    this.people = people.map(({ left, ...one }) => ({ ...one, until: now + left * 1000 }));
    this.show();
  }

  show() {
    clearTimeout(this.timer);
    const now = Date.now();
    this.people = this.people.filter((one) => one.until > now);
    const next = Math.min(...this.people.map((one) => one.until));
    if (this.people.length) this.timer = setTimeout(() => this.show(), next - now + 50);
    this.name();
    this.paint();
  }

  name() {
    const { sheet } = this, names = [...new Set(this.people.map((one) => one.name))];
    this.bar.textContent = names.length ? sheet.say("also", { who: names.join(sheet.words.and) }) : "";
    this.bar.title = this.people.map((one) => sheet.say("alsoAt", { who: one.name, where: this.where(one) })).join("\n");
  }

  where({ row, field }) {
    const data = this.sheet.rows.nodes().get(row)?.data, label = this.sheet.columns.get(field)?.label ?? "";
    return [data ? this.sheet.cells.nameOf(data) : "", label].filter(Boolean).join(" · ");
  }

  // Put a box and the first character of the name on the cells where others are.
  paint() {
    for (const cell of this.sheet.root.querySelectorAll(".ag-cell.pr")) {
      cell.classList.remove("pr");
      delete cell.dataset.who;
      cell.removeAttribute("title");
    }
    const nodes = this.people.length ? this.sheet.rows.nodes() : new Map();
    for (const { name, row, field } of this.people) {
      const index = nodes.get(row)?.rowIndex;
      const cell = index === undefined || !field ? null : this.sheet.places.cell(index, field);
      if (!cell) continue;
      cell.classList.add("pr");
      cell.dataset.who = [...name][0];
      cell.title = name;
    }
  }
}
