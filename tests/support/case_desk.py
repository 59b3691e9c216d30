"""CaseDesk: a desk with two people on a real node, and a case of somebody with an address."""

from playwright.async_api import Page

from deploy.running import Running

NUMBER = "+358401112233"
"""From which she calls."""


async def open_case(page: Page, node: Running, url: str) -> None:
    """Let all of them be there, and her case wait; what is written to her goes to `url`."""
    api, headers = node.api_url, {"Authorization": f"Bearer {node.operator_token}"}
    ways = [
        {"channel": "webhook", "address": f"{url}/aino"}, {"channel": "sms", "address": NUMBER},
    ]  # fmt: skip
    staff = {"skills": ["questions"], "shift": {}, "desk": "desk/calls"}
    for twin, event, data in (
        ("customer/caller", "configured", {"name": "Aino", "channels": ways}),
        ("desk/calls", "configured", {"name": "Calls"}),
        ("employee/ann", "configured", staff),
        ("desk/calls", "case.opened", {
            "id": "aino", "subject": "vehicle/v5", "reason": "she has a question",
            "skill": "questions", "person": "customer/caller",
        }),
        ("employee/bea", "configured", staff),
    ):  # fmt: skip
        sent = await page.request.post(
            f"{api}/v1/twins/{twin}/events/{event}", headers=headers, data=data
        )

        assert 202 == sent.status, await sent.text()
