"""docs/rules.md, "What follows": each example is published, and does what the page says."""

import re
from pathlib import Path

import pytest
import yaml
from support.city import CAR, DESK, OWNER
from support.town import Town, town

from actors.supervisors.arrangement import State
from twins.people.consents import ConsentSaid
from twins.rules.testing import read_tests

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")


def example(test: str) -> Town:
    """A town with the rules of the listing of this name."""
    texts = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    tests = (one for text in texts for one in read_tests(text, "docs/rules.md"))
    (found,) = (one for one in tests if one.test == test)
    here = town(yaml.safe_dump(found.rules))
    here.fleet.customer = lambda _: {"accept": True}
    here.fleet.tell(OWNER, "configured", {"tier": "gold", "language": "en"})
    return here


def test_case() -> None:
    """It lies with the desk, and is over when the rule clears."""
    here = example("somebody looks at it")
    here.fire(coolant_c=106.0, speed_kmh=30.0)
    (case,) = here.fleet.twin(DESK).cases.values()

    assert ("Coolant is hot", "high") == (case.reason, case.urgency)
    assert {"coolant_c": 106.0, "speed_kmh": 30.0} == case.context["data"]

    here.fire(coolant_c=90.0)

    assert "closed" == here.fleet.twin(DESK).cases[case.id].state


def test_message() -> None:
    """She is told, and not again within the week."""
    here = example("her owner is told, once a week at most")
    here.fire(battery_v=11.5)
    here.fire(battery_v=11.4)
    (notice,) = here.fleet.notices

    assert ("$name, your battery is weak", {"volts": 11.5}) == (notice["subject"], notice["data"])


def test_wordings() -> None:
    """Who lets it be learned is told in the other words, once they are known to be better."""
    here = example("her owner is told in one of two wordings")
    here.fleet.customer = lambda _: None
    learner = "engagement/battery_note"
    said = ConsentSaid(purpose="learning", given=True, how="form", text_version="1")
    here.fleet.tell(OWNER, "consent.said", said)
    here.fire(battery_v=11.5)
    here.fire(battery_v=13.0)
    here.fleet.tell(learner, "configured", {"exploration": 0.0, "control": 0.0})
    for number in range(40):
        for name, what in (("battery.brief", "words"), ("plain", "ignored")):
            here.fleet.tell(learner, "engagement.tried", {
                "contact": f"{name}{number}", "segment": "any.sms", "how": "learned",
                "taken": {"wording": name}, "what": what, "after_s": 1.0,
            })  # fmt: skip
    here.fire(battery_v=11.5)
    subjects = [notice["subject"] for notice in here.fleet.notices]

    assert ["$name, your battery is weak", "Battery: ${volts:number} V"] == subjects

    channel = here.fleet.twin(OWNER).channels[0].channel
    reply = {"channel": channel, "at": here.fleet.now, "text": "please do"}
    here.fleet.tell(OWNER, "reply.received", reply)
    here.fleet.tell(OWNER, "reply.received", reply)

    assert 41 == here.fleet.twin(learner).did["words"]
    assert here.fleet.replay().states() == here.fleet.states()


def test_arrangement() -> None:
    """It is held, offered, accepted and confirmed."""
    here = example("a visit is arranged")
    here.fire(coolant_c=106.0)
    here.fleet.run_until(lambda: here.supervisor("brake_visit").arrangement.ended)
    supervisor = here.supervisor("brake_visit")

    assert (State.CLOSED, 2) == (supervisor.arrangement.state, here.count("confirmed"))
    assert "workshop" == supervisor.skill_for(supervisor.arrangement)


@pytest.mark.parametrize(("tier", "expected"), [("gold", 1), ("silver", 0)])
def test_campaign(tier: str, expected: int) -> None:
    """Who fits is told."""
    here = example("gold customers are invited, a hundred a day")
    here.fleet.tell(OWNER, "configured", {"tier": tier})
    here.fire(battery_v=11.5)

    assert expected == len(here.fleet.notices) == here.fleet.twin("campaign/winter").sent
    assert expected == ("winter" in here.fleet.twin(CAR).record.tried)
