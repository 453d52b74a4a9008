"""An office on the Sheets server, for the tests of Google: what they all ask of it, and how a person types into it."""

from tests.sheets import ACTIVITIES, BRANCH


def costs(state):
    """Calls since the last time: (to Drive, reads, writes)."""
    found = tuple(state.count(kind) for kind in ("drive", "read", "write"))
    state.calls.clear()
    return found


def typed(office, cells, title=ACTIVITIES):
    """A person types into the browser: Google makes of it what it likes."""
    state = office.sheets.state
    paper = office.look(BRANCH, title)
    with state.typing(office.sheets.number(BRANCH)) as book:
        for (row_id, header), text in cells.items():
            book.titled(title).put((paper.of(row_id) - 1, paper.column(header)), text, typed=True)


def to(method, end):
    """Calls of a method whose path has this in it."""
    return lambda called, path: called == method and end in path


READ, WRITE = to("GET", "values:batchGet"), to("POST", "values:batchUpdate")
