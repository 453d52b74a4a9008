"""Blanks of every width, and texts without them at their ends. Pure, and quick to import: readers of files start with it."""

# What Unicode calls white space, and what shows as nothing at all: zero-width joiners, word joiner, byte order mark.
BLANKS = " \t\r\n\f\v\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200E))
)


def trim(text: str) -> str:
    """The text without blanks of any width at its ends, line breaks inside as \\n."""
    text = text.strip(BLANKS)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
