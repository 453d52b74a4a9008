// A new row on a phone: a form of the fields that this person fills in. What is typed is kept until it is sent.

import { names } from "./api.js";
import { listItems } from "./cells.js";
import { button, field, make } from "./dom.js";

const WAIT = 200; // ms after the last key, before the server is asked for names

export class NewForm {
  constructor(sheet, done) {
    Object.assign(this, { sheet, done });
    this.values = sheet.store.get("new") ?? sheet.draft.defaults();
    this.messages = new Map();
    this.gui = make("form");
    const line = make("div", "line"), { words } = sheet;
    const columns = [...sheet.columns.values()].filter((column) => column.fills);
    columns.sort((one, other) => Number(other.field.required) - Number(one.field.required));
    this.gui.append(...columns.map((column) => this.part(column)), line);
    line.append(button(words.leave, () => this.end(), "btn"), Object.assign(make("button", "btn pri", words.addThis), { type: "submit" }));
    this.gui.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  get first() {
    return this.gui.querySelector("input, select, textarea");
  }

  part(column) {
    const box = make("div"), label = make("label", column.field.required ? "req" : "", column.label), message = make("div", "msg");
    const control = column.lists ? this.select(column) : this.text(column);
    control.id = label.htmlFor = `new-${column.name}`;
    message.id = `${control.id}-why`;
    control.setAttribute("aria-describedby", message.id);
    control.addEventListener("input", () => this.set(column, control.value));
    this.messages.set(column.name, message);
    box.append(label, control, ...(control.list_ ? [control.list_] : []), message);
    return box;
  }

  select(column) {
    const control = make("select", "in");
    control.append(make("option"));
    for (const { value, label } of listItems(column.field, this.sheet.words)) {
      control.append(Object.assign(make("option", "", label), { value: label, selected: value === this.values[column.name] }));
    }
    return control;
  }

  text(column) {
    const { kind, lines, ref } = column.field;
    const control = lines ? Object.assign(make("textarea", "in"), { rows: 2 }) : field("in");
    control.value = this.values[column.name] ?? "";
    if (column.numeric) control.inputMode = "decimal";
    control.placeholder = kind === "text" ? "" : column.field.wanted;
    if (ref) this.offer(control, ref);
    return control;
  }

  // The records that a reference may name, as one types.
  offer(control, table) {
    const list = Object.assign(make("datalist"), { id: `names-${table}-${this.messages.size}` });
    control.setAttribute("list", list.id);
    control.list_ = list;
    control.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(async () => {
        const found = await names(table, control.value.trim()).catch(() => []);
        list.replaceChildren(...found.map(({ key, name }) => Object.assign(make("option"), { value: `${key} ${name}` })));
      }, WAIT);
    });
  }

  set(column, text) {
    if (text.trim() === "") delete this.values[column.name];
    else this.values[column.name] = text;
    this.messages.get(column.name).textContent = "";
    this.sheet.store.set("new", this.values);
  }

  async send() {
    for (const message of this.messages.values()) message.textContent = "";
    try {
      const { rows: [told] } = await this.sheet.server.addMany([this.values], "ui");
      if (told.problems) this.refuse(told.problems);
      else {
        this.end();
        this.sheet.emit("saved", { at: new Date().toISOString(), count: 1 });
        this.sheet.notices.tell(this.sheet.say("added", { n: 1 }));
      }
    } catch (fault) {
      this.sheet.failed(fault, () => this.send());
    }
  }

  refuse(problems) {
    for (const { field: name, message } of problems) {
      const place = this.messages.get(name);
      if (place) place.textContent = message;
      else this.sheet.notices.error(message);
    }
    this.gui.querySelector("div:has(> .msg:not(:empty)) :is(input, select, textarea)")?.focus();
  }

  end() {
    this.sheet.store.set("new", null);
    this.done();
  }
}
