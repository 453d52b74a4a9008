// Small pieces that AG Grid asks for: the inside of a column's head, and a code with its shared part in grey.

import { make } from "./dom.js";

export class Head {
  init({ told: { field } }) {
    this.gui = make("span", "zf-head");
    if (field.help) this.gui.title = field.help;
    if (field.derived) this.gui.append(make("i", "", "ƒ"));
    this.gui.append(make("span", "", field.label));
    if (field.unit) this.gui.append(make("u", "", field.unit));
  }

  getGui() {
    return this.gui;
  }
}

export class CodeCell {
  init({ value, data }) {
    const text = String(value), shared = data?.shared ?? 0;
    this.gui = make("span");
    this.gui.append(make("span", "mut", text.slice(0, shared)), text.slice(shared));
  }

  getGui() {
    return this.gui;
  }

  refresh() {
    return false;
  }
}
