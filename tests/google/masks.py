"""Field masks: which parts of an answer are wanted, or of a change meant."""

import re


def masked(told, mask):
    """An answer, held to `fields`: a,b(c,d),e.f or e/f."""
    return told if not mask or mask == "*" else picked(told, parsed(mask))


def parsed(mask):
    """name -> what of it; {} means all."""
    tree, place, depth, start = {}, 0, 0, 0
    parts = []
    for place, letter in enumerate(mask):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(mask[start:place])
            start = place + 1
    parts.append(mask[start:])
    for part in parts:
        head, bracket, rest = part.strip().partition("(")
        names = re.split(r"[./]", head)
        inner = parsed(rest[:-1]) if bracket else {}
        node = tree
        for name in names[:-1]:
            node = node.setdefault(name, {})
        node.setdefault(names[-1], {}).update(inner)
    return tree


def picked(told, tree):
    if not tree:
        return told
    if isinstance(told, list):
        return [picked(one, tree) for one in told]
    if not isinstance(told, dict):
        return told
    return {name: picked(told[name], inner) for name, inner in tree.items() if name in told}
