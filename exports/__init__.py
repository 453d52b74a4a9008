"""Files the app hands out: tables, plaque texts."""
