"""Engaged: a person of whom is learned how she is told best, if she allows it.

What she can answer, and is not urgent, is an experiment: `engagement/<template>` is asked by which
channel, at which time of her day, in which wording and with which of the offers that could be made,
and hears what she did. If it says nothing within `ADVICE_S`, she is told as she likes it.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from twins.handler import due, told
from twins.learning.messages import (
    MAX_OPTIONS,
    Advice,
    AdviceRequest,
    Dimension,
    How,
    Tried,
    What,
    learner_of,
)
from twins.people.merged import Merged
from twins.people.messages import Contact, MessageRequest, OfferChosen, Purpose
from twins.people.pacing import is_quiet, local, zone_of
from twins.people.reached import LIFE_S
from twins.people.replies import Reply
from twins.people.sending import Advised, Sending
from twins.people.talking import Spoken

ADVICE_S: Final = 30.0
"""How long advice is awaited."""

BLOCK_H: Final = 4
"""Times of her day are told apart by blocks of so many hours."""

LONG_S: Final = 12 * 3600.0
"""A later time is chosen only where she has at least so long for her answer."""

PLAIN: Final = "plain"
"""What the wording is called that a message has anyway, and the offer."""

WRITES_S: Final = 86_400.0
"""How long what she writes back is awaited, where she was told something without an offer."""

MAX_TRIALS: Final = 16
"""How many contacts are followed at once."""

_SAID: Final[dict[str, What]] = {
    "reply.another_time": "another_time",
    "reply.call_me": "call_me",
    "reply.fine": "fine",
    "reply.cancel": "cancel",
    "reply.words": "words",
}


class Trial(Struct, kw_only=True, omit_defaults=True):
    """One contact of which it is not known yet what she does about it."""

    contact: str
    learner: str
    segment: str
    how: How
    taken: dict[Dimension, str]
    at: float
    """When she was told."""
    until: float
    opened: bool = False
    by: str = ""
    """The channel, where it has no offer: what she writes back by it is her answer."""


class Engaged(Merged):
    """Base of persons of whom is learned."""

    tier: str = ""
    """How her contract ranks her: `gold`."""
    trials: dict[str, Trial] | None = None
    """By arrangement."""

    # -- asking ------------------------------------------------------------------------------

    def seek_advice(self, request: MessageRequest, sending: Sending) -> bool:
        """Ask how she is told it, where that can be learned; it is held back meanwhile."""
        offered = sending.offered is not None
        if request.urgency == "high" or not self.allows("learning"):
            return False
        if sending.letter.get("offer") is not None and not offered:
            return False
        # Of what she can't tap at, a channel by which she can write back would seem the best.
        options = self._options(sending) if offered else {}
        wordings = {
            name: texts[sending.letter["language"]]
            for name, texts in request.wordings.items()
            if sending.letter["language"] in texts and name != PLAIN
        }
        if wordings:
            options["wording"] = [PLAIN, *wordings]
        offers = _same(request)
        if offers:
            options["offer"] = [PLAIN, *offers]
        if all(len(arms) <= 1 for arms in options.values()):
            return False
        learner = learner_of(request.template)
        sending.advised = Advised(
            by=learner, segment=self._segment(), wordings=wordings, offers=offers
        )
        wait_s = ADVICE_S
        if sending.until is not None:
            wait_s = min(wait_s, max(0.0, (sending.until - self.now) / 10.0))
        sending.held_until = self.now + wait_s
        asked = AdviceRequest(
            asker=self.id, contact=request.id, segment=sending.advised.segment, options=options
        )
        self.tell(learner, "advice.requested", asked)
        return True

    def _segment(self) -> str:
        """Persons of her tier who name the same channel first."""
        return f"{self.tier or 'any'}.{self.channels[0].channel}"[:200]

    def _options(self, sending: Sending) -> dict[Dimension, list[str]]:
        """What there is to choose from, as she likes it first."""
        names = dict.fromkeys(way.partition(":")[0] for way in self.ways())
        options: dict[Dimension, list[str]] = {
            "channel": list(names)[:MAX_OPTIONS],
            "time": list(self._times(sending)),
        }
        return options

    def _times(self, sending: Sending) -> dict[str, float]:
        """Blocks of her day -> when she is told: now, or when a later one begins.

        At least half of the time that she has for her answer stays.
        """
        life = LIFE_S[sending.urgency] if sending.until is None else sending.until - self.now
        times = {_block(self.timezone, self.now): self.now}
        if life < LONG_S:
            return times
        for start in _starts(self.timezone, self.now, self.now + min(life / 2.0, 86_400.0)):
            if not is_quiet(self.quiet, self.timezone, start):
                times.setdefault(_block(self.timezone, start), start)
        return times

    @told("advice.given")
    def advice_given(self, advice: Advice) -> None:
        """Tell her so, unless she is being told already."""
        sending = (self.sending or {}).get(advice.contact)
        if sending is None or sending.advised is None or sending.ends_at is not None:
            return
        advised = sending.advised
        if advised.by != self.event.source or advised.how is not None:
            return
        advised.how, advised.taken = advice.how, dict(advice.taken)
        words = advised.wordings.get(advice.taken.get("wording", PLAIN))
        if words is not None:
            sending.letter |= {
                "subject": words.subject, "text": words.text, "html": words.html
            }  # fmt: skip
        self._offer_so(sending, advised)
        advised.wordings, advised.offers = {}, {}
        at = self._times(sending).get(advice.taken.get("time", ""), self.now)
        if at > self.now:
            sending.held_until = at
        else:
            self._go_on(advice.contact, sending)
        self._wake()

    def _offer_so(self, sending: Sending, advised: Advised) -> None:
        """Let her be offered what was chosen; who offers it has to know, to take her answer."""
        name = advised.taken.get("offer", PLAIN)
        offer, offered = advised.offers.get(name), sending.offered
        if offer is None or offered is None:
            return
        sending.letter["offer"] = offer
        chosen = OfferChosen(arrangement_id=offered.arrangement_id, until=offered.until, name=name)
        self.tell(offered.supervisor, "offer.chosen", chosen)

    # -- what she did ------------------------------------------------------------------------

    def was_told(self, id_: str, sending: Sending) -> None:
        """Follow what she does about it."""
        advised, offer = sending.advised, sending.offered
        if advised is None or advised.how in (None, "off"):
            return
        trials = self.trials or {}
        if not self.allows("learning") or len(trials) >= MAX_TRIALS:
            return
        assert advised.how is not None
        channel = sending.channels[0].partition(":")[0]
        if offer is None:
            key, until, taken, by = id_, self.now + WRITES_S, advised.taken, channel
        else:
            key, until, by = offer.arrangement_id, offer.until, ""
            taken = advised.taken | {
                "channel": channel, "time": _block(self.timezone, self.now)
            }  # fmt: skip
        trials[key] = Trial(
            contact=id_, learner=advised.by, segment=advised.segment, how=advised.how,
            taken=taken, at=self.now, until=until, by=by,
        )  # fmt: skip
        self._follow(trials)

    def follows(self, offer: Spoken) -> bool:
        """While it is not known what she does about it."""
        return offer.arrangement_id in (self.trials or {})

    @told("contact.noted")
    def contact_noted(self, contact: Contact) -> None:
        """Say what she did, where she was told something as an experiment."""
        if self.passed_on("contact.noted", contact):
            return
        trial = (self.trials or {}).get(contact.arrangement_id or "")
        if contact.what == "offer.opened" and trial is None:
            return  # she has withdrawn her consent meanwhile: it is not even remembered
        super().contact_noted(contact)
        if trial is None:
            return
        if contact.what == "offer.opened":
            trial.opened = True
        elif contact.by and (contact.what == "offer.answered" or contact.what in _SAID):
            # Somebody answered for her: what she would have done is not known.
            trials = self.trials or {}
            del trials[contact.arrangement_id or ""]
            self._follow(trials)
        elif contact.what == "offer.answered":
            what: What = "declined" if contact.detail == "declined" else "accepted"
            self._ended(contact.arrangement_id or "", what)
        elif contact.what in _SAID:
            self._ended(contact.arrangement_id or "", _SAID[contact.what])

    @told("reply.received")
    def reply_received(self, reply: Reply) -> None:
        """She wrote back: to what she was told last by this channel, unless an offer stands."""
        super().reply_received(reply)
        spoken = self.spoken
        if reply.supervisor is not None or (spoken is not None and spoken.until > self.now):
            return
        trials = self.trials or {}
        theirs = [id_ for id_, trial in trials.items() if trial.by == reply.channel]
        if theirs:
            self._ended(max(theirs, key=lambda id_: (trials[id_].at, id_)), "words")

    @due("trials")
    def trials_over(self) -> None:
        """What was not answered in time was ignored."""
        for id_, trial in list((self.trials or {}).items()):
            if trial.until <= self.now:
                self._ended(id_, "opened" if trial.opened else "ignored")
        self._follow(self.trials or {})

    def _ended(self, arrangement_id: str, what: What) -> None:
        trials = self.trials or {}
        trial = trials.pop(arrangement_id)
        self._follow(trials)
        tried = Tried(
            contact=trial.contact, segment=trial.segment, how=trial.how, taken=trial.taken,
            what=what, after_s=max(0.0, self.now - trial.at),
        )  # fmt: skip
        self.tell(trial.learner, "engagement.tried", tried)

    def _follow(self, trials: dict[str, Trial]) -> None:
        self.trials = trials or None
        if trials:
            self.remind("trials", at=min(trial.until for trial in trials.values()))
        else:
            self.forget("trials")

    def withdrawn(self, purpose: Purpose) -> None:
        """Learn nothing more from her, of what is under way neither."""
        super().withdrawn(purpose)
        if purpose == "learning":
            self._follow({})


def _same(request: MessageRequest) -> dict[str, dict[str, Any]]:
    """What could be offered instead; what is of another arrangement, or ends otherwise, is not."""
    offer = request.offer or {}
    what = ("supervisor", "arrangement_id", "expires_at")
    return {
        name: other
        for name, other in request.offers.items()
        if name != PLAIN and all(other.get(key) == offer.get(key) for key in what)
    }


def _block(zone: str, at: float) -> str:
    """The block of her day: `08-12`."""
    start = local(zone, at).hour // BLOCK_H * BLOCK_H
    return f"{start:02}-{start + BLOCK_H:02}"


def _starts(zone: str, now: float, until: float) -> list[float]:
    """When the next blocks of her day begin, by her clock, up to a time."""
    here = local(zone, now)
    midnight = datetime(here.year, here.month, here.day, tzinfo=zone_of(zone))
    starts = (
        (midnight + timedelta(hours=BLOCK_H * number)).timestamp()
        for number in range(1, 2 * 24 // BLOCK_H + 1)
    )
    return [start for start in starts if now < start <= until]
