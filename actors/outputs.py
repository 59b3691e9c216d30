"""Outputs: what the block being applied has caused so far.

A turn collects what one twin causes; here it is copied as soon as the handler returned, so that it
shares nothing with the twin, and kept until the block is applied.
"""

from collections.abc import Callable, Iterable

from msgspec import msgpack

from actors.applied import Applied
from actors.block import MAX_BYTES, Entry
from actors.keys import Key, seal_effect, seal_entry
from actors.outbox import Caused, Outbox
from twins.errors import TooMuch
from twins.event import encode_message
from twins.handler import Origin
from twins.ids import EVERY_PARTITION, PARTITION, partition_of
from twins.kind import is_person
from twins.outputs import Effect, Signal, Tell
from twins.turn import Turn

MAX_TOLD = MAX_BYTES
"""Bytes of the largest message to another twin: it has to fit into a block."""

_encode = msgpack.Encoder().encode
_decode_effect = msgpack.Decoder(Effect).decode
_decode_signal = msgpack.Decoder(Signal).decode


class Outputs:
    """Messages to other twins, effects and signals of one block.

    Args:
        turn: Holds effects and signals; one turn serves all of a block.
        partitions: How many there are.
    """

    def __init__(self, turn: Turn, partitions: int) -> None:
        self._turn = turn
        self._partitions = partitions
        self.told: list[tuple[int, Entry]] = []
        """(partition, message)."""
        self._effects: list[Effect] = []
        """Those of the turn, as the outbox shall hold them."""

    def clear(self) -> None:
        """A block begins."""
        self._turn.clear()
        self.told, self._effects = [], []

    def keep(
        self,
        twin_id: str,
        tells: int,
        effects: int,
        signals: int,
        key: Key | None = None,
        of: Callable[[str], Key] | None = None,
    ) -> None:
        """Copy what one turn caused: everything from these places of the turn's lists on.

        With a key, messages and effects leave sealed; where `of` gives keys, a message whose data
        says whose it is (`person`) is sealed with hers, and what else would go to a person open,
        with that person's.

        Raises `TooMuch` for a message that none can carry, and whatever encoding raises for what
        can be no message, effect or signal.
        """
        turn = self._turn
        for tell in turn.tells[tells:]:
            payload = encode_message(
                tell.data, id=tell.id, source=twin_id, traceparent=tell.traceparent
            )
            if len(payload) > MAX_TOLD:
                raise TooMuch(
                    f"{twin_id} tells {tell.to} {len(payload)} bytes as {tell.type!r}, and a "
                    f"message carries {MAX_TOLD}; tell it in parts"
                )
            person = None if of is None else getattr(tell.data, "person", None)
            by = key if of is None or person is None else of(person)
            for to in self._addressed(tell):
                target = partition_of(to, self._partitions)
                if by is None and of is not None and is_person(to):
                    by = of(to)
                entry = Entry(to, tell.type, Origin.TWIN, payload)
                self.told.append((target, entry if by is None else seal_entry(entry, by)))
        new = turn.effects[effects:] = [
            _decode_effect(_encode(it)) for it in turn.effects[effects:]
        ]
        self._effects += new if key is None else [seal_effect(it, key) for it in new]
        turn.signals[signals:] = [_decode_signal(_encode(it)) for it in turn.signals[signals:]]

    def undo(self, told: int, tells: int, effects: int, signals: int) -> None:
        """Drop everything from these places on: its event failed."""
        turn = self._turn
        del turn.tells[tells:], turn.effects[effects:], turn.signals[signals:]
        del self._effects[effects:]
        del self.told[told:]
        turn.reminders.clear()
        turn.hits.clear()

    def _addressed(self, tell: Tell) -> Iterable[str]:
        """Who gets a message: one twin, or the twins of all partitions."""
        if tell.to == EVERY_PARTITION:
            return [f"{PARTITION}/{number}" for number in range(self._partitions)]
        return (tell.to,)

    def collect(
        self, partition: int, outbox: Outbox, applied: Applied, renew_to: int | None = None
    ) -> None:
        """Put all of it into the outbox, in order, and say so.

        `renew_to`: up to this position messages begin their chains anew; there, all chains do,
        also those to partitions that have nothing to hear. None: they go on.
        """
        turn = self._turn
        renewed = renew_to is not None
        ends = renew_to is not None and applied.position >= renew_to
        if not (self.told or turn.effects or turn.signals or ends):
            return
        everybody = range(self._partitions) if ends else ()
        tells: dict[int, list[Entry]] = {target: [] for target in everybody}
        for target, entry in self.told:
            tells.setdefault(target, []).append(entry)
        for target in sorted(tells):
            outbox.tell(partition, target, applied.position, tells[target], renewed=renewed)
        if turn.effects:
            outbox.effects.append(Caused(applied.position, list(self._effects)))
        applied.tells = tells
        applied.effects = list(turn.effects)
        applied.signals = list(turn.signals)
