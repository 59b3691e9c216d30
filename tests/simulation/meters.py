"""Meters: the cast of test kinds. They use everything, and wrote down whatever they handled."""

from typing import TYPE_CHECKING, Any

from simulation.kinds import Battery, Count, Desk, Level, Meter, Owner
from simulation.senders import Numbered

from actors.block import Entry
from twins.event import encode_message
from twins.handler import Origin
from twins.outputs import Effect, Outcome
from twins.twin import Twin

if TYPE_CHECKING:
    from simulation.world import World

METERS = [f"sim_meter/m{number}" for number in range(7)]
OWNERS = [f"sim_owner/o{number}" for number in range(3)]
FLIGHTS = [1, 4, 64]
"""How many messages a meter may have in flight."""


class Meters:
    """Seven meters, some with a second source of messages, and three owners."""

    loops = "sim_meter"
    pace = 1.0

    def __init__(self) -> None:
        self._values = dict.fromkeys(METERS, 30.0)
        self._spoken = 0

    def enter(self, world: "World") -> list[Numbered]:
        """Every second meter has a hub that numbers its own messages."""

        def device(number: int, source: str | None, flight: int) -> Numbered:
            meter = METERS[number]
            return Numbered(
                meter, source, flight, lambda index: self._make(world, meter, index), world.chance
            )

        own = [device(number, None, FLIGHTS[number % 3]) for number in range(len(METERS))]
        return own + [device(number, f"hub{number}", 16) for number in range(1, len(METERS), 2)]

    def speak(self, world: "World") -> None:
        """A device without numbers sends: with an id, or with nothing but its content."""
        chance = world.chance
        meter = chance.choice(METERS)
        self._spoken += 1
        event_type, data = self._make(world, meter, 100_000 + self._spoken)
        if chance.random() < 0.5:
            time = None if chance.random() < 0.5 else world.clock.now
            payload = encode_message(data, time=time, id=f"named {self._spoken}")
        else:
            # Content is its own id here; its time is never the same twice.
            payload = encode_message(data, time=world.start + self._spoken / 1000)
        world.publish(Entry(meter, event_type, Origin.DEVICE, payload))

    def finish(self, world: "World") -> None:
        """Meters owe nothing."""

    def question(self, world: "World") -> tuple[str, str, Any]:
        """Two in three are understood."""
        return world.chance.choice(METERS), world.chance.choice(["recent", "recent", "what"]), None

    def carry_out(self, world: "World", effect: Effect) -> Outcome:
        """One in four is refused, always the same ones."""
        refused = int(effect.id, 16) % 4 == 0
        return Outcome(
            effect_id=effect.id,
            key=effect.key,
            result=None if refused else {"ok": True},
            reason="refused" if refused else None,
            at=world.clock.now,
        )

    def check(self, twins: dict[str, Twin], where: str) -> None:
        """All that was handled was handled once; all that was told was heard in order."""
        for twin_id, twin in twins.items():
            if isinstance(twin, Meter):
                assert len(twin.trace) == len(set(twin.trace)), f"{where}, {twin_id}"
            elif isinstance(twin, Owner):
                for meter, numbers in twin.heard.items():
                    teller = twins[meter]
                    assert isinstance(teller, Meter)
                    sent = teller.told_owner[twin_id]

                    assert list(range(1, sent + 1)) == numbers, f"{where}, {twin_id} from {meter}"
                for name, due, ran in twin.nudges:
                    assert due <= ran, f"{where}, {twin_id}, {name} was early"
            elif isinstance(twin, Desk):
                assert len(twin.steps) == len(set(twin.steps)), f"{where}, {twin_id}"
                for case, end in twin.cases.items():
                    assert end in ("confirmed", "failed", "released"), f"{where}, {twin_id}, {case}"

    def _make(self, world: "World", meter: str, index: int) -> tuple[str, Any]:
        """What a meter has to say: mostly readings, some late, some in lists; seldom poison."""
        chance, now = world.chance, world.clock.now
        what = chance.random()
        if what < 0.45:
            return "level", self._level(world, meter)
        if what < 0.55:
            return "level", [self._level(world, meter) for _ in range(chance.randint(2, 5))]
        if what < 0.7:
            return "battery", Battery(at=now - chance.randint(0, 9), volts=float(index))
        poison = now + chance.randint(5, 60) if chance.random() < 0.05 else 0.0
        if poison:
            world.count("poison")
        return "count", Count(index, chance.choice(OWNERS), poison)

    def _level(self, world: "World", meter: str) -> Level:
        chance = world.chance
        value = self._values[meter] + chance.uniform(-2, 5)
        self._values[meter] = value if value < 70 else 30.0
        late = chance.random() < 0.2
        at = world.clock.now - (chance.randint(1, 30) if late else 0)
        return Level(at=at, value=value, load=chance.choice([None, chance.uniform(0, 9)]))
