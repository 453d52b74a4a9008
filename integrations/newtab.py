"""A tab that is declared after a workbook was made: copied from a workbook that has nothing else, with its looks."""

import copy

from integrations.bookxml import Book
from integrations.ooxml import Parts, main
from integrations.references import parse_area


def add_tab(book: Book, title: str, sample: Parts) -> None:
    """Puts the sample's one tab behind the book's, with no text in it. A book that has one of that title keeps it.

    Raises Refused where the book has no styles to take the tab's in.
    """
    if title.casefold() in book.titles:
        return
    source = Book(sample)
    (tab,) = source.tabs.values()
    tree = copy.deepcopy(sample.tree(tab.part))
    (styles,) = sample.related(source.part, "styles")
    mine = book.styles.adopt(sample.tree(styles))
    for name, entries in (("style", tree.iter(main("col"))), ("s", tree.iter(main("row"), main("c")))):
        for entry in entries:
            if entry.get(name):
                entry.set(name, str(mine[int(entry.get(name))]))
    for cell in tree.iter(main("c")):  # its texts stand in a part of the sample's own
        cell.attrib.pop("t", None)
        del cell[:]
    for view in tree.iter(main("sheetView")):
        view.attrib.pop("tabSelected", None)  # two that are selected are edited together
    book.add(title, tree)
    own_filter = tree.find(main("autoFilter"))
    area = None if own_filter is None else parse_area(own_filter.get("ref", ""))
    if area:
        book.name_filter(title, area)
