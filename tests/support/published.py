"""Published: rules as text, made live in a fleet as a rulebook would."""

from typing import Any

from actors.testing import Fleet
from twins.rules.document import read_rules


def publish(fleet: Fleet, text: str, kind: str = "vehicle") -> None:
    """Publish these documents for a kind, beside those that are published already."""
    book = f"rulebook/{kind}"
    put = [{"document": document.plain} for document in read_rules(text, "test.yaml", kind)]
    draft: Any = fleet.ask(book, "rules.draft", {"by": "ann", "put": put})

    assert not draft.get("problems"), draft["problems"]

    fleet.ask(book, "rules.publish", {"draft": draft["id"], "by": "ann", "approval": False})
    fleet.run()
