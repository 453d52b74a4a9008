"""The program's own style sheets and scripts, as a browser takes them: kept for good, under an address that changes with them.

A script that stands for a whole page part is handed out as one, with all that it needs: a file costs a browser 2 to 3 ms
before the first row (docs/decisions/one-script-a-part.md).
"""

import re
from graphlib import TopologicalSorter
from hashlib import blake2b
from pathlib import Path

from fastapi import HTTPException
from nicegui import app
from nicegui.dependencies import register_importmap_override
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
WHOLE = ("sheet", "checkform")  # the scripts that come with all they need
YEAR = 365 * 24 * 3600  # seconds

_NEED = re.compile(r'^import \{ (?P<names>[^}]+) \} from "\./(?P<script>\w+)\.js";$', re.MULTILINE)
_OUTSIDE = re.compile(r"^import \* as \w+ from .+$", re.MULTILINE)
_GIVEN = re.compile(r"^export (?P<what>(?:async function|function|class|const) (?P<name>\w+))", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


class Unjoinable(Exception):
    """A script asks for something, or offers it, in a form that is not among those that are joined."""

    def __init__(self, script: str, line: str) -> None:
        super().__init__(f"{script}.js: {line}")


def stamp() -> str:
    """What tells this release's files from any other's."""
    found = blake2b(digest_size=8)
    for path in sorted(STATIC.iterdir()):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


ROOT = f"/static/{stamp()}"


def address(name: str) -> str:
    """Where a browser finds a file of pages/static."""
    return f"{ROOT}/{name}"


def joined(folder: Path, entry: str) -> str:
    """The script of this name and all that it needs, as one module that offers what it offered.

    Each keeps names of its own. Raises `Unjoinable`, or graphlib.CycleError where two need each other.
    """
    texts: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in texts:
            texts[name] = (folder / f"{name}.js").read_text("utf-8")
            waiting += [need["script"] for need in _NEED.finditer(texts[name])]
    needs = {name: [need["script"] for need in _NEED.finditer(text)] for name, text in texts.items()}
    outside = dict.fromkeys(line for text in texts.values() for line in _OUTSIDE.findall(text))
    parts = [_part(name, texts[name]) for name in TopologicalSorter(needs).static_order()]
    return "\n".join([*outside, *parts, f"export const {{ {_offered(texts[entry])} }} = ${entry};", ""])


def _offered(text: str) -> str:
    return ", ".join(given["name"] for given in _GIVEN.finditer(text))


def _part(name: str, text: str) -> str:
    """One script as a value: an object of what it offers."""
    own = _NEED.sub(lambda need: f"const {{ {need['names'].replace(' as ', ': ')} }} = ${need['script']};", text)
    own = _GIVEN.sub(r"\g<what>", _OUTSIDE.sub("", own))
    if left := _LEFT.search(own):
        raise Unjoinable(name, left[0])
    return f"const ${name} = (() => {{\n{own}\nreturn {{ {_offered(text)} }};\n}})();"


def whole(name: str) -> str:
    """Where a browser finds a script that comes with all it needs."""
    return f"{ROOT}/whole/{name}.js"


def addresses() -> dict[str, str]:
    """What a script imports -> where that is; the name of a whole one goes before the folder that it is in."""
    return {"zongfen/": f"{ROOT}/", **{f"zongfen/{name}.js": whole(name) for name in WHOLE}}


def serve() -> None:
    """Answer for these files, and tell every page where they are."""
    texts = {name: joined(STATIC, name) for name in WHOLE}

    @app.get(whole("{name}"))
    async def script(name: str) -> Response:
        if name not in texts:
            raise HTTPException(404)
        kept = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
        return Response(texts[name], media_type="text/javascript", headers=kept)

    app.add_static_files(ROOT, STATIC, max_cache_age=YEAR)
    for name, where in addresses().items():
        register_importmap_override(name, where)
