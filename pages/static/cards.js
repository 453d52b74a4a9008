// A phone has no grid: the rows as a list, a tap opens the form. What is asked is the same, and stands in the address.

import { button, field, make } from "./dom.js";
import { NewForm } from "./newform.js";

const FACTS = 3; // fields told of a row beside its key and name
const LABEL = 10; // signs of a label that is worth telling: an indicator's is a sentence
const WAIT = 300; // ms after the last key
const AHEAD = "400px"; // so far below the screen the next rows are asked for

export class Cards {
  constructor(sheet) {
    this.sheet = sheet;
    this.gui = make("div", "zf-cards");
    this.list = make("ul");
    this.find = field("in");
    this.find.type = "search";
    this.find.placeholder = sheet.words.cardsFind;
    this.find.setAttribute("aria-label", sheet.words.cardsFind);
    this.find.value = sheet.asked.q;
    this.find.addEventListener("input", (event) => !event.isComposing && this.later());
    this.find.addEventListener("compositionend", () => this.later());
    this.more = button("", () => this.next(), "btn");
    this.gui.append(this.find, this.list, this.more);
    this.seen = new IntersectionObserver(([mark]) => mark.isIntersecting && this.next(), { root: this.gui, rootMargin: AHEAD });
    this.seen.observe(this.more);
    this.rows = [];
    const told = (column) => column.field.key || column.title;
    const every = [...sheet.columns.values()], shown = new Set(sheet.layout.shown.map((one) => one.name));
    this.keys = every.filter((column) => column.field.key && !column.title);
    this.title = every.find((column) => column.title);
    this.status = every.find((column) => column.name === "status");
    const short = (column) => column.field.kind !== "bool" && column.label.length <= LABEL;
    this.facts = every.filter((column) => !told(column) && column !== this.status && shown.has(column.name) && short(column));
  }

  destroy() {
    clearTimeout(this.timer);
    this.seen.disconnect();
    this.gui.remove();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.sheet.asked.q = this.find.value.trim();
      this.sheet.ask();
      this.load();
    }, WAIT);
  }

  // From the top; as many as were there.
  async load(ahead) {
    const { sheet } = this, question = sheet.question, count = Math.max(this.rows.length, sheet.rows.block);
    try {
      const page = await (ahead ?? sheet.rows.fetch(0, Math.min(1000, count)));
      if (question !== sheet.question) return;
      this.rows = page.rows;
      this.took(page.total);
    } catch (fault) {
      sheet.failed(fault, () => this.load());
    }
  }

  async next() {
    if (this.asking || !this.sheet.rows.loaded || this.rows.length >= this.sheet.rows.total) return;
    const { question } = this.sheet;
    this.asking = true;
    try {
      const page = await this.sheet.rows.fetch(this.rows.length);
      if (question !== this.sheet.question) return;
      const first = this.rows.length, byHand = document.activeElement === this.more;
      this.rows.push(...page.rows);
      this.took(page.total);
      if (byHand) this.list.children[first]?.querySelector("button").focus();
    } catch (fault) {
      this.sheet.failed(fault, () => this.next());
    } finally {
      this.asking = false;
    }
  }

  took(total) {
    Object.assign(this.sheet.rows, { total, loaded: true });
    if (document.activeElement !== this.find) this.find.value = this.sheet.asked.q;
    this.list.replaceChildren(...this.rows.map((row) => this.card(row)));
    const left = Math.min(this.sheet.rows.block, total - this.rows.length);
    this.more.hidden = left <= 0;
    this.more.textContent = this.sheet.say("cardsMore", { n: left });
    this.sheet.notices.showEmpty();
    this.sheet.bars.showStatus();
    this.sheet.tellAsked();
  }

  card(row) {
    const { cells } = this.sheet, line = make("li"), made = button("", () => this.sheet.open(row.id), "card");
    const key = this.keys.map((column) => cells.text(row, column)).filter(Boolean).join(" · ");
    const title = this.title ? cells.text(row, this.title) : key;
    made.append(make("b", "", title || key), make("span", "mut", title ? key : ""));
    const told = this.facts.map((column) => [column, cells.text(row, column)]).filter(([, text]) => text).slice(0, FACTS);
    const states = Object.values(row.about.marks ?? {}).map((mark) => mark.state);
    const marks = [["inv", "!"], ["cnf", "≠"], ["sh", this.sheet.words.markSheet]].filter(([state]) => states.includes(state));
    if (row.about.locked) marks.push(["lk", this.sheet.words.markLock]);
    for (const [state, sign] of marks) made.append(make("i", `mk ${state}`, sign));
    const status = this.status && cells.text(row, this.status);
    if (status) made.append(make("span", "chip", status));
    made.append(make("span", "facts", told.map(([column, text]) => `${column.label} ${text}`).join(this.sheet.words.and)));
    line.append(made);
    return line;
  }

  // ---- a new row, as a form in place of the list

  add() {
    if (this.form) return;
    this.form = new NewForm(this.sheet, () => this.added());
    this.list.before(this.form.gui);
    this.form.gui.scrollIntoView();
    this.form.first.focus();
  }

  added() {
    this.form.gui.remove();
    this.form = null;
    this.load();
  }
}
