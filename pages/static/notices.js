// What is said beside the grid: a toast, a question, the panel of a cell that another changed first, an empty table.

import { button, make } from "./dom.js";

const STAY = 8_000; // ms

export class Notices {
  constructor(sheet, host) {
    this.sheet = sheet;
    this.host = host;
    this.toast = make("div", "zf-toast");
    this.toast.setAttribute("role", "status");
    this.toast.hidden = true;
    this.panel = make("div", "zf-panel");
    this.panel.setAttribute("role", "group");
    this.panel.hidden = true;
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && sheet.places.refocus());
    this.empty = make("div", "zf-empty");
    this.empty.hidden = true;
    host.append(this.empty, this.panel);
    sheet.root.append(this.toast);
  }

  destroy() {
    clearTimeout(this.timer);
  }

  // ---- toasts: one at a time; an error stays until it is closed

  say(text, act, label, error = false) {
    clearTimeout(this.timer);
    this.toast.replaceChildren(make("span", "", text));
    if (act) this.toast.append(button(label, () => { this.close(); act(); }, "act"));
    const close = button("✕", () => this.close(), "close");
    close.setAttribute("aria-label", this.sheet.words.close);
    this.toast.append(close);
    this.toast.classList.toggle("err", error);
    this.toast.setAttribute("role", error ? "alert" : "status");
    this.toast.hidden = false;
    if (!error) this.timer = setTimeout(() => this.close(), STAY);
  }

  close() {
    const had = this.toast.contains(document.activeElement);
    this.toast.hidden = true;
    if (had) this.sheet.places.refocus();
  }

  tell(text) {
    this.say(text);
  }

  error(text, act, label) {
    this.say(`! ${text}`, act, label, true);
  }

  // "已改 5 格：面积 · 撤销 Ctrl+Z", and the same for what was undone, redone, deleted.
  step(word, { count, label }, act) {
    const text = this.sheet.say(word, { n: count }) + (label ? this.sheet.words.colon + label : "");
    const undone = word === "undone";
    this.say(text, act, undone ? this.sheet.words.redo : this.sheet.words.undo);
  }

  // ---- a question; the safe answer has the focus

  ask(question, consequence, safe, act) {
    const dialog = make("dialog", "zf-dialog");
    dialog.setAttribute("aria-label", question);
    return new Promise((done) => {
      const end = (answer) => () => { dialog.returnValue = answer; dialog.close(); };
      const line = make("div", "line"), leave = button(safe, end(""), "btn");
      line.append(leave, button(act, end("yes"), "btn dan"));
      dialog.append(make("b", "", question), make("p", "", consequence), line);
      dialog.addEventListener("close", () => {
        dialog.remove();
        this.sheet.places.refocus();
        done(dialog.returnValue === "yes");
      });
      document.body.append(dialog);
      dialog.showModal();
      leave.focus();
    });
  }

  // ---- a stale cell: theirs or mine

  showPanel() {
    const dispute = this.sheet.saving.firstDispute();
    const key = dispute ? JSON.stringify(dispute) : "";
    if (key !== this.shown) {
      this.shown = key;
      this.panel.replaceChildren();
      if (dispute) this.fillPanel(dispute);
    }
    this.placePanel(dispute);
  }

  fillPanel(dispute) {
    const { sheet } = this, column = sheet.columns.get(dispute.field);
    const choose = (value, mine) => {
      const shown = sheet.cells.shown(value, column) || sheet.words.blank;
      return button(sheet.say("use", { value: shown }), () => sheet.decide(dispute, mine), "btn");
    };
    this.panel.setAttribute("aria-label", sheet.cells.disputeText(dispute, column));
    const text = make("span", "");
    text.append(make("b", "m c", "≠"), ` ${sheet.cells.disputeText(dispute, column)}`);
    this.panel.append(text, choose(dispute.yours, true), choose(dispute.current, false));
  }

  // At the lower right corner of its cell, where it hides neither that nor the next one down or right; a row lower
  // where there is no room at the right.
  placePanel(dispute) {
    const index = dispute && this.sheet.rows.nodes().get(dispute.row)?.rowIndex;
    const cell = index === undefined || index === null ? null : this.sheet.places.cell(index, dispute.field);
    this.panel.hidden = !dispute;
    if (!dispute) return;
    const over = this.host.getBoundingClientRect(), at = cell?.getBoundingClientRect() ?? over;
    const most = over.right - this.panel.offsetWidth - 8, wide = at.right > most;
    const low = cell ? at.bottom + (wide ? at.height : 0) : at.top;
    const left = Math.min(at.right, most) - over.left;
    const top = Math.min(low, over.bottom - this.panel.offsetHeight - 8) - over.top;
    this.panel.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }

  focusPanel() {
    if (this.panel.hidden) return false;
    this.panel.querySelector("button").focus();
    return true;
  }

  // ---- nothing to show

  showEmpty() {
    const { sheet } = this, none = sheet.rows.loaded && sheet.rows.total === 0 && !sheet.draft.rows.length;
    this.empty.hidden = !none;
    if (!none) return;
    const filtered = sheet.asked.where.size > 0 || sheet.asked.q !== "";
    const chips = sheet.filters.chips().map(({ label, text }) => `${label} ${text}`);
    if (sheet.asked.q) chips.push(sheet.asked.q);
    const told = filtered
      ? [sheet.words.noMatch, sheet.say("filteredBy", { chips: chips.join(sheet.words.comma) })]
      : [sheet.say("noRows", { label: sheet.table.label }), sheet.table.help ?? ""];
    this.empty.replaceChildren(make("b", "", told[0]), make("p", "", told[1]));
    if (filtered) this.empty.append(button(sheet.words.clearFilters, () => sheet.filters.clear(), "btn"));
  }

  // Rows that cannot be had: what failed, and another try.
  showFault(text, again) {
    this.empty.hidden = false;
    const retry = button(this.sheet.words.retryNow, again, "btn");
    this.empty.replaceChildren(make("b", "err", `! ${text}`), make("p"), retry);
  }
}
