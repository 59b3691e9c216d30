"""Decide: a rule that has fired asks a decision table, and what follows may use the answer.

    then:
      - decide: remedy
        data: {value_cents: owner.lifetime_value_cents, distance_km: distance_m / 1000}
      - signal: engine.overheating
        data: {offer: remedy.offer, voucher_cents: remedy.voucher_cents}

The table is a document of the same rulebook (`twins.rules.tables`). Its answer goes by its name, or
by `as`; why it said so is kept with the firing, under `decisions`.
"""

from typing import Annotated, Any, Final

import msgspec
from pydantic import Field, PrivateAttr

from twins.rules.actions import Act, Said, action
from twins.rules.document import Dotted
from twins.rules.fields import Field as Known
from twins.rules.fields import Type
from twins.rules.tables import Decision, Table
from twins.turn import Turn

MOST_EVIDENCE: Final = 2048
"""Bytes that are kept of one decision; of a larger one only the numbers of its rows."""

_encode = msgspec.json.Encoder(order="deterministic").encode


class DecideSaid(Said):
    """Asks a table."""

    name: Dotted
    """The table."""
    as_: Annotated[str | None, Field(alias="as", pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")] = None
    """What its answer is called in what follows; default: the table's name."""

    _table: Table = PrivateAttr()

    @property
    def answer(self) -> str:
        """The name of its answer."""
        return self.as_ or self.name

    def bind(self, table: Table) -> None:
        """Say which table it is."""
        self._table = table

    def ask(self, data: dict[str, Any]) -> Decision:
        """Ask it."""
        return self._table.decide(data)

    def fields(self) -> dict[str, Known]:
        """What its answer has; an empty name is all of it."""
        return {name: Known(name=name, type=Type.OTHER) for name in ("", *self._table.outputs)}


@action("decide", DecideSaid)
def decide(act: Act[DecideSaid]) -> None:
    """Ask the table, and keep what it said and why."""
    said = act.said
    decision = said.ask(act.data)
    act.turn.decided[said.answer] = decision.outputs
    kept: dict[str, Any] = msgspec.to_builtins(decision)
    if len(_encode(kept)) > MOST_EVIDENCE:
        rows = [{"table": row.table, "row": row.row} for row in decision.rows]
        kept = {"table": decision.table, "version": decision.version, "rows": rows}
    act.firing.why.setdefault("decisions", {})[said.answer] = kept


def decided(turn: Turn, answer: str, name: str) -> Any:
    """A part of what was decided for what follows; None where there is none."""
    outputs = turn.decided.get(answer)
    if not name:
        return outputs
    return outputs.get(name) if isinstance(outputs, dict) else None
