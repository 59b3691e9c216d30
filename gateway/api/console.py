"""`/console/`: the console for operators and employees, as `make console` built it.

The build is a page, and assets whose names carry a hash of what is in them. Paths that are no file
are views of the page itself. Like the live page it is for anybody; what it shows comes from `/v1`.
Where nothing is built, the plain live page steps in and says what is missing.
"""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from gateway.api.errors import NotFound
from gateway.api.needs import needs
from gateway.api.page import plain
from gateway.roles import Need

BUILD: Final = Path(__file__).parents[1] / "console" / "dist"

MISSING: Final = (
    "This is the plain page: the console is not built here. <code>make console</code> builds it; "
    "it needs Node 20.19, or 22.12 and later."
)

_MAY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    # The map makes its pictures itself; its style has small ones inside.
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
POLICY: Final = "; ".join(f"{what} {whence}" for what, whence in _MAY.items())

_PLACE: Final = '<meta name="style-nonce" content="" />'
"""Where the page finds the nonce by which a library of its own may write styles."""

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {
    ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml",
    ".txt": "text/plain", ".woff2": "font/woff2",
}  # fmt: skip

router = APIRouter(tags=["console"], include_in_schema=False)


class Build:
    """What was built, as it lay there when the process began: no path leads out of it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._files = dict(_files(folder or BUILD))

    @property
    def there(self) -> bool:
        """Whether anything was built."""
        return "index.html" in self._files

    def answer(self, path: str) -> Response:
        """A file, or else the page; raises `NotFound` for an asset that is none."""
        file = self._files.get(path)
        if file is None and path.startswith("assets/"):
            raise NotFound(f"the console has no {path[:200]}; load its page anew")
        headers = {
            "content-security-policy": POLICY,
            "cache-control": _FOR_EVER if path.startswith("assets/") else "no-cache",
        }
        shown = file or self._files["index.html"]
        if shown == self._files["index.html"]:
            return _page(shown.read_text("utf-8"), headers)
        return FileResponse(shown, media_type=_TYPES[shown.suffix], headers=headers)


def _page(text: str, headers: dict[str, str]) -> Response:
    """The page, with a nonce of its own: styles may carry it, and no page has the same."""
    nonce = token_urlsafe(18)
    policy = POLICY.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'")
    said = _PLACE.replace('content=""', f'content="{nonce}"')
    return HTMLResponse(
        text.replace(_PLACE, said), headers=headers | {"content-security-policy": policy}
    )


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix in _TYPES:
            yield file.relative_to(folder).as_posix(), file


def _build(request: Request) -> Build:
    found: Build = request.app.state.console
    return found


Built = Annotated[Build, Depends(_build)]


@router.get("/", dependencies=needs(Need.ANYBODY))
async def get_start(built: Built, request: Request) -> Response:
    """Lead to the console, or show the plain page."""
    if not built.there:
        return plain(MISSING)
    query = request.url.query
    return RedirectResponse(f"/console/?{query}" if query else "/console/")


@router.get("/console", dependencies=needs(Need.ANYBODY))
async def get_console() -> Response:
    """Lead to where its relative paths hold."""
    return RedirectResponse("/console/")


@router.get("/console/{path:path}", dependencies=needs(Need.ANYBODY))
async def get_file(path: str, built: Built) -> Response:
    """Show the console."""
    if not built.there:
        return plain(MISSING)
    return built.answer(path)
