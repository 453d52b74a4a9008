// Copy, cut and paste, by the browser's own events: on plain http there is no other clipboard.

import { tableText } from "./cells.js";

export class Clipboard {
  constructor(sheet) {
    this.sheet = sheet;
    const { root } = sheet;
    root.addEventListener("copy", (event) => this.copy(event));
    root.addEventListener("cut", (event) => this.cut(event));
    root.addEventListener("paste", (event) => this.paste(event));
  }

  // Whether the event is about cells, not about text in a field.
  ours(event) {
    if (event.target.closest?.("input, textarea, dialog")) return false;
    return Boolean(this.sheet.selection.box()) || this.sheet.draft.active();
  }

  copy(event) {
    if (!this.ours(event)) return false;
    event.preventDefault();
    const box = this.sheet.selection.box(), held = box && this.sheet.rows.heldRange(box.top, box.bottom);
    if (!box) event.clipboardData.setData("text/plain", this.sheet.draft.activeText());
    else if (held) event.clipboardData.setData("text/plain", this.text(held));
    else this.later(box);
    return true;
  }

  cut(event) {
    if (this.copy(event)) this.sheet.blocks.clear();
  }

  text(rows) {
    const columns = this.sheet.selection.columns();
    return tableText(rows.map((row) => columns.map((column) => this.sheet.cells.full(row, column))));
  }

  // Rows that are not held are fetched first; then the text goes in by a second copy.
  async later(box) {
    try {
      const rows = await this.sheet.rows.range(box.top, box.bottom), text = this.text(rows);
      const give = (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
        event.clipboardData.setData("text/plain", text);
      };
      if (navigator.clipboard) await navigator.clipboard.writeText(text);
      else {
        document.addEventListener("copy", give, { once: true, capture: true });
        document.execCommand("copy");
        document.removeEventListener("copy", give, { capture: true });
      }
      this.sheet.notices.tell(this.sheet.say("copied", { n: rows.length }));
    } catch (fault) {
      this.sheet.failed(fault);
    }
  }

  paste(event) {
    if (!this.ours(event)) return;
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    if (text === "") return;
    if (this.sheet.selection.box()) this.sheet.blocks.paste(text);
    else this.sheet.draft.paste(text);
  }
}
