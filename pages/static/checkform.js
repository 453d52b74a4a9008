// A check on the way: one group at a time, a tap an item. What is kept and sent is checkdraft.js's.

import { fill } from "./cells.js";
import { CheckDraft } from "./checkdraft.js";
import { CheckItem } from "./checkitem.js";
import { button, make } from "./dom.js";

const time = (at) => new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

export class CheckForm {
  constructor(host, props) {
    Object.assign(this, { host, words: props.words });
    this.place = `zongfen:group:${props.told.row}`;
    this.band = make("div", "band");
    this.band.setAttribute("role", "status");
    this.sums = make("div", "sums");
    this.group = make("div", "grp");
    this.list = make("div", "items");
    this.foot = make("div", "foot");
    host.append(this.band, this.sums, this.group, this.list, this.foot);
    this.buildSums();
    this.buildFoot();
    this.draft = new CheckDraft(props, () => this.paint());
    this.at = Math.min(Number(sessionStorage.getItem(this.place)) || 0, this.groups.length - 1);
    this.show(this.at);
  }

  destroy() {
    this.draft.destroy();
  }

  say(word, values) {
    return fill(this.words[word], values);
  }

  news(told) {
    const before = JSON.stringify(this.draft.told.groups);
    this.draft.news(told);
    if (JSON.stringify(this.draft.told.groups) !== before) this.show(Math.min(this.at, this.groups.length - 1));
  }

  // ---- counting

  get groups() {
    return this.draft.told.groups;
  }

  get every() {
    return this.groups.flatMap((group) => group.items);
  }

  value(item) {
    return this.draft.value(item.code);
  }

  isBlank(item) {
    return (this.value(item) ?? "") === "";
  }

  // A text may stay blank: it is a remark and no answer.
  blanks(items) {
    return items.filter((item) => item.kind !== "text" && this.isBlank(item));
  }

  isBad(item) {
    const value = this.value(item);
    if (this.isBlank(item) || value === "na") return false;
    if (item.choices.length) return item.choices.find((one) => one.value === value)?.tone === "bad";
    return item.least !== null && Number(value) < item.least;
  }

  isUnsaid(item) {
    return this.isBad(item) && this.draft.told.mending && !this.draft.mend(item.code).problem;
  }

  // ---- building

  buildSums() {
    this.sum = make("b", "sum");
    this.bad = make("b", "err");
    this.left = make("span", "mut");
    this.saved = make("span", "saved");
    this.saved.setAttribute("role", "status");
    const line = make("div", "nums"), bar = make("div", "bar"), right = make("span", "right");
    this.bar = make("i");
    right.append(this.left, this.saved);
    line.append(this.sum, make("span", "", this.words.done), this.bad, right);
    bar.append(this.bar);
    this.sums.append(line, bar);
  }

  buildFoot() {
    this.prev = button(this.words.before, () => this.turn(-1), "btn");
    this.next = button("", () => this.forward(), "btn pri");
    this.hint = button("", () => this.goTo(this.every.find((item) => this.isUnsaid(item))), "btn txt hint");
    this.foot.append(this.hint, this.prev, this.next);
  }

  // A group, from its top.
  show(at) {
    this.at = at;
    sessionStorage.setItem(this.place, at);
    const group = this.groups[at];
    this.title = make("h3", "", group.name);
    this.title.tabIndex = -1;
    this.count = make("span", "mut");
    this.filler = button("", () => this.fillRest(), "btn txt");
    this.group.replaceChildren(this.title, this.count, this.filler);
    this.group.setAttribute("aria-label", this.say("part", { n: at + 1, all: this.groups.length }));
    this.filled = null;
    this.items = group.items.map((item) => new CheckItem(this, item));
    this.list.replaceChildren(...this.items.map((one) => one.gui));
    this.paint();
  }

  turn(by) {
    const to = this.at + by;
    if (to < 0 || to >= this.groups.length) return;
    this.show(to);
    this.host.scrollIntoView();
    this.title.focus({ preventScroll: true });
  }

  // ---- filling in

  set(item, value) {
    this.filled = null;
    this.draft.set(item.code, value);
  }

  fillRest() {
    const { filled } = this;
    this.filled = null;
    if (filled) {
      for (const item of filled) this.draft.set(item.code, null);
      return;
    }
    const blank = this.rest();
    for (const item of blank) this.draft.set(item.code, item.choices.find((one) => one.tone === "good").value);
    this.filled = blank.length ? blank : null;
    this.paint();
  }

  rest() {
    return this.groups[this.at].items.filter((item) =>
      item.open && this.isBlank(item) && item.choices.some((one) => one.tone === "good"));
  }

  // The next group; on the last one the way to what is blank, or the step itself.
  forward() {
    if (this.at < this.groups.length - 1) return this.turn(1);
    const [blank] = this.blanks(this.every);
    if (blank) return this.goTo(blank);
    if (this.draft.told.step) this.draft.take(this.draft.told.step);
  }

  goTo(item) {
    this.show(this.groups.findIndex((group) => group.items.includes(item)));
    const there = this.items.find((one) => one.item === item);
    there.gui.scrollIntoView({ block: "center" });
    (there.gui.querySelector(".mend textarea") ?? there.gui.querySelector("button, input, textarea"))?.focus({ preventScroll: true });
  }

  // ---- showing

  paint() {
    if (!this.items) return;
    const { every, draft, words } = this, blank = this.blanks(every).length, bad = every.filter((one) => this.isBad(one)).length;
    const asked = every.filter((one) => one.kind !== "text").length;
    this.sum.textContent = `${asked - blank}/${asked}`;
    this.bad.textContent = bad ? this.say("bad", { n: bad }) : "";
    this.left.textContent = blank ? this.say("left", { n: blank }) : words.all;
    this.bar.style.width = `${asked ? (100 * (asked - blank)) / asked : 100}%`;
    this.paintGroup();
    this.paintState();
    this.paintFoot(blank);
    for (const one of this.items) one.paint();
  }

  paintGroup() {
    const { items } = this.groups[this.at], asked = items.filter((one) => one.kind !== "text");
    this.count.textContent = `${asked.length - this.blanks(items).length}/${asked.length}`;
    this.filler.textContent = this.filled ? this.say("unfill", { n: this.filled.length }) : this.words.fill;
    this.filler.hidden = !this.filled && !this.rest().length;
  }

  paintState() {
    const { draft, words } = this;
    const kept = draft.waiting && draft.kept.at ? this.say("offlineKept", { time: time(draft.kept.at) }) : words.offlineIdle;
    this.band.hidden = !draft.offline;
    this.band.replaceChildren(...(draft.offline ? [make("b", "", words.offline), make("span", "", kept)] : []));
    this.saved.className = draft.fault ? "saved err" : "saved ok";
    if (draft.offline) this.saved.textContent = "";
    else if (draft.fault) this.saved.textContent = this.say("refused", { why: draft.fault });
    else if (draft.busy) this.saved.textContent = words.saving;
    else this.saved.textContent = draft.savedAt && !draft.unsent.length ? this.say("saved", { time: time(draft.savedAt) }) : "";
  }

  paintFoot(blank) {
    const { draft, words, next } = this, { step } = draft.told, last = this.at === this.groups.length - 1;
    const unsaid = this.every.filter((item) => this.isUnsaid(item)).length;
    this.prev.disabled = this.at === 0;
    next.disabled = last && (!step || draft.kept.step !== null) && !(blank && step);
    if (!last) next.textContent = this.say("next", { name: this.groups[this.at + 1].name });
    else if (!step) next.textContent = words.last;
    else if (blank) next.textContent = this.say("toBlank", { n: blank });
    else if (draft.kept.step && draft.offline) next.textContent = this.say("stepWaits", { step: words.steps[step] ?? step });
    else next.textContent = words.steps[step] ?? step;
    this.hint.hidden = !(last && step && unsaid);
    this.hint.textContent = last && step && unsaid ? this.say("unsaid", { n: unsaid }) : "";
  }
}
