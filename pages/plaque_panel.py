"""A site's plaques above its form: what hangs at the door, in the words and lines that stand on it."""

from collections.abc import Sequence

from models.conditions import Condition
from models.kinds import Value
from models.plaques import lines_of
from models.query import Question, View
from models.schema import Row
from models.words import _
from pages.frame import tag
from pages.markup import site_path
from pages.views import Panel, register


def of_site(view: View, site: Row) -> tuple[str, list[dict[str, Value]]]:
    """A site's code and its plaques."""
    code = str(site["code"])
    return code, view.page(view.query.catalog["plaques"], Question((Condition("site", "eq", (code,)),))).rows


def own_plaque(view: View, plaque: Row) -> tuple[str, list[dict[str, Value]]]:
    """The code of a plaque's site, and its own row."""
    return str(plaque["site"]), [dict(plaque)]


def build(found: tuple[str, Sequence[Row]]) -> None:
    """The way to the site's own page; the plaques, each as a small picture with its facts."""
    code, plaques = found
    tag("a", _("看一馆一档"), "s13", href=site_path(code))
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


register("sites", Panel(of_site, build))
register("plaques", Panel(own_plaque, build))
