"""Streets: the cast of the kinds that Vigil has: three cars overheat, and all come to help."""

from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec
from simulation.senders import Numbered
from support.city import CAR, DESK, HERE, OWNER, city

from actors.supervisors.arrangement import LegState
from actors.supervisors.roadside import Roadside
from actors.testing import RefusedError
from twins.event import Message
from twins.outputs import Effect, Outcome, Target
from twins.twin import Twin

if TYPE_CHECKING:
    from simulation.world import World

MORNING_S = 2.0
"""Until then nothing overheats: settings are on their way to everybody."""

CARS = [f"vehicle/v{number}" for number in range(1, 4)]


class Streets:
    """The city's providers and people; what they do to an effect is drawn."""

    loops = "nothing"
    pace = 0.05

    def __init__(self) -> None:
        self._city = city()
        self._todo: dict[str, deque[dict[str, str]]] = {car: deque() for car in CARS}
        """What a car has still to say about its commands."""
        self._now = 0.0
        """When something was last asked of a provider, a person or a car."""

    def enter(self, world: "World") -> list[Numbered]:
        """Give everybody their settings, as the city does; each car has an owner of its own."""
        for _, twin_id, event_type, payload in self._city.world.log:
            if event_type != "configured":
                continue
            data = msgspec.msgpack.decode(payload, type=Message[Any]).data
            for number in range(1, len(CARS) + 1) if twin_id in (CAR, OWNER) else [1]:
                mine = {**data, "owner": f"customer/c{number}"} if twin_id == CAR else data
                world.say(f"{twin_id[:-1]}{number}" if len(data) and twin_id in (CAR, OWNER)
                          else twin_id, "configured", mine)  # fmt: skip
        return [
            Numbered(car, None, flight, lambda _, car=car: self._make(world, car), world.chance)  # type: ignore[misc]  # a default binds it
            for car, flight in zip(CARS, (1, 8, 64), strict=True)
        ]

    def speak(self, world: "World") -> None:
        """An operator gives the desk a setting anew, or sets how far the policy may go."""
        if world.chance.random() < 0.5:
            world.say(DESK, "configured", {"name": world.chance.choice(["north", "south"])})
            return
        world.say("policy/roadside", "configured", {
            "level": world.chance.choice(["act", "act", "act", "propose", "shadow"]),
            "day_cents": world.chance.choice([{}, {"EUR": 90_000}]),
            "per_hour": world.chance.choice([2, 500]),
        })  # fmt: skip

    def finish(self, world: "World") -> None:
        """Cars still say how far their commands are."""
        for device in world.devices:
            if self._todo[device.subject]:
                device.create()

    def question(self, world: "World") -> tuple[str, str, Any]:
        """Somebody wants a trunk opened, a case that is not hers, or policies stopped."""
        # Seldom: whatever is stopped is undone, and then nothing is offered, confirmed or followed.
        if world.chance.random() < 0.03:
            policy = world.chance.choice(["policy/roadside", "policy/all"])
            return policy, world.chance.choice(["policy.stop", "policy.resume"]), {"by": "her"}
        if world.chance.random() < 0.5:
            return world.chance.choice(CARS), "unlock_trunk", None
        return "employee/e1", "take", {"case_id": "nobodys"}

    def carry_out(self, world: "World", effect: Effect) -> Outcome:
        """Ask the provider, the person, the car or the computation; one in eight fails."""
        result, reason, detail = None, None, None
        now = self._now = world.clock.now
        if effect.expires_at is not None and effect.expires_at <= now:
            reason = "expired"
        elif world.chance.random() < 0.06:
            reason = world.chance.choice(["unknown", "refused"])
        else:
            try:
                result = self._do(world, effect)
            except RefusedError as refusal:
                reason, detail = "refused", str(refusal)
        return Outcome(
            effect_id=effect.id, key=effect.key, result=result, reason=reason, detail=detail,
            at=now,
        )  # fmt: skip

    def check(self, twins: dict[str, Twin], where: str) -> None:
        """Every arrangement ended, stopped or not, and nothing is held any more."""
        held = {
            url: provider.count("held", self._now)
            for url, provider in self._city.world.providers.items()
        }

        assert 0 == sum(held.values()), f"{where}: {held}"
        for twin_id, twin in twins.items():
            if isinstance(twin, Roadside) and twin.arrangement is not None:
                arr = twin.arrangement

                assert arr.ended, f"{where}, {twin_id}"
                assert not arr.in_state(LegState.HOLDING, LegState.HELD), f"{where}, {twin_id}"
                assert not arr.returns, f"{where}, {twin_id}"

    def _do(self, world: "World", effect: Effect) -> Any:
        if effect.target is Target.PROVIDER:
            provider = self._city.world.providers[effect.address]
            return provider.call(effect.request, world.clock.now)
        if effect.target is Target.CHANNEL:
            if effect.request.get("offer") is not None:
                self._answer(world, effect.request["offer"])
            return None
        if effect.target is Target.COMPUTE:
            return {"remaining_life_h": 1.5}
        command = effect.request
        end = (
            "refused" if command["name"] == "open_trunk" and world.chance.random() < 0.5 else "done"
        )
        self._todo[effect.twin_id].extend(
            {"id": command["id"], "state": state} for state in ("delivered", end)
        )
        return None

    def _answer(self, world: "World", offer: dict[str, Any]) -> None:
        """Two in three customers say yes or no; the others say nothing."""
        said = world.chance.choice([True, False, None])
        if said is not None:
            world.say(offer["supervisor"], "offer.answered", {
                "arrangement_id": offer["arrangement_id"], "accept": said, "answered_by": "her",
            })  # fmt: skip

    def _make(self, world: "World", car: str) -> tuple[str, Any]:
        """What a car says: how far its commands are, or a reading."""
        chance = world.chance
        if self._todo[car]:
            return "command.progress", self._todo[car].popleft()
        if chance.random() < 0.1 and world.clock.now > world.start + MORNING_S:
            # Kept while it was offline: twelve readings, and the engine gets hot.
            return "telemetry", [self._reading(world, 94.0 + rise) for rise in range(12)]
        return "telemetry", self._reading(world, chance.uniform(70, 94))

    def _reading(self, world: "World", coolant_c: float) -> dict[str, float]:
        lon = HERE[1] + world.chance.uniform(0, 0.01)
        speed = world.chance.choice([0.0, 50.0])
        return {"at": world.clock.now, "coolant_c": coolant_c, "speed_kmh": speed,
                "lat": HERE[0], "lon": lon, "rpm": 2000.0}  # fmt: skip
