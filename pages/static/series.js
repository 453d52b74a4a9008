// A series: what comes after, or before, the values that it begins with. Numbers, dates and months go on by their own
// step; one value alone goes on by one. Anything else has no step, and is repeated. Pure.

import { NUMBERS } from "./cells.js";

const DAY = 24 * 3600 * 1000;

const KINDS = {
  date: { read: (value) => Date.parse(`${value}T00:00:00Z`) / DAY, write: (days) => new Date(days * DAY).toISOString().slice(0, 10) },
  month: {
    read: (value) => Number(value.slice(0, 4)) * 12 + Number(value.slice(5, 7)) - 1,
    write: (months) => `${String(Math.floor(months / 12)).padStart(4, "0")}-${String((((months % 12) + 12) % 12) + 1).padStart(2, "0")}`,
  },
  year: { read: Number, write: Number },
};
const NUMERIC = { read: Number, write: (number) => Number(number.toPrecision(12)) };

// The same day of several months goes on by months.
const sameDay = (values) => values.length > 1 && values.every((value) => value.slice(8) === values[0].slice(8));

// The day in that month, or its last one.
function within(month, day) {
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate();
  return `${month}-${String(Math.min(day, last)).padStart(2, "0")}`;
}

// The values of one line of cells -> (place) => value; place 0 is the first of them, -1 comes before. Null for no series.
export function seriesOf(kind, values) {
  if (!values.length || values.some((value) => value === null || value === undefined || value === "")) return null;
  if (kind === "date" && sameDay(values)) {
    const months = seriesOf("month", values.map((value) => value.slice(0, 7)));
    return months && ((place) => within(months(place), Number(values[0].slice(8))));
  }
  const how = NUMBERS.has(kind) ? NUMERIC : KINDS[kind];
  const told = how ? values.map((value) => how.read(value)) : [];
  if (!told.length || told.some((number) => !Number.isFinite(number))) return null;
  const step = told.length > 1 ? told[1] - told[0] : 1;
  const even = told.every((number, place) => place === 0 || Math.abs(number - told[place - 1] - step) < 1e-9);
  return even ? (place) => how.write(told[0] + step * place) : null;
}
