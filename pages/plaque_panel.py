"""A site's plaques above its form: what hangs at the door, in the words and lines that stand on it."""

import re
from collections.abc import Sequence

from models.conditions import Condition
from models.kinds import Value
from models.query import Question, View
from models.schema import Row
from models.words import _
from pages.frame import tag
from pages.views import Panel, register

# Lines break only between the three parts of the name: …馆 / …分馆 / …基层服务点.
_PARTS = re.compile(r"^(.*?(?:文化馆|图书馆))(.*分馆)?(.*基层服务点)?$")


def lines_of(wording: str) -> list[str]:
    """The lines of a plaque: main hall, branch, point."""
    found = _PARTS.match(wording)
    parts = [part for part in found.groups() if part] if found else []
    return parts if "".join(parts) == wording else [wording]


def plaques_of(view: View, site: Row) -> list[dict[str, Value]]:
    """The plaques of a site."""
    return view.page(view.query.catalog["plaques"], Question((Condition("site", "eq", (site["code"],)),))).rows


def own_plaque(view: View, plaque: Row) -> list[dict[str, Value]]:
    """A plaque's own row."""
    return [dict(plaque)]


def build(plaques: Sequence[Row]) -> None:
    """The plaques, each as a small picture with its facts."""
    for plaque in plaques[:3]:
        with tag("div", classes="plaque"):
            with tag("div", classes="plq"):
                if plaque.get("logo"):
                    tag("span", _("标识"), "logo")
                for line in lines_of(str(plaque.get("wording") or _("名称还不全"))):
                    tag("span", line)
            with tag("div", classes="s13 mid"):
                tag(
                    "b",
                    _("牌匾 {width}×{height} mm").format(width=plaque.get("width_mm"), height=plaque.get("height_mm")),
                )
                facts = [plaque.get("material"), _("{count} 块").format(count=plaque.get("quantity") or 1)]
                tag("div", " · ".join(str(fact) for fact in facts if fact))
                if plaque.get("hung_on"):
                    tag("div", _("{day} 挂牌").format(day=plaque["hung_on"]))
                tag("span", _("ƒ 文字随名称自动生成") if not plaque.get("wording_fixed") else _("固定文字"), "chip")


register("sites", Panel(plaques_of, build))
register("plaques", Panel(own_plaque, build))
