"""Provider: the provider contract in memory, driven by a test's clock.

It is stricter than most: a released id stays released, an item is held once, a hold lapses. So a
test can count what is held, and nothing can hide.
"""

from dataclasses import dataclass, field
from typing import Any

Answer = dict[str, Any]


class RefusedError(Exception):
    """The provider says no; the text is its reason."""


@dataclass
class Record:
    """One hold, as the provider has it."""

    hold_id: str
    state: str
    offer: Answer
    expires_at: float
    body: Answer
    confirmed_at: float = 0.0
    evidence: Answer | None = None


@dataclass
class FakeProvider:
    """One company.

    Args:
        sells: tow, ride, rental, slot or cover.
        offers: What it has, each with `offer_id`, `price_cents` and `currency`; tow and ride with
            `eta_s`. Slots and rentals are made from the request.
        hold_limit_s: The longest a hold lives unconfirmed, in seconds.
    """

    sells: str
    offers: list[Answer] = field(default_factory=list)
    hold_limit_s: float = 600.0
    stubborn: bool = False
    """It offers from now on, whatever it is asked for."""
    holds: dict[str, Record] = field(default_factory=dict)
    """By hold id."""
    made: dict[str, Answer] = field(default_factory=dict)
    """Offers that it made, by their id."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    """(call, hold id) of all that it was asked, in order."""

    def call(self, request: Answer, now: float) -> Answer:
        """Carry a call out, or raise `RefusedError`."""
        for record in self.holds.values():
            if record.state == "held" and record.expires_at <= now:
                record.state = "expired"
        name, hold_id = request["call"], request.get("hold_id", "")
        self.calls.append((name, hold_id))
        body = request.get("body", {})
        if name == "availability":
            return {"offers": self._available(body, now)}
        if name == "hold":
            return self._hold(hold_id, body, now)
        if name == "release":
            return self._release(hold_id)
        if hold_id not in self.holds:
            raise RefusedError("unknown_hold")
        record = self.holds[hold_id]
        if record.state in ("released", "expired"):
            raise RefusedError(record.state)
        if name == "confirm":
            if record.state == "held":
                record.state, record.confirmed_at = "confirmed", now
                record.evidence = body.get("details")
            return self._answer(record)
        return self._position(record, now)

    def _available(self, body: Answer, now: float) -> list[Answer]:
        if body["service"] != self.sells:
            raise RefusedError(f"sells {self.sells}, not {body['service']}")
        earliest = now if self.stubborn else max(now, body.get("earliest") or now)
        found = self.offers
        if self.sells == "slot":
            step = 300 if self.stubborn else 3600
            first = int(earliest // step + 1) * step
            found = [
                {**self.offers[0], "offer_id": f"{start}", "starts_at": start,
                 "ends_at": start + 3600}
                for start in range(first, first + 5 * step, step)
            ] if self.offers else []  # fmt: skip
        elif self.sells == "rental":
            found = [
                {**offer, "offer_id": f"{offer['offer_id']}.{earliest}", "starts_at": earliest,
                 "ends_at": body.get("latest") or earliest + 86_400}
                for offer in self.offers
            ]  # fmt: skip
        for offer in found:
            self.made[offer["offer_id"]] = offer
        return [offer for offer in found if self._free(offer["offer_id"])]

    def _free(self, offer_id: str) -> bool:
        item = offer_id.partition(".")[0]
        return not any(
            record.state in ("held", "confirmed")
            and record.offer["offer_id"].partition(".")[0] == item
            for record in self.holds.values()
        )

    def _hold(self, hold_id: str, body: Answer, now: float) -> Answer:
        known = self.holds.get(hold_id)
        if known is not None:
            if known.state in ("released", "expired"):
                raise RefusedError(known.state)
            return self._answer(known)
        offer = self.made.get(body["offer_id"])
        if offer is None or not self._free(body["offer_id"]):
            raise RefusedError("unavailable")
        expires_at = min(body.get("expires_at") or 1e12, now + self.hold_limit_s)
        if expires_at <= now:
            raise RefusedError("expired")
        record = self.holds[hold_id] = Record(hold_id, "held", offer, expires_at, body)
        return self._answer(record)

    def _release(self, hold_id: str) -> Answer:
        record = self.holds.setdefault(hold_id, Record(hold_id, "released", {}, 0.0, {}))
        record.state = "released"
        return self._answer(record)

    def _position(self, record: Record, now: float) -> Answer:
        if record.state != "confirmed":
            raise RefusedError("not_confirmed")
        left_s = max(0.0, record.offer["eta_s"] - (now - record.confirmed_at))
        lat, lon = record.body["near"]
        # It drives straight from the south, a degree in 6,000 s.
        position = [max(-90.0, lat - left_s / 6000.0), lon]
        return {"position": position, "eta_s": left_s, "arrived": left_s == 0.0, "at": now}

    def _answer(self, record: Record) -> Answer:
        answer = {
            key: record.offer.get(key)
            for key in ("price_cents", "currency", "eta_s", "starts_at", "ends_at")
        }
        return {
            **answer, "hold_id": record.hold_id, "state": record.state,
            "expires_at": record.expires_at,
        }  # fmt: skip

    def count(self, state: str, now: float) -> int:
        """How many holds are in a state, by its own clock."""
        return sum(
            record.state == state and (state != "held" or record.expires_at > now)
            for record in self.holds.values()
        )
