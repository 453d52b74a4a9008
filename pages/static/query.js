// What is asked of a table: filters as people type them, as the server takes them, as the address keeps them. Pure.

import { LISTS, NUMBERS, thisYear } from "./cells.js";

const SIGNS = [
  ["ge", /^(>=|≥|＞＝)\s*/], ["le", /^(<=|≤|＜＝)\s*/], ["ne", /^(<>|!=|≠)\s*/],
  ["gt", /^[>＞]\s*/], ["lt", /^[<＜]\s*/], ["eq", /^[=＝]\s*/],
];
const SIGN_OF = { ge: ">=", le: "<=", ne: "<>", gt: ">", lt: "<", eq: "=" };
const RANGE = /^(.+?)\s*(?:\.\.|~|～|至)\s*(.+)$/;
const PLAIN_RANGE = /^(\d[\d.,]*)\s*-\s*(\d[\d.,]*)$/;

export const picksFromList = (field) => LISTS.has(field.kind) || (field.kind === "multi" && field.choices?.length > 0);
const isOrdered = (field) => NUMBERS.has(field.kind) || ["date", "month", "year", "time"].includes(field.kind);

// "2026", "2026-03", "2026.3.5", "11-24" -> {from, to} in the shape of the field's values; null for anything else.
function period(text, kind, year) {
  const told = text.replace(/[年月./]/g, "-").replace(/日/g, "").replace(/-$/, "");
  const short = /^(\d{1,2})-(\d{1,2})$/.exec(told);
  const found = /^(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?$/.exec(short ? `${year}-${told}` : told);
  if (!found) return null;
  const two = (part) => part.padStart(2, "0"), [, whole, month, day] = found;
  const first = `${whole}-${two(month ?? "01")}`, last = `${whole}-${two(month ?? "12")}`;
  if (kind === "month") return { from: first, to: last };
  const end = new Date(Date.UTC(Number(whole), Number(month ?? 12), 0)).getUTCDate();
  return { from: `${first}-${two(day ?? "01")}`, to: `${last}-${two(day ?? String(end))}` };
}

function span(field, text, year) {
  if (field.kind === "date" || field.kind === "month") return period(text, field.kind, year);
  const value = text.replace(/[,，]/g, "");
  return value !== "" && (field.kind === "time" || !Number.isNaN(Number(value))) ? { from: value, to: value } : null;
}

function compared(op, { from, to }) {
  if (op === "gt" || op === "le") return [{ op, value: to }];
  if (op === "lt" || op === "ge") return [{ op, value: from }];
  if (from === to) return [{ op: op ?? "eq", value: from }];
  return op === "ne" ? null : [{ op: "ge", value: from }, { op: "le", value: to }];
}

function signOf(text) {
  const found = SIGNS.find(([, pattern]) => pattern.test(text));
  return found ? [found[0], text.replace(found[1], "")] : [undefined, text];
}

function ordered(field, text, year) {
  const range = RANGE.exec(text) ?? (NUMBERS.has(field.kind) ? PLAIN_RANGE.exec(text) : null);
  if (range) {
    const [low, high] = [span(field, range[1], year), span(field, range[2], year)];
    return low && high ? [{ op: "ge", value: low.from }, { op: "le", value: high.to }] : null;
  }
  const parts = text.replace(/([<>=!≥≤≠＞＜＝])\s+/g, "$1").split(/\s+/).map((part) => {
    const [op, rest] = signOf(part), found = span(field, rest, year);
    return found && compared(op, found);
  });
  return parts.every(Boolean) ? parts.flat() : null;
}

// What a person typed over a column -> its conditions; [] for nothing, null for what makes no sense there.
export function readFilter(field, text, year = thisYear()) {
  const told = text.trim();
  if (!told) return [];
  const [op, rest] = signOf(told);
  if (rest === "" && op === "eq") return [{ op: "blank", value: "" }];
  if (rest === "" && op === "ne") return [{ op: "filled", value: "" }];
  if (isOrdered(field)) return ordered(field, told, year);
  return op === "eq" || op === "ne" ? [{ op, value: rest }] : [{ op: "has", value: told }];
}

// The shortest text that `readFilter` reads back.
export function writeFilter(field, conditions) {
  if (conditions.length === 2 && conditions[0].op === "ge" && conditions[1].op === "le") {
    const [from, to] = conditions.map((one) => one.value);
    for (const short of [from.slice(0, 4), from.slice(0, 7)]) {
      const found = field.kind === "date" || field.kind === "month" ? period(short, field.kind) : null;
      if (found?.from === from && found.to === to) return short;
    }
    return `${from}..${to}`;
  }
  return conditions.map(({ op, value }) => {
    if (op === "blank") return "=";
    if (op === "filled") return "<>";
    return op === "has" || (op === "eq" && isOrdered(field)) ? value : SIGN_OF[op] + value;
  }).join(" ");
}

// ---- the address

export function fromAddress(search) {
  const params = new URLSearchParams(search), where = new Map();
  for (const told of params.getAll("where")) {
    const [field, op, ...rest] = told.split(":");
    where.set(field, [...(where.get(field) ?? []), { op, value: rest.join(":") }]);
  }
  const sort = (params.get("sort") ?? "").split(",").filter(Boolean)
    .map((name) => ({ field: name.replace(/^-/, ""), down: name.startsWith("-") }));
  return { where, sort, q: params.get("q") ?? "" };
}

export const whereList = (asked) => [...asked.where].flatMap(([field, conditions]) =>
  conditions.map(({ op, value }) => (value === "" ? `${field}:${op}` : `${field}:${op}:${value}`)));

export const sortText = (asked) => asked.sort.map(({ field, down }) => (down ? "-" : "") + field).join(",");

// The question as pairs for URLSearchParams.
export function params(asked) {
  const pairs = whereList(asked).map((told) => ["where", told]);
  if (asked.sort.length) pairs.push(["sort", sortText(asked)]);
  if (asked.q) pairs.push(["q", asked.q]);
  return pairs;
}

// The question as a query string.
export const asText = (asked) => new URLSearchParams(params(asked)).toString();

// The address with the question in it; whatever else it says stays. What the open view asks for by itself (`ofView`) is
// not said again; an empty q says that nothing is asked for where the view would ask for something.
export function toAddress(search, asked, ofView = "") {
  const kept = [...new URLSearchParams(search)].filter(([name]) => !["where", "sort", "q"].includes(name));
  const pairs = asText(asked) === ofView ? [] : params(asked);
  if (ofView && !pairs.length && asText(asked) !== ofView) pairs.push(["q", ""]);
  const text = new URLSearchParams([...kept, ...pairs]).toString();
  return text ? `?${text}` : "";
}
