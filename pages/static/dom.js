// Making elements.

export const make = (tag, className = "", text = "") =>
  Object.assign(document.createElement(tag), { className, textContent: text });

// A field to type in, without the browser's own ideas of what is meant.
export const field = (className) =>
  Object.assign(make("input", className), { type: "text", autocomplete: "off", spellcheck: false });

export function button(text, act, className = "") {
  const made = Object.assign(make("button", className, text), { type: "button" });
  made.addEventListener("click", act);
  return made;
}
