// What AG Grid is told: the parts of it in use, the look, and where its events go.

import * as Ag from "nicegui-aggrid";

Ag.ModuleRegistry.registerModules([
  Ag.InfiniteRowModelModule, Ag.CustomEditorModule, Ag.CellStyleModule, Ag.PinnedRowModule, Ag.TextFilterModule,
  Ag.RenderApiModule, Ag.RowApiModule, Ag.ColumnApiModule, Ag.ScrollApiModule, Ag.CellApiModule, Ag.EventApiModule,
]);

// Every colour is a variable of the theme, so that dark needs nothing here.
const theme = Ag.themeQuartz.withParams({
  accentColor: "var(--accent)",
  backgroundColor: "var(--surface)",
  borderColor: "var(--line-2)",
  browserColorScheme: "inherit",
  cellHorizontalPadding: 8,
  cellTextColor: "var(--ink)",
  fontFamily: "inherit",
  fontSize: 14,
  foregroundColor: "var(--ink)",
  headerBackgroundColor: "var(--sunken)",
  headerColumnBorder: { color: "var(--line)", height: "100%" },
  headerColumnResizeHandleColor: "transparent",
  headerFontWeight: 700,
  headerHeight: 30,
  headerRowBorder: { color: "var(--line)" },
  headerTextColor: "var(--ink)",
  iconSize: 12,
  pinnedColumnBorder: { width: 2, color: "var(--line-strong)" },
  rowBorder: false,
  rowHoverColor: "transparent",
  rowVerticalPaddingScale: 1,
  spacing: 4,
  wrapperBorder: false,
  wrapperBorderRadius: 0,
});

// AG Grid calls the functions of `defaultColDef` at once, and the `on…` ones only after a moment.
export function options(sheet) {
  const repaint = () => {
    sheet.selection.paint();
    sheet.others.paint();
    sheet.notices.showPanel();
  };
  const moved = () => {
    sheet.places.moved();
    repaint();
  };
  return {
    theme,
    rowModelType: "infinite",
    datasource: sheet.rows.datasource(),
    cacheBlockSize: sheet.rows.block,
    maxBlocksInCache: 20,
    maxConcurrentDatasourceRequests: 4,
    infiniteInitialRowCount: 1,
    getRowId: ({ data }) => data.id,
    rowHeight: 30,
    headerHeight: 30,
    floatingFiltersHeight: 28,
    scrollbarWidth: 8,
    alwaysShowHorizontalScroll: true,
    animateRows: false,
    stopEditingWhenCellsLoseFocus: true,
    suppressDragLeaveHidesColumns: true,
    suppressMultiSort: false,
    suppressCellFocus: false,
    suppressContextMenu: true,
    suppressScrollOnNewData: true,
    defaultColDef: {
      cellDataType: false,
      filter: "agTextColumnFilter",
      floatingFilter: true,
      minWidth: 40,
      resizable: true,
      sortable: true,
      suppressFloatingFilterButton: true,
      suppressHeaderFilterButton: true,
      suppressHeaderMenuButton: true,
      suppressKeyboardEvent: sheet.keys.suppress,
      valueSetter: (edit) => sheet.typed(edit),
    },
    onCellClicked: (event) => sheet.mouse.click(event),
    onCellEditingStarted: () => sheet.selection.paint(),
    onCellEditingStopped: () => sheet.closed(),
    onCellFocused: () => sheet.focused(),
    onCellMouseDown: (event) => sheet.mouse.down(event),
    onCellMouseOver: (event) => sheet.mouse.over(event),
    onColumnMoved: (event) => sheet.layout.took(event),
    onColumnPinned: (event) => sheet.layout.took({ ...event, type: event.type, finished: true }),
    onColumnResized: (event) => {
      repaint();
      sheet.layout.took(event);
    },
    onDisplayedColumnsChanged: moved,
    onBodyScroll: repaint,
    onModelUpdated: repaint,
    onSortChanged: () => sheet.sorted(),
    onViewportChanged: repaint,
    onVirtualColumnsChanged: repaint,
  };
}
