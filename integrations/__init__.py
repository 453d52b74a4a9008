"""Spreadsheets: reading people's files, the layout of shared workbooks, the merge and the cycle."""
