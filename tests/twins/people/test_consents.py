"""Consents: nothing is taken in, or sent, without the one that it needs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.testing import START, Trial

HERE = [60.17, 24.94]


def customer() -> Trial:
    """A customer who can be reached."""
    trial = Trial("customer/c1")
    channels = [{"channel": "webhook", "address": "http://127.0.0.1:9/a"}]
    trial.tell("configured", {"name": "Aino", "channels": channels})
    trial.advance(100)  # so that what is said below at `START + 1` is said in the past
    return trial


def say(trial: Trial, purpose: str, *, given: bool, at: float = START, **more: Any) -> None:
    """Her word."""
    said = {"purpose": purpose, "given": given, "how": "web form", "text_version": "v3", "at": at}
    trial.tell("consent.said", {**said, **more})


def ask(trial: Trial, purpose: str, id_: str = "m1") -> None:
    """Somebody wants to tell her something."""
    trial.tell("message.requested", {
        "id": id_, "about": "vehicle/v1", "asker": "campaign/x", "template": "t",
        "texts": {"en": {"subject": "s", "text": "t"}}, "purpose": purpose,
    })  # fmt: skip


def test_a_word_of_hers_is_kept_with_when_how_and_which_text() -> None:
    """And what was before it, as a proof."""
    trial = customer()
    say(trial, "marketing", given=True, at=START + 1)
    say(trial, "marketing", given=False, at=START + 2, how="telephone", text_version="")
    held, before = trial.twin.consents["marketing"], trial.twin.consents_before

    assert (held.given, held.how, held.at) == (False, "telephone", START + 2)
    assert [(one.given, one.text_version) for one in before] == [(True, "v3")]


def test_nobody_consents_to_no_text() -> None:
    """A consent without the text's version proves nothing, and is none."""
    trial = customer()
    say(trial, "marketing", given=True, text_version="")

    assert not trial.twin.allows("marketing")


@pytest.mark.parametrize(
    ("purpose", "sent"), [("devices", True), ("marketing", False), ("learning", False)]
)
def test_contacts_need_their_consent(purpose: str, sent: bool) -> None:
    """Her contract asks for those about her devices; whoever asked hears why not."""
    trial = customer()
    ask(trial, purpose)
    answers = [tell.data.reason for tell in trial.tells if tell.type == "message.settled"]

    assert bool(trial.effects) == sent
    assert answers == ([] if sent else ["no_consent"])
    assert (trial.twin.dropped or {}) == ({} if sent else {purpose: 1})


def test_she_can_object_to_contacts_about_her_devices() -> None:
    """From then on; and take it back."""
    trial = customer()
    say(trial, "devices", given=False)
    ask(trial, "devices")
    assert trial.effects == []
    say(trial, "devices", given=True, at=START + 1)
    ask(trial, "devices", "m2")

    assert len(trial.effects) == 1


def test_positions_are_taken_with_consent_only() -> None:
    """Before and after it they are dropped; withdrawing deletes what was taken."""
    trial = customer()
    trial.tell("position.reported", {"position": HERE})
    assert trial.twin.position is None
    say(trial, "position", given=True)
    trial.tell("position.reported", {"position": HERE, "at": START + 5})
    trial.tell("position.reported", {"position": [0.0, 0.0], "at": START + 4})
    assert trial.twin.position == (60.17, 24.94)
    say(trial, "position", given=False, at=START + 9)
    trial.tell("position.reported", {"position": HERE, "at": START + 10})

    assert trial.twin.position is None
    assert trial.twin.dropped == {"position": 2}


def test_what_works_is_remembered_until_she_objects() -> None:
    """Which channel carries nothing; then it is deleted, and no more is noted."""
    trial = customer()

    def fails(id_: str) -> None:
        ask(trial, "devices", id_)
        effect = trial.effects[-1]
        trial.tell("message.failed", {"effect_id": effect.id, "key": effect.key,
                                      "reason": "refused"})  # fmt: skip

    fails("m1")
    assert trial.twin.worked is not None
    say(trial, "learning", given=False)
    assert trial.twin.worked is None
    fails("m2")

    assert trial.twin.worked is None


def test_an_address_that_was_set_is_no_position_of_hers() -> None:
    """It stays when she withdraws."""
    trial = customer()
    trial.tell("configured", {"position": HERE})
    say(trial, "position", given=False)

    assert trial.twin.position == (60.17, 24.94)


@given(
    words=st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=8),
    chance=st.randoms(use_true_random=False),
)
def test_the_newest_word_holds_in_whatever_order_they_come(
    words: list[tuple[bool, int]], chance: Any
) -> None:
    """Of two at one time the one that withdraws; repeats are no second word."""
    arrived = [*words, *words]
    chance.shuffle(arrived)
    trial = customer()
    for given_, at in arrived:
        say(trial, "web", given=given_, at=START + at)
    newest = max(at for _, at in words)
    twin = trial.twin

    assert twin.allows("web") == all(given_ for given_, at in words if at == newest)
    assert len(twin.consents_before) + 1 == len(set(words))


def test_a_time_that_lies_ahead_counts_as_now() -> None:
    """A wrong clock must not keep her from taking her word back, nor hold her where she was."""
    trial = customer()
    for purpose in ("marketing", "position"):
        say(trial, purpose, given=True, at=START + 86_400)
    trial.tell("position.reported", {"position": [0.0, 0.0], "at": START + 86_400})
    trial.advance(60)
    trial.tell("position.reported", {"position": HERE})
    located = trial.twin.position
    for purpose in ("marketing", "position"):
        trial.tell("consent.said", {"purpose": purpose, "given": False, "how": "telephone"})

    assert HERE == list(located)
    assert [False, False] == [trial.twin.allows("marketing"), trial.twin.allows("position")]
    assert trial.twin.position is None
    assert START + 100 == trial.twin.consents_before[0].at
