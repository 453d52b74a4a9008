// Between values and what people see, type and copy. Pure.

export const NUMBERS = new Set(["int", "decimal", "money", "percent"]);
export const LISTS = new Set(["bool", "choice"]);

// "{n} 格" with {n: 5} -> "5 格".
export const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole);

// Without separators or exponent: 1234.5, 0.00001. (Intl is asked only where it must be: to begin with it takes 40 ms.)
export function plain(number) {
  const text = String(number);
  return text.includes("e") ? number.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 15 }) : text;
}

// Digits are grouped from five up: 9815, 100,000.
export function grouped(number) {
  const text = plain(number);
  if (Math.abs(number) < 10000) return text;
  const [whole, rest] = text.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
}

const CHINA = 8 * 3600 * 1000; // ms ahead of UTC

export const thisYear = () => new Date(Date.now() + CHINA).getUTCFullYear();

// 11-24 inside the year, 2025-11-24 outside it.
const shortDate = (date, year) => (date.startsWith(`${year}-`) ? date.slice(5) : date);

const joined = (values, labels) => values.map((value) => labels?.get(value) ?? value).join("；");

export const choiceLabels = (field) => new Map((field.choices ?? []).map((choice) => [choice.code, choice.label]));

// The items of a field that is picked from a list.
export function listItems(field, words) {
  if (field.kind === "bool" && !field.choices?.length) return [{ value: true, label: words.yes }, { value: false, label: words.no }];
  return field.choices.map((choice) => ({ value: choice.code, label: choice.label }));
}

// (value, name of the record referred to) -> the text in the cell. One function a column.
export function shower(field, words, year = thisYear()) {
  const labels = choiceLabels(field);
  const show = {
    bool: (value) => labels.get(value) ?? (value === true ? words.yes : value === false ? words.no : value),
    choice: (value) => labels.get(value) ?? value,
    multi: (value) => (Array.isArray(value) ? joined(value, labels) : String(value)),
    date: (value) => shortDate(value, year),
    ref: (value, name) => name || value,
  }[field.kind] ?? (NUMBERS.has(field.kind) ? (value) => (typeof value === "number" ? grouped(value) : labels.get(value) ?? value) : String);
  return (value, name) => (value === null || value === undefined ? "" : show(value, name));
}

// The same in full, for the edit bar, the editor and the clipboard: what it gives, the server takes back.
export function writer(field, words) {
  const show = shower(field, words);
  if (field.kind === "date") return (value) => value ?? "";
  if (field.kind === "ref") return (value, name) => (name && name !== value ? `${value} ${name}` : value ?? "");
  if (NUMBERS.has(field.kind)) return (value) => (typeof value === "number" ? plain(value) : show(value));
  return show;
}

// "2026-11-20T01:14:05Z" -> "11-20 09:14": the office's time, wherever the browser is.
export function moment(iso, year = thisYear()) {
  const at = new Date(Date.parse(iso) + CHINA).toISOString();
  return `${shortDate(at.slice(0, 10), year)} ${at.slice(11, 16)}`;
}

// ---- clipboard text, as Excel, WPS and LibreOffice write it

// A quote opens a cell only where a closing one ends it; else it is a mark that somebody typed.
const QUOTED = /"((?:[^"]|"")*)"(?=[\t\r\n]|$)/y;
const UNQUOTED = /[^\t\r\n]*/y;

// Text -> rows of cells. One line end at the very end belongs to the last row and makes no further one.
export function parseTable(text) {
  const rows = [[]];
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    const quoted = text[at] === '"' ? take(QUOTED) : null;
    rows.at(-1).push(quoted ? quoted[1].replaceAll('""', '"').replace(/\r\n?/g, "\n") : take(UNQUOTED)[0]);
    if (at >= text.length) return rows;
    if (text[at] === "\t") at += 1;
    else {
      at += text.startsWith("\r\n", at) ? 2 : 1;
      if (at >= text.length) return rows;
      rows.push([]);
    }
  }
}

const quote = (text) => (/["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export const tableText = (rows) => rows.map((row) => row.map(quote).join("\t")).join("\r\n");

// ---- the shared part of codes

const GROUP = 3; // signs that a step of a code counts by: C530111 001 002
const CODE = /^[\x21-\x7e]+$/;

// How much of a code repeats what stands above it. `above` holds the codes that the one above is made of, its own last
// (C530111, C530111001); the answer's `chain` is the same for this code.
export function sharedPart(code, above) {
  if (!CODE.test(code)) return { shared: 0, chain: [] };
  const chain = above.filter((one) => code.startsWith(one));
  const shared = Math.max(chain.at(-1)?.length ?? 0, siblingPart(code, above.at(-1) ?? ""));
  return { shared, chain: [...chain.filter((one) => one !== code), code] };
}

// Codes of one length share whole groups, counted from their ends: 2026-001, 2026-002.
function siblingPart(code, other) {
  if (code.length !== other.length) return 0;
  let same = 0;
  while (same < code.length && code[same] === other[same]) same += 1;
  return Math.max(0, code.length - Math.ceil((code.length - same) / GROUP) * GROUP);
}

// ---- widths

// The width in px of a text at 14 px.
export function textWidth(text) {
  let width = 0;
  for (const sign of text) width += sign.codePointAt(0) > 0x2e7f ? 14 : 8;
  return width;
}
