"""POST /review/files: a file or a pasted block that somebody brings to the review page; bounded, read, and kept there."""

import asyncio
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from integrations.incoming import MEGABYTE, MOST_FILE, NotTaken, take_in
from models.faults import Fault
from models.words import _
from pages.bodies import body_of
from pages.review_list import ROLES
from pages.session import current_actor, services_of

router = APIRouter()

ORIGINS = frozenset({"import", "paste"})


@router.post("/review/files", include_in_schema=False)
async def bring(request: Request, name: str = "", table: str = "", origin: str = "import") -> Response:
    """Take in what the body holds; answers {"path"} of its review, or {"error"}: 413 too big, 422 of no use."""
    actor = await asyncio.to_thread(current_actor, request)
    if actor is None:
        return refusal(_("先登录"), 401)
    if actor.role not in ROLES:
        return refusal(_("你的账号只看不改，不能导入"), 403)
    data = await body_of(request, MOST_FILE)
    if data is None:
        return refusal(_("文件超过 {size} MB，拆成几份再导入").format(size=MOST_FILE // MEGABYTE), 413)
    if not data:
        return refusal(_("里面没有内容，没有收"), 422)
    told = origin if origin in ORIGINS else "import"
    try:
        number = await asyncio.to_thread(take_in, services_of(request), actor, data, name, told, table)
    except NotTaken as fault:
        return refusal(str(fault), 422)
    except Fault as fault:
        return refusal(str(fault), 503)
    return JSONResponse({"path": f"/review?id={quote(number)}"})


def refusal(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status)
