"""Assumed: what a service would have answered that was never asked in truth.

It is taken at its word: what it offered, it holds, confirms and gives back, and its vehicle is
there when the offer said. What it would have offered, or where its vehicle would have been on the
way, nobody knows, and nothing is made up.
"""

from typing import Any

AFTER_S = 1.0
"""So long an assumed answer takes."""

_TERMS = ("price_cents", "currency", "eta_s", "starts_at", "ends_at")


class Services:
    """What services have offered and confirmed in a run."""

    def __init__(self) -> None:
        self._offers: dict[tuple[str, str], dict[str, Any]] = {}
        self._eta_s: dict[str, float] = {}
        self._there: dict[tuple[str, str], float] = {}

    def note(self, service: str, given_type: str, data: dict[str, Any], now: float) -> None:
        """Remember what a service has answered."""
        hold = f"{service} {data.get('hold_id')}"
        if given_type == "availability.answered":
            for offer in data.get("offers", ()):
                self._offers[service, offer["offer_id"]] = offer
        elif given_type == "hold.answered" and data.get("eta_s") is not None:
            self._eta_s[hold] = data["eta_s"]
        elif given_type == "confirm.answered" and hold in self._eta_s:
            self._there[service, data["hold_id"]] = now + self._eta_s[hold]

    def answer(
        self, given_type: str, service: str, request: dict[str, Any], now: float
    ) -> tuple[dict[str, Any], str] | None:
        """An answer and, in words, what is assumed with it; None: nobody can say."""
        name = given_type.removesuffix(".answered")
        hold_id = request.get("hold_id")
        base = {
            "arrangement_id": request["arrangement_id"], "leg": request["leg"],
            "service": service, "hold_id": hold_id,
        }  # fmt: skip
        if name == "hold":
            body = request.get("body", {})
            offer = self._offers.get((service, body.get("offer_id", "")))
            if offer is None:
                return None
            terms = {term: offer[term] for term in _TERMS if offer.get(term) is not None}
            held = base | terms | {"expires_at": body.get("expires_at")}
            return held, f"{service} holds {request['leg']} as it offered it"
        if name in ("confirm", "release"):
            return base, f"{service} says yes to {name} {request['leg']}"
        there = self._there.get((service, hold_id or ""))
        if name != "position" or there is None:
            return None
        left_s = max(0.0, there - now)
        place = base | {"eta_s": left_s, "arrived": left_s == 0.0, "at": now}
        return place, f"{service} is there when it said; where it is on the way, nobody knows"
