// The text in an open editor, kept while it is typed: a page that must load again opens the cell with it.

export class Typing {
  constructor(sheet) {
    this.sheet = sheet;
  }

  // An editor opened: what stood there then is what its text will be compared with.
  begin(row, column, input) {
    if (row.draft) return;
    const before = this.sheet.editedFrom;
    input.addEventListener("input", () => this.sheet.store.set("typing", {
      row: row.id, field: column.name, text: input.value, before,
    }));
  }

  end() {
    this.sheet.store.set("typing", null);
  }

  // After a reload, once the first rows are there.
  restore() {
    const kept = this.sheet.store.get("typing"), { sheet } = this;
    if (!kept) return;
    this.end();
    const node = sheet.rows.nodes().get(kept.row), column = sheet.columns.get(kept.field);
    if (!node || !column || sheet.cells.refusal(node.data, column)) return;
    sheet.layout.show(kept.field);
    sheet.places.go(node.rowIndex, sheet.places.order().indexOf(kept.field));
    sheet.api.startEditingCell({ rowIndex: node.rowIndex, colKey: kept.field });
    const input = sheet.root.querySelector(".zf-editor") ?? document.querySelector(".zf-editor");
    if (!input) return;
    input.value = kept.text;
    sheet.editedFrom = kept.before;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  }
}
