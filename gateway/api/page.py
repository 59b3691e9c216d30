"""`/plain`: the plain live page. One file, no build step, nothing loaded from elsewhere.

The page itself is for anybody; what it shows comes from `/v1`, to who is signed in: it exchanges
the token of the link that opened it for a session, and keeps nothing. Where the console is not
built, `/` shows it too.
"""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from gateway.api.assets import Page
from gateway.api.needs import needs
from gateway.roles import Need

PAGE = Page("live", "live_feed", "live_map", "live_cards", "live")

router = APIRouter(tags=["live"], include_in_schema=False)


def plain(note: str = "") -> HTMLResponse:
    """The page, with a line of ours at its top."""
    shown = f'<p class="note" role="note">{note}</p>' if note else ""
    return PAGE.answer(note=shown)


@router.get("/plain", response_class=HTMLResponse, dependencies=needs(Need.ANYBODY))
async def get_page() -> HTMLResponse:
    """Show what happens in the cluster, as it happens."""
    return plain()
