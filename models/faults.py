"""The one ancestor of every fault whose text is for the person who asked: it cannot be used so."""


class Fault(Exception):
    """Something cannot be done as asked; the text says what, and what to do. Commands end with status 2, pages show it."""
