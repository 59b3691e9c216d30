"""Following: where the vehicle is that was confirmed, until it arrives."""

from actors.supervisors.arrangement import Arrangement, LegState, State
from actors.supervisors.offering import Offering
from actors.supervisors.standing import Track
from twins.devices.vehicle import Helper
from twins.handler import told
from twins.services.messages import Moved, Request

FOLLOW_S = 5.0
"""How often the provider is asked where its vehicle is."""

LATE_S = 1800.0
"""How much later than promised a vehicle may be before a person is brought in."""

UNKNOWN_ETA_S = 3600.0
"""How long to wait for a vehicle whose provider promised no time."""


class Following(Offering):
    """Base of policies in which somebody drives to the customer."""

    def followed(self, arr: Arrangement) -> str | None:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """The leg whose vehicle is followed; None if there is none."""
        return None

    def followers(self, arr: Arrangement) -> list[str]:
        """The twins that are told where it is."""
        return [arr.cause.twin_id]

    def started(self, arr: Arrangement) -> None:
        """Begin to follow."""
        leg = arr.legs.get(self.followed(arr) or "")
        if leg is None or leg.state is not LegState.CONFIRMED or leg.service is None:
            self.settle(arr, State.CLOSED)
            return
        arr.track = Track(leg=leg.name, service=leg.service, eta_s=leg.eta_s)
        eta_s = UNKNOWN_ETA_S if leg.eta_s is None else leg.eta_s
        arr.deadlines["arrive"] = self.now + eta_s + LATE_S
        self._follow(arr)

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A deadline is over."""
        if name == "follow":
            self._follow(arr)
        elif name == "arrive":
            track = arr.track
            assert track is not None
            reason = f"{track.leg} of {track.service} has not arrived; it was due {LATE_S:g} s ago"
            self.open_case(arr, reason)
            self.settle(arr, State.WITH_PERSON, reason)
        else:
            super().lapsed(arr, name)

    def _follow(self, arr: Arrangement) -> None:
        track = arr.track
        assert track is not None
        arr.deadlines["follow"] = self.now + FOLLOW_S
        request = Request(
            asker=self.id,
            arrangement_id=arr.id,
            leg=track.leg,
            hold_id=arr.legs[track.leg].hold_id,
            by=self.now + FOLLOW_S,
        )
        self.tell(track.service, "position.requested", request)

    @told("position.answered")
    def position_answered(self, moved: Moved) -> None:
        """The provider says where it is; an older place than the last one is passed over."""
        arr = self.open(moved.arrangement_id)
        track = arr.track if arr is not None else None
        if arr is None or track is None or arr.state is not State.UNDERWAY or not moved.ok:
            return
        if moved.hold_id != arr.legs[track.leg].hold_id or moved.at < track.at:
            return
        track.position, track.eta_s = moved.position, moved.eta_s
        track.arrived, track.at = moved.arrived, moved.at
        helper = Helper(
            arrangement_id=arr.id,
            service=track.service,
            position=track.position,
            eta_s=track.eta_s,
            arrived=track.arrived,
            at=track.at,
        )
        for twin_id in self.followers(arr):
            self.tell(twin_id, "helper.moved", helper)
        if track.arrived:
            arr.step(f"{track.leg}.arrived", self.now, track.service, hold_id=moved.hold_id)
            self.settle(arr, State.CLOSED)
        self.go_on()
