// Views: columns, filters, sort and search under a name and an address. Each one is a link; a page opens with it.

import { button, field, make } from "./dom.js";
import { Panel } from "./panels.js";
import { sortText, toAddress, whereList } from "./query.js";

export class ViewMenu {
  constructor(sheet, { views, view, ofView, missing }) {
    Object.assign(this, { sheet, views, ofView, missing });
    this.open = views.find((one) => one.id === view);
    this.panel = new Panel(sheet.words.viewsTitle, (gui) => this.fill(gui));
    this.panel.gui.classList.add("views");
  }

  get changed() {
    return Boolean(this.open) && (this.sheet.layout.own || this.sheet.asks() !== this.ofView);
  }

  show() {
    const { words } = this.sheet, name = this.open?.name ?? words.viewNone;
    const told = this.changed ? this.sheet.say("viewChanged", { name }) : name;
    this.panel.button.textContent = `${this.sheet.say("view", { name: told })} ▾`;
  }

  started() {
    this.show();
    if (this.missing) this.sheet.notices.tell(this.sheet.words.viewMissing);
  }

  // ---- the panel

  fill(gui) {
    const { words } = this.sheet, list = make("ul");
    list.append(this.link("", words.viewNone, ""));
    for (const one of this.views) {
      list.append(this.link(one.id, one.name, one.shared ? this.sheet.say("viewShared", one) : words.viewOwn));
    }
    gui.append(list);
    if (this.open) gui.append(this.acts());
    gui.append(this.form());
  }

  link(id, name, hint) {
    const line = make("li"), made = make("a", "", name);
    made.href = location.pathname + (id ? `?view=${encodeURIComponent(id)}` : "");
    if (id === (this.open?.id ?? "")) made.setAttribute("aria-current", "true");
    line.append(made, make("span", "mut", hint));
    return line;
  }

  acts() {
    const line = make("div", "line acts"), { name, mine } = this.open;
    if (this.changed) line.append(button(this.sheet.say("viewBack", { name }), () => this.back(), "btn small"));
    if (this.changed && mine) line.append(button(this.sheet.say("viewKeep", { name }), () => this.keep(), "btn small"));
    if (mine) line.append(button(this.sheet.say("viewDrop", { name }), () => this.drop(), "btn small dan"));
    return line;
  }

  form() {
    const { words } = this.sheet, made = make("form"), name = field("in"), share = make("label");
    const box = Object.assign(make("input"), { type: "checkbox" });
    name.placeholder = words.viewName;
    name.maxLength = 40;
    name.setAttribute("aria-label", words.viewName);
    share.append(box, make("span", "", words.viewShare));
    const line = make("div", "line");
    line.append(name, Object.assign(make("button", "btn small", words.viewSave), { type: "submit" }));
    made.append(make("b", "", words.viewSaveAs), line, share);
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      if (name.value.trim()) this.saveAs(name.value.trim(), box.checked);
      else {
        this.sheet.notices.tell(words.viewNeedsName);
        name.focus();
      }
    });
    return made;
  }

  // ---- what is done

  // The grid as it stands, to be kept.
  now(name, shared) {
    const { asked, layout } = this.sheet;
    return { name, shared, columns: layout.list, where: whereList(asked), sort: sortText(asked), q: asked.q };
  }

  go(id) {
    location.assign(location.pathname + (id ? `?view=${encodeURIComponent(id)}` : ""));
  }

  async act(what) {
    try {
      await what();
    } catch (fault) {
      this.sheet.failed(fault, () => this.act(what));
    }
  }

  saveAs(name, shared) {
    return this.act(async () => this.go((await this.sheet.server.addView(this.now(name, shared))).id));
  }

  keep() {
    const { id, name, shared } = this.open;
    return this.act(async () => {
      await this.sheet.layout.flush();
      await this.sheet.server.keepView(id, this.now(name, shared));
      this.go(id);
    });
  }

  back() {
    const { id } = this.open;
    return this.act(async () => {
      await this.sheet.layout.flush();
      await this.sheet.server.keepLayout(id, null);
      this.go(id);
    });
  }

  async drop() {
    const { id, name } = this.open, { words, notices } = this.sheet;
    const [question, act] = ["viewDropAsk", "viewDrop"].map((word) => this.sheet.say(word, { name }));
    if (!(await notices.ask(question, words.viewDropHint, words.leave, act))) return;
    await this.act(async () => {
      await this.sheet.server.dropView(id);
      this.go("");
    });
  }

  // The address of what is asked now: the view's own, or what differs from it.
  address(search, asked) {
    return toAddress(search, asked, this.open ? this.ofView : "");
  }
}
