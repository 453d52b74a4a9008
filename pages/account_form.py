"""The role of an account and the place that the role needs: a county, a network's center, a site found by name or code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from models.access import ROLES
from models.accounts import ROLE_LABELS, SITE_ROLES, Account, Unfit
from models.registry import NETWORKS
from models.tree import Tree
from models.words import _
from pages.account_parts import Form, Typed
from pages.frame import tag

OFFERED = 20  # sites that the picker offers while one types
NEEDS: Mapping[str, tuple[str, ...]] = {
    "bureau": ("county",),
    "center": ("center",),
    "main": ("site",),
    "branch": ("site",),
    "point": ("site",),
    "reader": ("county", "site"),
}
_VALUE = "(event) => emit(event.target.value)"


@dataclass(frozen=True)
class Places:
    """The tree, and the names of its sites."""

    tree: Tree
    names: Mapping[str, str]

    @property
    def counties(self) -> Sequence[str]:
        return sorted({node.county for node in self.tree.nodes.values() if node.county})

    @property
    def centers(self) -> Sequence[str]:
        return sorted(code for code, node in self.tree.nodes.items() if node.level == "center")

    def told(self, code: str | None) -> str:
        """A site as the picker writes it: code and name."""
        return f"{code} {self.names.get(code, '')}".strip() if code else ""

    def network(self, code: str) -> str:
        """What a center stands for: its network."""
        network = self.tree.nodes[code].network
        label = next((_(one.label) for one in NETWORKS if one.code == network), network)
        return f"{label}　{self.told(code)}"

    def offered(self, text: str, role: str) -> list[str]:
        """The sites that hold the words typed so far, of the level that the role belongs to."""
        words = text.casefold().split()
        level = role if role in SITE_ROLES else ""
        fitting = (
            self.told(code)
            for code in self.tree.order
            if (not level or self.tree.nodes[code].level == level)
            and all(word in self.told(code).casefold() for word in words)
        )
        return list(islice(fitting, OFFERED))

    def code_of(self, text: str) -> str | None:
        """The site that a text means: by code, by code and name, or by a name that only one has. Raises Unfit."""
        first, *_rest = text.split() or [""]
        if not first or first in self.tree.nodes:
            return first or None
        named = [code for code, name in self.names.items() if name == text.strip()]
        if len(named) != 1:
            raise Unfit("site", _("没有找到“{text}”，从列表里选").format(text=text.strip()))
        return named[0]


def place_of(typed: Typed, places: Places) -> tuple[str, str | None, str | None]:
    """Role, site and county of a form that was sent; fields that the role has no use for count for nothing. Raises Unfit."""
    role = typed.get("role", "")
    needs = NEEDS.get(role, ())
    county = (typed.get("county") or None) if "county" in needs else None
    site = places.code_of(typed.get("site", "")) if "site" in needs else None
    if "center" in needs:
        site = typed.get("center") or None
    if role in SITE_ROLES and site is None:
        raise Unfit("site", _("选一个馆点，可按名称或编码找"))
    return role, site, county


@dataclass
class PlaceFields:
    """The fields of a form that say role and place."""

    form: Form
    places: Places
    role: str = "branch"
    rows: dict[str, Element] = field(default_factory=dict)

    def build(self, account: Account | None = None) -> None:
        """Build the fields, filled with what an account has."""
        form, places = self.form, self.places
        self.role = account.role if account else self.role
        site, county = (account.site, account.county) if account else (None, None)
        form.field("role", _("角色"), element="select", required=True)
        form.options("role", [(role, _(ROLE_LABELS[role])) for role in ROLES], self.role)
        self.rows["county"] = form.field("county", _("县区"), element="select")
        form.options("county", [("", _("全市")), *((one, one) for one in places.counties)], county or "")
        self.rows["center"] = form.field("center", _("体系"), element="select")
        form.options("center", [(one, places.network(one)) for one in places.centers], site or "")
        listed = f"sites-{form.element.id}"
        hint = _("名称或编码")
        self.rows["site"] = form.field(
            "site", _("馆点"), defaultValue=places.told(site), list=listed, placeholder=hint, autocomplete="off"
        )
        self.offers = tag("datalist", id=listed)
        form.controls["role"].on("change", self.chosen, js_handler=_VALUE)
        form.controls["site"].on("input", self.seek, js_handler=_VALUE)
        self.show()

    def chosen(self, event: GenericEventArguments) -> None:
        """Another role: other fields."""
        self.role = str(event.args)
        self.show()

    def show(self) -> None:
        for name, row in self.rows.items():
            needed = name in NEEDS.get(self.role, ())
            row.classes(remove="hidden-row") if needed else row.classes(add="hidden-row")
        self.offer("")

    def seek(self, event: GenericEventArguments) -> None:
        self.offer(str(event.args))

    def offer(self, text: str) -> None:
        """List what fits the words typed so far."""
        self.offers.clear()
        with self.offers:
            for told in self.places.offered(text, self.role):
                tag("option", value=told)
