"""docs/customers.md: its commands are run, in their order, and come to what the page says."""

import re
import shlex
from pathlib import Path

from msgspec import json
from support.api_server import OFFER_KEY, client_of
from support.fake_services import START, FakeServices
from support.world import World

import actors.supervisors
from deploy.cli.importing import read_table
from gateway.api.hooks import TAKEN
from gateway.channels.signing import SIGNATURE, Signer
from twins.people.consents import WITHOUT_ASKING
from twins.people.rows import COLUMNS, PURPOSES

assert actors.supervisors, "importing it registers the kinds"

PAGE = (Path(__file__).parents[2] / "docs" / "customers.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Every listing of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_commands_come_to_what_the_page_says() -> None:
    """Each `vigil send`, from the first to the last, and then the page's own checks."""
    world = World()
    fetched: list[str] = []
    url = "https://calendar.example.com/aino.ics"
    world.calendars[url] = lambda request: fetched.append(request["zone"]) or {"until": START}
    count = 0
    for block in blocks("sh"):
        for line in block.splitlines():
            vigil, send, twin_id, event_type, *data = shlex.split(line)
            assert ("vigil", "send") == (vigil, send)
            world.send(twin_id, event_type, json.decode(data[0]) if data else None)
            world.run()
            world.advance(1)
            count += 1
            if event_type == "merge.requested":
                assert world.twin("customer/c-17").lifetime_value_cents == 10_500

    assert count > 15
    assert fetched == ["Europe/Helsinki"]
    (code,) = blocks("python")
    exec(compile(code, "docs/customers.md", "exec"), {"twin": world.twin})  # noqa: S102 - the page's


def test_the_table_is_one() -> None:
    """And every column stands on the page."""
    (table,) = blocks("csv")
    checked = read_table(table)

    assert checked.mistakes == []
    assert len(checked.rows) == 2
    assert [name for name in COLUMNS if f"`{name}`" not in PAGE] == []


async def test_the_webhook_takes_what_the_page_shows() -> None:
    """Signed, as a whole; and every type that it takes is named."""
    (text,) = blocks("json")
    services = FakeServices()
    headers = {SIGNATURE: Signer(OFFER_KEY).signature(text.encode(), START)}
    async with client_of(services) as client:
        answer = await client.post("/v1/hooks/people", content=text.encode(), headers=headers)

    assert (answer.status_code, answer.json()) == (202, {"customers": 1, "events": 3})
    named = [one for types in TAKEN.values() for one in types]
    assert [one for one in named if f"`{one}`" not in PAGE and f" {one} " not in PAGE] == []


def test_every_purpose_has_its_row() -> None:
    """And the page says which needs no word of hers."""
    rows = dict(re.findall(r"^\| `(\w+)`: [^|]*\| ([^|]*) \|", PAGE, re.MULTILINE))

    assert list(PURPOSES) == list(rows)
    assert set(WITHOUT_ASKING) == {
        name for name, rest in rows.items() if rest.startswith("allowed")
    }
