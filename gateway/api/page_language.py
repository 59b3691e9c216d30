"""Page language: in which one a page speaks that knows nobody."""

from fastapi import Request

from gateway.wording import language_of


def language_for(request: Request) -> str:
    """The browser's first language, or the nearest of ours."""
    first = request.headers.get("accept-language", "").partition(",")[0]
    return language_of(first.partition(";")[0].strip())
