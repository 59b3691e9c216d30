"""What tests of signing in share: the way there, and a token's header."""

import httpx2

Client = httpx2.AsyncClient


async def begin(client: Client, goal: str = "/console/") -> str:
    """Go to the provider, agree there; returns where it sends the browser back to."""
    begun = await client.get("/v1/session/login", params={"next": goal})
    assert 303 == begun.status_code, begun.text
    async with httpx2.AsyncClient(trust_env=False) as outside:
        agreed = await outside.get(begun.headers["location"])
    assert 302 == agreed.status_code
    return str(agreed.headers["location"])


async def sign_in(client: Client) -> httpx2.Response:
    """All of it; returns the last answer."""
    return await client.get(await begin(client))


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}
