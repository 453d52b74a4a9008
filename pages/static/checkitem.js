// One thing to look at: its words, what it is answered with, and, where it is not in order, how that is put right.

import { button, field, make } from "./dom.js";

const SIGNS = { good: "✓ ", bad: "✗ ", na: "✓ " };
const DAYS = 7; // until what is wrong is to be put right, unless told otherwise

// A day so many days from now, by this device's calendar: 2026-12-04.
function dayFromNow(days) {
  const day = new Date();
  day.setDate(day.getDate() + days);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

export class CheckItem {
  constructor(form, item) {
    Object.assign(this, { form, item, words: form.words, draft: form.draft });
    this.gui = make("section", "it");
    const line = make("div", "lb"), label = make("span", "grow", item.label);
    label.id = `of-item-${item.code}`;
    line.append(label, make("span", "basis", item.basis));
    this.say = make("div", "say");
    this.say.setAttribute("role", "status");
    this.mend = make("div", "mend");
    this.gui.dataset.code = item.code;
    this.gui.append(line, item.choices.length ? this.buildChoices(label.id) : this.buildField(label.id), this.say, this.mend);
  }

  // ---- what it is answered with

  buildChoices(label) {
    const box = make("div", "ops");
    box.setAttribute("role", "group");
    box.setAttribute("aria-labelledby", label);
    this.buttons = this.item.choices.map((choice) => this.choice(choice));
    box.append(...this.buttons.map(({ made }) => made));
    return box;
  }

  // A second tap on what is chosen takes the answer back.
  choice(choice) {
    const made = button(choice.label, () => this.form.set(this.item, this.value === choice.value ? null : choice.value), "op");
    made.disabled = !this.item.open;
    return { choice, made };
  }

  buildField(label) {
    const { item } = this, box = make("div", "num");
    this.field = item.kind === "text" ? Object.assign(make("textarea", "inp"), { rows: 2 }) : field("inp");
    this.field.disabled = !item.open;
    this.field.setAttribute("aria-labelledby", label);
    this.field.addEventListener("input", (event) => !event.isComposing && this.typed());
    this.field.addEventListener("compositionend", () => this.typed());
    box.append(this.field);
    if (item.kind !== "number") return box;
    this.field.inputMode = "decimal";
    this.buttons = [this.choice({ value: "na", label: this.words.na, tone: "na" })];
    box.append(make("span", "u", item.unit), this.buttons[0].made);
    if (item.least !== null) box.append(make("span", "least", this.form.say("least", { n: item.least })));
    return box;
  }

  typed() {
    const text = this.field.value.trim(), number = Number(text);
    const plain = this.item.kind === "number" && text !== "" && !Number.isNaN(number);
    this.form.set(this.item, text === "" ? null : plain ? number : text);
  }

  get value() {
    return this.draft.value(this.item.code);
  }

  // ---- how it is put right

  buildMend() {
    const { words, item } = this;
    this.facts = {
      problem: Object.assign(make("textarea", "inp"), { rows: 2 }),
      due_on: Object.assign(make("input", "inp"), { type: "date" }),
      responsible: field("inp"),
    };
    const parts = Object.entries(this.facts).map(([name, control]) => {
      const box = make("label", name);
      control.addEventListener("input", (event) => !event.isComposing && this.told(name));
      control.addEventListener("compositionend", () => this.told(name));
      control.name = `${name}-${item.code}`;
      box.append(make("span", "", words.facts[name]), control);
      return box;
    });
    this.state = make("p", "state");
    this.state.setAttribute("role", "status");
    this.mend.replaceChildren(...parts, this.state);
  }

  // All three are kept together: what stands there by default counts once the problem is written.
  told(name) {
    const { draft, item, facts } = this, there = draft.told.mends[item.code];
    const all = Object.fromEntries(Object.entries(facts).map(([one, control]) => [one, control.value]));
    const typed = there ? { [name]: all[name] } : all;
    draft.setMend(item.code, there?.status === "void" ? { ...typed, status: "open" } : typed);
  }

  // ---- showing

  paint() {
    const { draft, item, form } = this, bad = form.isBad(item), mine = draft.kept.cells[item.code];
    this.gui.classList.toggle("bad", bad);
    for (const { choice, made } of this.buttons ?? []) {
      const chosen = choice.value === this.value;
      made.className = chosen ? `op ${choice.tone}` : "op";
      made.textContent = (chosen ? SIGNS[choice.tone] : "") + choice.label;
      made.setAttribute("aria-pressed", chosen);
    }
    if (this.field && this.field !== document.activeElement) {
      this.field.value = this.value === "na" ? "" : (this.value ?? "");
    }
    this.paintSaid(mine);
    this.paintMend(bad);
  }

  label(value) {
    return this.item.choices.find((one) => one.value === value)?.label ?? (value === null ? this.words.blank : String(value));
  }

  paintSaid(mine) {
    const { conflict, problem } = mine ?? {}, state = JSON.stringify([conflict, problem, mine?.after]);
    if (state === this.saidOf) return;
    this.saidOf = state;
    if (!conflict) {
      this.say.className = "say err";
      this.say.textContent = problem ?? "";
      return;
    }
    const { words } = this, told = { who: conflict.by || words.other, value: this.label(conflict.value ?? null), mine: this.label(mine.after) };
    this.say.className = "say conf";
    this.say.replaceChildren(
      make("span", "", this.form.say("conflict", told)),
      button(words.theirs, () => this.draft.settle(this.item.code, false), "btn"),
      button(words.mine, () => this.draft.settle(this.item.code, true), "btn"),
    );
  }

  paintMend(bad) {
    const { draft, item, words, form } = this, there = draft.told.mends[item.code], facts = draft.mend(item.code);
    const alive = there && !["closed", "void"].includes(there.status);
    const way = bad ? (draft.told.mending ? "form" : there ? "read" : "others") : alive ? "left" : "";
    if (way !== this.way) {
      this.way = way;
      this.mend.replaceChildren();
      this.mend.className = `mend ${way}`;
      if (way === "form") this.buildMend();
    }
    const status = words.statuses[there?.status] ?? "";
    if (way === "form") this.paintFacts(facts, there, status);
    else if (way === "others") this.mend.textContent = words.mendOthers;
    else if (way === "read") this.mend.textContent = `${there.problem} · ${words.facts.due_on} ${there.due_on ?? ""} · ${there.responsible ?? ""} · ${status}`;
    else if (way === "left") this.paintLeft(form.say("mendLeft", { status }));
  }

  paintFacts(facts, there, status) {
    const given = { due_on: dayFromNow(DAYS), responsible: this.draft.responsible, ...facts };
    for (const [name, control] of Object.entries(this.facts)) {
      if (control !== document.activeElement) control.value = given[name] ?? "";
    }
    const { draft, item, words } = this, kept = there && there.status !== "void" && !draft.kept.mends[item.code];
    const begun = draft.kept.mends[item.code] ?? there;
    const missing = begun ? draft.missing(item.code).map((name) => words.facts[name]).join(words.and) : "";
    this.state.className = kept ? "state ok" : "state mut";
    if (kept) this.state.textContent = this.form.say("mendKept", { status });
    else this.state.textContent = missing ? this.form.say("mendMissing", { what: missing }) : begun ? words.saving : words.mendNew;
  }

  paintLeft(text) {
    if (this.mend.firstChild?.textContent === text) return;
    const parts = [make("span", "grow", text)];
    if (this.draft.told.mending) parts.push(button(this.words.mendVoid, () => this.draft.setMend(this.item.code, { status: "void" }), "btn"));
    this.mend.replaceChildren(...parts);
  }
}
