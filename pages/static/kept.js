// What this browser remembers of a table: the widths that a person gave its columns.

export class Kept {
  constructor(table) {
    this.key = `zongfen:${table}:widths`;
    try {
      this.widths = JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      this.widths = {};
    }
  }

  width(name) {
    return this.widths[name];
  }

  setWidth(name, width) {
    this.widths[name] = Math.round(width);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.widths));
    } catch {
      // A full or forbidden storage: the width holds until the page is left.
    }
  }
}
