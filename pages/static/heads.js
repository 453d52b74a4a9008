// Small pieces that AG Grid asks for: the inside of a column's head, and a code with its shared part in grey.

export class Head {
  init({ told: { field } }) {
    this.gui = document.createElement("span");
    this.gui.className = "zf-head";
    if (field.help) this.gui.title = field.help;
    if (field.derived) this.add("i", "ƒ");
    this.add("span", field.label);
    if (field.unit) this.add("u", field.unit);
  }

  add(tag, text) {
    this.gui.append(Object.assign(document.createElement(tag), { textContent: text }));
  }

  getGui() {
    return this.gui;
  }
}

export class CodeCell {
  init({ value, data }) {
    const text = String(value), shared = data?.shared ?? 0;
    const grey = Object.assign(document.createElement("span"), { className: "mut", textContent: text.slice(0, shared) });
    this.gui = document.createElement("span");
    this.gui.append(grey, text.slice(shared));
  }

  getGui() {
    return this.gui;
  }

  refresh() {
    return false;
  }
}
