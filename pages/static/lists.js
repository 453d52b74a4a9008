// A list that drops down under a field: options to pick one of, or several. It never takes the focus.

import { make } from "./dom.js";

const GAP = 2, LOW = 120;

// Put a floating element under the anchor, or above it where there is no room.
function placeUnder(box, anchor) {
  const at = anchor.getBoundingClientRect(), below = window.innerHeight - at.bottom;
  box.style.minWidth = `${Math.max(at.width, LOW)}px`;
  box.style.maxHeight = `${Math.min(320, Math.max(below, at.top) - 8)}px`;
  const { offsetHeight, offsetWidth } = box;
  box.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - offsetWidth - 4))}px`;
  box.style.top = `${below >= offsetHeight + GAP || below >= at.top ? at.bottom + GAP : at.top - offsetHeight - GAP}px`;
}

let numbers = 0;

export class ListBox {
  // items: [{value, label, hint}]; chosen(value): whether it carries a tick; pick(item): a person took it.
  constructor(field, { several = false, chosen = () => false, pick, empty = "" }) {
    Object.assign(this, { field, several, chosen, pick, empty, items: [], place: -1 });
    this.gui = Object.assign(make("div", "zf-list"), { id: `zf-list-${(numbers += 1)}` });
    this.gui.setAttribute("role", "listbox");
    if (several) this.gui.setAttribute("aria-multiselectable", "true");
    this.gui.addEventListener("mousedown", (event) => this.pressed(event));
    this.follow = () => placeUnder(this.gui, this.field);
  }

  get open() {
    return this.gui.isConnected;
  }

  show() {
    if (this.open) return;
    document.body.append(this.gui);
    this.field.setAttribute("role", "combobox");
    this.field.setAttribute("aria-expanded", "true");
    this.field.setAttribute("aria-controls", this.gui.id);
    window.addEventListener("scroll", this.follow, true);
    window.addEventListener("resize", this.follow);
    this.follow();
  }

  close() {
    this.gui.remove();
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
    window.removeEventListener("scroll", this.follow, true);
    window.removeEventListener("resize", this.follow);
  }

  set(items, place = -1) {
    this.items = items;
    this.gui.replaceChildren(...items.map((item, index) => this.option(item, index)));
    if (!items.length && this.empty) this.gui.append(make("div", "none", this.empty));
    this.gui.classList.toggle("bare", !items.length && !this.empty);
    this.highlight(place);
    if (this.open) this.follow();
  }

  option(item, index) {
    const option = Object.assign(make("div", "opt"), { id: `${this.gui.id}-${index}` });
    option.setAttribute("role", "option");
    const ticked = this.chosen(item.value);
    option.setAttribute("aria-selected", String(ticked));
    if (this.several) option.append(make("b", "", ticked ? "✓" : ""));
    option.append(make("span", "", item.label));
    if (item.hint) option.append(make("u", "", item.hint));
    option.dataset.index = index;
    return option;
  }

  highlight(place) {
    this.place = place;
    this.gui.querySelector(".on")?.classList.remove("on");
    const option = this.gui.children[place];
    if (place < 0 || !option) {
      this.field.removeAttribute("aria-activedescendant");
      return;
    }
    option.classList.add("on");
    option.scrollIntoView?.({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", option.id);
  }

  move(by) {
    if (this.items.length) this.highlight((this.place + by + this.items.length) % this.items.length);
  }

  current() {
    return this.items[this.place];
  }

  // The mouse must not take the focus from the field: the edit would end.
  pressed(event) {
    event.preventDefault();
    const option = event.target.closest(".opt");
    if (option) this.pick(this.items[Number(option.dataset.index)]);
  }
}
