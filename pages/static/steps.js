// Undo and redo: the change sets that this person made in this tab, last first; a reload does not forget them.

import { Refused } from "./api.js";

const MOST = 100; // steps that are remembered

export class Steps {
  constructor(sheet) {
    this.sheet = sheet;
    const { done, undone } = sheet.store.get("steps") ?? {};
    this.done = done ?? []; // [{of, changesets: [id], count, label, rows: [id] or null}]
    this.undone = undone ?? [];
    this.last = Promise.resolve(); // keys pressed fast take their turns
  }

  // What was too much for one request comes in parts of one step.
  push(step) {
    const last = this.done.at(-1);
    if (step.of && last?.of === step.of) {
      last.changesets.push(...step.changesets);
      last.rows = last.rows && step.rows && [...last.rows, ...step.rows];
      last.count += step.count;
    } else this.done.push(step);
    this.done.splice(0, this.done.length - MOST);
    this.undone.length = 0;
    this.keep();
  }

  keep() {
    this.sheet.store.set("steps", { done: this.done, undone: this.undone });
  }

  undo() {
    this.last = this.last.then(() => this.turn(this.done, this.undone, "undone"));
  }

  redo() {
    this.last = this.last.then(() => this.turn(this.undone, this.done, "redone"));
  }

  // Take back the last step of `from`; what that made goes to `to`, to be taken back in its turn.
  async turn(from, to, word) {
    try {
      if (!(await this.sheet.saving.quiet())) return;
      const step = from.pop();
      if (!step) return;
      const changesets = [];
      for (const changeset of [...step.changesets].reverse()) {
        const made = await this.take(changeset);
        if (made) changesets.push(made);
      }
      if (!changesets.length) return;
      to.push({ ...step, changesets });
      this.keep();
      this.sheet.notices.step(word, step, word === "undone" ? () => this.redo() : () => this.undo());
      await (step.rows ? this.sheet.rows.refetch(step.rows) : this.sheet.rows.reload());
      this.sheet.saved();
    } catch (fault) {
      this.sheet.failed(fault);
    }
  }

  // One change set; where others have changed its cells since, the person decides about the rest.
  async take(changeset) {
    const { server, notices } = this.sheet;
    try {
      return (await server.undo(changeset, false)).changeset;
    } catch (fault) {
      if (!(fault instanceof Refused) || fault.status !== 409) throw fault;
      const { words } = this.sheet, kept = fault.answer.kept ?? [], n = kept.length;
      const who = [...new Set(kept.map((one) => one.by || words.someone))].join(words.and);
      const question = this.sheet.say("undoKept", { n, who });
      const agreed = await notices.ask(question, this.sheet.say("undoRest", { n }), words.leave, words.undoOthers);
      return agreed ? (await server.undo(changeset, true)).changeset : null;
    }
  }
}
