"""Accounts in words: where they belong, what was done to them, what somebody comes with. Pure."""

from collections.abc import Mapping
from typing import Any

from models.access import Role
from models.account_notes import Noted
from models.accounts import ROLE_LABELS
from models.words import _

DEEDS = {
    "added": "添加账号",
    "placed": "改角色或范围",
    "disabled": "停用",
    "enabled": "恢复",
    "password": "改密码",
    "link": "发登录链接",
    "entered": "用链接登录，设了密码",
    "token": "发令牌",
    "revoked": "作废令牌",
    "ended": "结束登录",
}
# What a browser says of itself names several; the first that is found is the one.
BROWSERS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Edg", "Edge"),
    ("QQBrowser", "QQ"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)

Names = Mapping[str, str]  # code -> name of a site


def device_of(agent: str) -> str:
    """Edge · Windows; what a program calls itself; or that nothing is known."""
    found = [next((_(label) for sign, label in known if sign in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found)) or agent[:30] or _("设备不明")


def place_words(role: str, site: str | None, county: str | None, names: Names) -> str:
    """Where an account belongs: a site by code and name, a county, or the city."""
    if site:
        return f"{site} {names.get(site, '')}".strip()
    if county:
        return county
    return _("待分派") if role == "assessor" else _("全市")


def belongs(told: Mapping[str, Any], names: Names) -> str:
    """Role and place in one line."""
    role: Role = told["role"]
    return f"{_(ROLE_LABELS[role])} {place_words(role, told.get('site'), told.get('county'), names)}"


def note_words(noted: Noted, names: Names) -> str:
    """What was done, and what it was about."""
    told, text = noted.told, _(DEEDS[noted.what])
    if noted.what == "placed":
        return _("{text}：{before} → {after}").format(
            text=text, before=belongs(told["before"], names), after=belongs(told["after"], names)
        )
    if noted.what == "added":
        return _("{text}：{about}").format(text=text, about=belongs(told, names))
    if told.get("label"):
        return _("{text}：{about}").format(text=text, about=told["label"])
    return _("结束全部登录") if told.get("all") else text
