"""Assets: pages that carry their style and script inside, and a policy that allows just those.

Nothing is loaded from elsewhere, so a page works where the internet does not, and tells nobody
that it was opened. The policy names the hashes of our own style and script; whatever else might
get into a page does not run.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

from fastapi.responses import HTMLResponse

_FOLDER = Path(__file__).with_name("pages")

__all__ = ["Page", "escape"]


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


class Page:
    """One page: `<name>.html` with `$style`, `$script` and its own places.

    Args:
        name: Of its template and its style.
        scripts: Names of its scripts, in order.
    """

    def __init__(self, name: str, *scripts: str) -> None:
        self._template = Template((_FOLDER / f"{name}.html").read_text("utf-8"))
        self._style = (_FOLDER / f"{name}.css").read_text("utf-8")
        parts = [(_FOLDER / f"{script}.js").read_text("utf-8") for script in scripts]
        self._script = "\n".join(parts)
        self.policy = "; ".join(
            (
                "default-src 'none'",
                f"style-src {_hash(self._style)}",
                f"script-src {_hash(self._script)}",
                "connect-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        )

    def answer(self, status: int = 200, **places: str) -> HTMLResponse:
        """The page. Whatever comes from outside must be escaped by the caller."""
        text = self._template.substitute(style=self._style, script=self._script, **places)
        headers = {"content-security-policy": self.policy, "x-robots-tag": "noindex, nofollow"}
        return HTMLResponse(text, status_code=status, headers=headers)
