// What was tapped and not taken by the server yet: kept in this browser, sent by itself, sent again after a dead spot.

import { Api, Refused, Unreachable, ask } from "./api.js";

const AGAIN = 5_000; // ms until another attempt
const PAUSE = 400; // ms after the last tap
const FACTS = ["problem", "due_on", "responsible"];

// The page's own copy of what it was told: this one is written to.
const copy = (told) => JSON.parse(JSON.stringify(told));

export class CheckDraft {
  // `told` is the check as the server knows it, `changed` hears that something is to be shown anew.
  constructor({ told, account, table, mended }, changed) {
    Object.assign(this, { told: copy(told), changed, api: new Api(table), mended: new Api(mended) });
    this.key = `zongfen:${account}:${table}:${told.row}`;
    this.kept = { cells: {}, mends: {}, step: null, at: null, ...this.read() };
    this.at = { cells: told.version, mends: told.version }; // the newest version that each is known of
    this.made = {}; // rows that were made here: news that were read before know nothing of them
    this.offline = !navigator.onLine;
    this.fault = "";
    addEventListener("online", this.back);
    addEventListener("offline", this.away);
    this.merge();
    this.later(0);
  }

  destroy() {
    clearTimeout(this.timer);
    this.gone = true;
    removeEventListener("online", this.back);
    removeEventListener("offline", this.away);
  }

  // ---- kept in the browser

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      return {};
    }
  }

  keep() {
    this.kept.at = new Date().toISOString();
    try {
      if (this.waiting) localStorage.setItem(this.key, JSON.stringify(this.kept));
      else localStorage.removeItem(this.key);
    } catch {
      // A full or forbidden store loses the copy for a reload, not what is on screen.
    }
    this.changed();
  }

  get waiting() {
    return Object.keys(this.kept.cells).length + Object.keys(this.kept.mends).length > 0 || this.kept.step !== null;
  }

  // ---- what stands where

  value(code) {
    return code in this.kept.cells ? this.kept.cells[code].after : (this.told.values[code] ?? null);
  }

  set(code, after) {
    const now = this.told.values[code] ?? null, seen = this.kept.cells[code];
    if (after === now && !this.flight?.has(code)) delete this.kept.cells[code];
    else this.kept.cells[code] = { before: seen && !seen.conflict ? seen.before : now, after };
    this.keep();
    this.later(PAUSE);
  }

  mend(code) {
    return { ...this.told.mends[code], ...this.kept.mends[code] };
  }

  // What of it is still to be typed: names of its facts.
  missing(code) {
    const facts = this.mend(code);
    return FACTS.filter((name) => !String(facts[name] ?? "").trim());
  }

  // Who is likely to see to it: the site's head, else whoever sees to the rest of this check.
  get responsible() {
    const named = [...Object.values(this.kept.mends), ...Object.values(this.told.mends)].map((one) => one.responsible);
    return this.told.head || named.find(Boolean) || "";
  }

  // `facts` are among problem, due_on, responsible and status.
  setMend(code, facts) {
    this.kept.mends[code] = { ...this.kept.mends[code], ...facts };
    this.keep();
    this.later(PAUSE);
  }

  take(step) {
    this.kept.step = step;
    this.keep();
    this.later(0);
  }

  // Another's value stands, and mine is dropped; or mine is sent knowing theirs.
  settle(code, mine) {
    const { after } = this.kept.cells[code];
    delete this.kept.cells[code];
    if (mine) this.set(code, after);
    else this.keep();
  }

  // ---- news of the server

  news(told) {
    const { values, status, step, mends } = this.told;
    this.told = copy(told);
    if (told.version < this.at.cells) Object.assign(this.told, { values, status, step });
    if (told.version < this.at.mends) this.told.mends = mends;
    else this.told.mends = { ...this.made, ...this.told.mends };
    if (!this.told.step) this.kept.step = null; // another took it, or may no longer be asked of me
    this.merge();
    this.keep();
  }

  // Where another changed what I changed and have not sent, it is said and nothing is overwritten.
  merge() {
    for (const [code, mine] of Object.entries(this.kept.cells)) {
      const now = this.told.values[code] ?? null;
      if (this.flight?.has(code) || mine.before === now) continue;
      if (mine.after === now) delete this.kept.cells[code];
      else mine.conflict = { value: now };
    }
  }

  // ---- sending

  back = () => {
    this.offline = false;
    this.changed();
    this.later(0);
  };

  away = () => {
    this.offline = true;
    this.changed();
  };

  later(wait) {
    if (this.gone) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pump(), wait);
  }

  async pump() {
    if (this.busy || !this.waiting) return;
    this.busy = true;
    this.changed();
    let again = false;
    try {
      await this.sendCells();
      for (const code of Object.keys(this.kept.mends)) await this.sendMend(code);
      if (this.kept.step && !this.blocked) await this.sendStep();
      Object.assign(this, { offline: false, savedAt: new Date(), fault: this.refusal ?? "" });
    } catch (fault) {
      if (fault instanceof Unreachable) Object.assign(this, { offline: true }), (again = true);
      else this.fault = fault.message;
    }
    Object.assign(this, { busy: false, flight: null, refusal: null });
    this.keep();
    if (again) this.later(AGAIN);
    else if (this.unsent.length) this.later(PAUSE);
  }

  get unsent() {
    return Object.entries(this.kept.cells).filter(([, one]) => !one.conflict && !one.problem);
  }

  // What has to be settled by hand before the check moves on.
  get blocked() {
    return Object.keys(this.kept.cells).length > 0;
  }

  async sendCells() {
    const sent = this.unsent.map(([code, one]) => [code, { ...one }]);
    if (!sent.length) return;
    this.flight = new Set(sent.map(([code]) => code));
    const changes = sent.map(([field, { before, after }]) => ({ row: this.told.row, field, before, after }));
    const answer = await this.api.cells(changes, "form");
    this.heard(answer);
    const by = Object.fromEntries(sent);
    for (const cell of answer.cells) this.took(cell, by[cell.field].after);
    this.flight = null;
  }

  // The check's row as it stood when an answer was made: what others did to it is in there too.
  heard({ version, rows: [row] }) {
    if (version < this.at.cells) return;
    this.at.cells = version;
    for (const code of Object.keys(this.told.values)) this.told.values[code] = row?.values[code] ?? null;
    this.merge();
  }

  took(cell, after) {
    const mine = this.kept.cells[cell.field], newer = mine && mine.after !== after;
    if ("problem" in cell) {
      if (mine && !newer) mine.problem = cell.problem;
      return;
    }
    if ("current" in cell) {
      this.told.values[cell.field] = cell.current;
      if (mine) mine.conflict = { value: cell.current, by: cell.by };
      return;
    }
    this.told.values[cell.field] = cell.value ?? null;
    if (newer) this.kept.cells[cell.field] = { before: cell.value ?? null, after: mine.after };
    else delete this.kept.cells[cell.field];
  }

  async sendMend(code) {
    if (this.missing(code).length) return;
    const sent = JSON.stringify(this.kept.mends[code]);
    try {
      if (this.told.mends[code]) await this.changeMend(code, this.kept.mends[code]);
      else await this.addMend(code, this.kept.mends[code]);
    } catch (fault) {
      if (!(fault instanceof Refused) || fault.status !== 422) throw fault;
      this.refusal = fault.answer.problems[0].message;
      return;
    }
    if (JSON.stringify(this.kept.mends[code]) === sent) delete this.kept.mends[code];
  }

  // News may come while an answer is awaited, and put others in the place of the rows that were known before.
  async changeMend(code, facts) {
    const there = this.told.mends[code];
    const changed = Object.entries(facts).filter(([name, after]) => after !== there[name]);
    if (!changed.length) return;
    const changes = changed.map(([field, after]) => ({ row: there.id, field, before: there[field] ?? null, after }));
    const answer = await this.mended.cells(changes, "form");
    this.at.mends = Math.max(this.at.mends, answer.version);
    const now = (this.told.mends[code] ??= there);
    for (const cell of answer.cells) {
      now[cell.field] = "current" in cell ? cell.current : (cell.value ?? now[cell.field]);
      if ("current" in cell) this.refusal = `${cell.by}：${cell.current}`;
      if ("problem" in cell) this.refusal = cell.problem;
    }
  }

  // The number says where, when and which item: what was sent in vain before, or by another, is found under it.
  async addMend(code, facts) {
    const { site, month } = this.told, { number } = this.item(code);
    const values = { ...facts, number, site, item: code, checklist: month };
    try {
      const { row } = await ask("POST", `${this.mended.path}/rows`, { values });
      this.told.mends[code] = this.made[code] = row;
    } catch (fault) {
      if (!(fault instanceof Refused) || !fault.answer.problems?.some((one) => one.field === "number")) throw fault;
      const { row } = await ask("GET", `${this.mended.path}/rows/${encodeURIComponent(number)}`);
      this.told.mends[code] = row;
      await this.changeMend(code, this.kept.mends[code]);
    }
  }

  item(code) {
    return this.told.groups.flatMap((group) => group.items).find((item) => item.code === code);
  }

  async sendStep() {
    const { row, status } = this.told, after = this.kept.step;
    const answer = await this.api.cells([{ row, field: "status", before: status, after }], "form");
    const [cell] = answer.cells;
    this.kept.step = null;
    if ("problem" in cell) this.refusal = cell.problem;
    else if (!("current" in cell)) Object.assign(this.told, { status: after, step: null });
    this.at.cells = Math.max(this.at.cells, answer.version);
  }
}
