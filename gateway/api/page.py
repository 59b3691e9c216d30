"""`/`: the plain live page. One file, no build step, nothing loaded from elsewhere.

The page itself is for anybody; what it shows comes from `/v1`, with the operator's token. It takes
the token from the link that opened it, once, and keeps it in the tab alone.
"""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from gateway.api.assets import Page
from gateway.api.needs import needs
from gateway.roles import Need

PAGE = Page("live", "live_feed", "live_map", "live_cards", "live")

router = APIRouter(tags=["live"])


@router.get("/", response_class=HTMLResponse, dependencies=needs(Need.ANYBODY))
async def get_live_page() -> HTMLResponse:
    """Show what happens in the cluster, as it happens."""
    return PAGE.answer()
