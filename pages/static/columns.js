// From a table's fields to the columns of the grid. What can be found once a column is never asked per cell.

import { choiceLabels, LISTS, NUMBERS, shower, textWidth, writer } from "./cells.js";
import { CodeCell, Head } from "./heads.js";
import { editorOf } from "./editors.js";
import { ColumnFilter } from "./filters.js";

export const NUMBER = "#"; // the id of the column of row numbers
const SAMPLE = 60; // rows that widths are taken from
const INDENT = 14, PADDING = 20, MARK = 20;
const STATES = ["inv", "cnf", "uns", "sh", "lk", "cal", "req"];

// A field with what its kind makes of it.
export class Column {
  constructor(field, table, words) {
    this.field = field;
    this.name = field.name;
    this.label = field.label;
    this.show = shower(field, words);
    this.write = writer(field, words);
    this.numeric = NUMBERS.has(field.kind);
    this.lists = LISTS.has(field.kind);
    this.title = field.name === table.title;
    this.frozen = field.key || this.title; // until somebody arranges it otherwise
    this.code = field.key && field.kind === "text";
    this.fills = field.may_edit && !field.derived; // in a new row
    this.edits = this.fills && table.may.edit;
  }

  // The width that the head, the kind and the first rows ask for.
  width(rows) {
    const { label, unit, derived, kind } = this.field;
    const head = textWidth(label) + (unit ? textWidth(unit) * 0.86 + 4 : 0) + (derived ? MARK : 0) + PADDING;
    const least = !this.numeric ? 48 : kind === "int" ? 56 : 76; // room for "约 150 !"
    return Math.round(Math.max(head, least, Math.min(this.body(rows, kind) + PADDING, this.title ? 244 : 224)));
  }

  body(rows, kind) {
    const mark = this.edits ? MARK : 0;
    if (this.lists) return Math.max(40, ...[...choiceLabels(this.field).values()].map(textWidth)) + mark;
    if (kind === "date") return 84;
    const shown = (row) => this.show(row.values[this.name], row.about.labels?.[this.name]);
    const widths = rows.map((row) => this.indent(row) + textWidth(shown(row)));
    widths.sort((one, other) => one - other);
    const usual = widths.at(Math.floor(widths.length * 0.95)) ?? 0;
    return this.numeric ? usual + mark : Math.max(usual, this.field.lines ? 120 : 56);
  }

  indent(row) {
    return this.title ? INDENT * (row.about.depth ?? 0) : 0;
  }
}

const stateRules = (sheet, column) => Object.fromEntries(STATES.map((state) =>
  [state, ({ data }) => data !== undefined && sheet.marks.stateOf(data, column) === state]));

function columnDef(sheet, arranged, sample) {
  const column = sheet.columns.get(arranged.name), { field, name } = column;
  const align = column.numeric ? "num" : field.kind === "bool" ? "c" : "";
  const sorted = sheet.asked.sort.findIndex((one) => one.field === name);
  return {
    colId: name,
    headerName: column.label,
    headerClass: `${align} ${column.numeric ? "ag-right-aligned-header" : ""}`,
    headerComponentParams: { innerHeaderComponent: Head, innerHeaderComponentParams: { told: column } },
    floatingFilterComponent: ColumnFilter,
    floatingFilterComponentParams: { sheet, told: column },
    valueGetter: ({ data }) => (data ? sheet.cells.text(data, column) : ""),
    cellClass: `${align}${column.code ? " code" : ""}`,
    cellClassRules: stateRules(sheet, column),
    cellStyle: column.title ? ({ data }) => ({ paddingLeft: `${8 + (data ? column.indent(data) : 0)}px` }) : undefined,
    cellRenderer: column.code ? CodeCell : undefined,
    editable: column.fills && (({ data }) => data !== undefined && !sheet.cells.refusal(data, column)),
    cellEditor: editorOf(field),
    cellEditorParams: { sheet, told: column },
    cellEditorPopup: field.lines,
    pinned: arranged.frozen ? "left" : null,
    hide: arranged.hidden,
    width: arranged.width ?? column.width(sample),
    sort: sorted < 0 ? null : sheet.asked.sort[sorted].down ? "desc" : "asc",
    sortIndex: sorted < 0 ? null : sorted,
  };
}

function numberDef(sheet, total) {
  return {
    colId: NUMBER,
    headerName: sheet.words.number,  // said, not shown: the column is narrow
    headerClass: "rn",
    valueGetter: ({ node, data }) => (data?.draft ? sheet.words.draft : node.rowIndex + 1),
    cellClass: "rn",
    cellClassRules: { lk1: ({ data }) => Boolean(data?.about.locked) },
    pinned: "left",
    lockPinned: true,
    lockPosition: "left",
    suppressMovable: true,
    width: total > 9999 ? 46 : 36,
    minWidth: 36,
    resizable: false,
    sortable: false,
    filter: false,
    floatingFilter: false,
  };
}

// As this person has arranged them, the frozen ones first.
export function columnDefs(sheet, { rows, total }) {
  const sample = rows.slice(0, SAMPLE);
  return [numberDef(sheet, total), ...sheet.layout.list.map((one) => columnDef(sheet, one, sample))];
}
