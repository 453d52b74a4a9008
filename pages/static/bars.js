// The edit bar above the grid (where, what, why) and the status bar below it (how much, and what needs a person).

import { grouped, moment, plain } from "./cells.js";
import { button, make } from "./dom.js";

const WAIT = 400; // ms on a cell before its history is asked for
const MARKS = [["inv", "!"], ["cnf", "≠"], ["sh", ""]];

export class Bars {
  constructor(sheet) {
    this.sheet = sheet;
    this.edit = make("div", "zf-bar");
    this.where = make("span", "nm");
    this.what = make("span", "v");
    this.why = make("span", "why");
    this.why.setAttribute("aria-live", "polite");
    this.edit.append(this.where, this.what, this.why);
    this.status = make("div", "zf-status");
    this.left = make("span", "left");
    this.unsaved = make("span", "unsaved");
    this.unsaved.setAttribute("aria-live", "polite");
    this.retry = button(sheet.words.retryNow, () => sheet.saving.pump(), "txt");
    this.right = make("span", "right");
    this.jumps = new Map(MARKS.map(([state, sign]) => [state, this.jump(state, sign)]));
    this.status.append(this.left, this.unsaved, this.right);
  }

  jump(state, sign) {
    const made = button("", () => this.sheet.marks.next(state), `txt ${state}`);
    made.hidden = true;
    made.dataset.sign = sign || this.sheet.words.markSheet;
    this.right.append(made);
    return made;
  }

  // ---- the edit bar

  showCell() {
    clearTimeout(this.timer);
    const { sheet } = this, active = sheet.places.active(), column = active && sheet.columns.get(active.name);
    this.why.classList.remove("err", "warn");
    const refused = this.showRefusal();
    if (!column) {
      for (const part of refused ? [this.where, this.what] : [this.where, this.what, this.why]) part.textContent = "";
      return;
    }
    this.where.textContent = `${sheet.cells.nameOf(active.row)} · ${column.label}`;
    this.what.textContent = sheet.cells.full(active.row, column).replaceAll("\n", " ⏎ ");
    this.what.title = sheet.cells.full(active.row, column);
    if (refused) return;
    const trouble = this.trouble(active.row, column);
    this.why.textContent = trouble ?? this.rule(active.row, column);
    if (trouble) this.why.classList.add("err");
    else if (!active.row.draft) this.timer = setTimeout(() => this.showHistory(active, column), WAIT);
  }

  trouble(row, column) {
    const { sheet } = this, dispute = sheet.saving.disputed(row.id, column.name);
    if (dispute) return `${sheet.cells.disputeText(dispute, column)} ${sheet.words.panelKey}`;
    const mark = sheet.marks.markOf(row, column);
    if (sheet.saving.pending(row.id, column.name)) return null;
    if (mark?.state === "inv") return `${mark.message} ${sheet.words.putBackKey}`;
    if (mark?.state !== "cnf") return null;
    const [app, other] = [mark.app, mark.sheet].map((value) => sheet.cells.shown(value, column) || sheet.words.blank);
    return this.sentences(sheet.say("bothSides", { app, sheet: other }), mark.message);
  }

  // What the cell wants, or why it takes nothing.
  rule(row, column) {
    const mark = this.sheet.marks.markOf(row, column);
    const why = this.sheet.cells.refusal(row, column);
    return this.sentences(mark?.message, why, why ? column.field.help : column.field.wanted);
  }

  // What there is of these, a sentence each.
  sentences(...parts) {
    const { stop } = this.sheet.words;
    return parts.filter(Boolean).map((text) => (text.endsWith(stop) ? text : text + stop)).join("");
  }

  async showHistory({ row }, column) {
    try {
      const changes = await this.sheet.server.history(row.id);
      const active = this.sheet.places.active();
      if (active?.row.id !== row.id || active.name !== column.name || this.refusal) return;
      const last = changes.find((change) => change.field === column.name);
      if (last) this.why.textContent = this.rule(row, column) + this.lastChange(last, column);
    } catch {
      // The rule alone will do.
    }
  }

  lastChange({ actor, at, before, after }, column) {
    const { sheet } = this, told = (value) => sheet.cells.shown(value, column) || sheet.words.blank;
    return sheet.say("lastChange", { who: actor, at: moment(at), before: told(before), after: told(after) });
  }

  // Why what was asked for is not done: told for as long as `why` gives a reason and the person stays at this cell,
  // whatever else is heard meanwhile.
  refuse(why) {
    this.refusal = { why, at: this.here() };
    this.showCell();
  }

  showRefusal() {
    const here = this.here(), told = this.refusal?.at === here ? this.refusal.why() : null;
    if (!told && here) this.refusal = null; // a row that is just being fetched again is no reason to forget it
    if (!told) return false;
    clearTimeout(this.timer);
    this.why.textContent = told;
    this.why.classList.add("warn");
    return true;
  }

  here() {
    const active = this.sheet.places.active();
    return active ? `${active.row.id} ${active.name}` : "";
  }

  // ---- the status bar

  showStatus() {
    const { sheet } = this, sums = sheet.selection.sums();
    const told = [sheet.say("rowsTotal", { n: plain(sheet.rows.total) })];
    if (sheet.draft.behind) told.push(sheet.say("draftsMore", { n: sheet.draft.behind }));
    if (sums && (sums.rows > 1 || sums.columns > 1)) {
      told.push(sheet.say("selected", { rows: sums.rows, columns: sums.columns }));
      if (sums.count !== null) told.push(sheet.say("counted", { n: sums.count }));
      if (sums.numbers) {
        told.push(sheet.say("sum", { n: tidy(sums.sum) }), sheet.say("mean", { n: tidy(sums.sum / sums.numbers) }));
      }
    }
    this.left.replaceChildren(...told.map((text) => make("span", "", text)));
  }

  showMarks() {
    const { sheet } = this, counts = sheet.marks.counts();
    for (const [state, jump] of this.jumps) {
      const text = `${jump.dataset.sign} ${sheet.say(`${state}Count`, { n: counts[state] })}`;
      jump.hidden = counts[state] === 0;
      jump.textContent = jump.hidden ? "" : text;
    }
  }

  showSaving() {
    const { saving } = this.sheet, n = saving.count;
    this.unsaved.textContent = n ? `● ${this.sheet.say(saving.fault ?? "sending", { n })}` : "";
    this.unsaved.classList.toggle("late", Boolean(saving.fault));
    if (saving.fault) this.unsaved.append(this.retry);
  }
}

// At most two decimals, grouped as in the cells.
const tidy = (number) => grouped(Math.round(number * 100) / 100);
