// What the cells hold, seen through what is unsaved or does not fit: as shown, in full, as a value.

export class Contents {
  constructor(sheet) {
    this.sheet = sheet;
  }

  // What the cell shows.
  text(row, column) {
    return this.seen(row, column, column.show);
  }

  // The same in full: what an editor begins with and the clipboard takes.
  full(row, column) {
    return this.seen(row, column, column.write);
  }

  seen(row, column, how) {
    const change = this.sheet.saving.pending(row.id, column.name);
    if (change) return change.text;
    const mark = row.about.marks?.[column.name];
    return mark?.state === "inv" ? mark.text : how(row.values[column.name], row.about.labels?.[column.name]);
  }

  // A value or a text as the cell would show it.
  shown(value, column) {
    return Array.isArray(value) || typeof value !== "object" ? column.show(value) : "";
  }

  // What was last put into the cell: an unsaved text, a text that does not fit, or the value.
  edited(row, column) {
    const change = this.sheet.saving.pending(row.id, column.name), mark = row.about.marks?.[column.name];
    if (change) return change.after;
    return mark?.state === "inv" ? mark.text : row.values[column.name] ?? null;
  }

  // The value that counts in sums.
  value(row, column) {
    const edited = this.edited(row, column);
    const typed = column.numeric && typeof edited === "string" && edited !== "" ? Number(edited) : NaN;
    return Number.isNaN(typed) ? edited : typed;
  }

  // Why this person cannot edit this cell; "" where they can.
  refusal(row, column) {
    if (column.field.derived) return this.sheet.words.derived;
    if (!(row.draft ? column.fills : column.edits)) return this.sheet.words.notYours;
    if (!row.about.fixed?.includes(column.name)) return "";
    return row.about.locked ? this.sheet.words.locked : this.sheet.words.fixed;
  }

  nameOf(row) {
    if (row.draft) return this.sheet.words.draft;
    const key = this.sheet.table.key.map((name) => this.sheet.columns.get(name)).filter(Boolean);
    return key.map((column) => this.text(row, column)).filter(Boolean).join(" · ") || row.id;
  }

  disputeText({ by, current, yours }, column) {
    const told = (value) => this.shown(value, column) || this.sheet.words.blank;
    return this.sheet.say("stale", { who: by || this.sheet.words.someone, theirs: told(current), mine: told(yours) });
  }
}
