"""Every scenario there is, by its name."""

import inspect

from tests.scenarios import books, cells, columns, going, rows

MODULES = (cells, rows, going, columns, books)
SCENARIOS = {
    name: found
    for module in MODULES
    for name, found in vars(module).items()
    if inspect.isgeneratorfunction(found) and found.__module__ == module.__name__
}
