"""Handlers and kinds: what may be declared, what is refused, and how payloads are checked."""

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from twins import handler as handlers
from twins.errors import BadDeclaration, UnknownKind, UnknownType
from twins.event import Event, Reading, encode_message
from twins.handler import Handler, Origin, ask, done, due, failed, heeds, on, told
from twins.kind import KINDS, LISTENERS, kind_of
from twins.outputs import Outcome
from twins.rules.errors import BadRule
from twins.twin import EVERY_TWIN_TAKES, Twin


class Glass(Reading):
    """A reading."""

    full: float | None = None


class Cup(Twin, kind="decl_cup"):
    """One handler of each sort."""

    full: float | None = None

    @on("glass")
    def glass(self, reading: Glass) -> None:
        """Take over a reading."""
        self.update(reading)

    @told("filled")
    @told("poured")
    def filled(self, much: float) -> None:
        """Take two types."""
        self.full = much

    @heeds("decl.thirst")
    def thirst(self) -> None:
        """Ignore the data."""
        self.full = 0.0

    @done("wash")
    def washed(self, _outcome: Any) -> None:
        """An outcome."""

    @failed("wash")
    def not_washed(self, _outcome: Any) -> None:
        """An outcome."""

    @ask("full")
    def is_full(self) -> float | None:
        """Answer."""
        return self.full

    @due("cold")
    def cold(self) -> None:
        """Time has passed."""


def test_each_decorator_says_the_type_and_the_least_origin() -> None:
    """Who may send what: devices readings, twins messages and signals, the inside all else."""
    assert {
        "glass": Origin.DEVICE,
        "filled": Origin.TWIN,
        "poured": Origin.TWIN,
        "signal.decl.thirst": Origin.TWIN,
        "wash.done": Origin.INSIDE,
        "wash.failed": Origin.INSIDE,
        "ask.full": Origin.INSIDE,
    } == {
        name: handler.least
        for name, handler in Cup.kind.handlers.items()
        if name not in EVERY_TWIN_TAKES
    }
    assert ["cold"] == [name for name in Cup.kind.reminders if not name.startswith("vigil.")]
    assert {"signal.decl.thirst", "ask.full"} == Cup.kind.silent


def test_only_devices_send_lists() -> None:
    """A device may send one reading or several as one message; nobody else may."""
    listed = {name for name, handler in Cup.kind.handlers.items() if handler.listed}

    assert {"glass"} == listed


def test_a_kind_is_found_by_its_name() -> None:
    """And its supervisors by the signal that they heed."""
    assert kind_of("decl_cup") is Cup.kind
    assert ("decl_cup",) == LISTENERS["decl.thirst"]


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    """The error says what there is."""
    with pytest.raises(UnknownKind, match=r"no kind 'nokind'; known: .*decl_cup"):
        kind_of("nokind")
    with pytest.raises(UnknownType, match=r"no handler for 'notype'; it has: ask.full, filled,"):
        Cup.kind.handler("notype")


@pytest.mark.parametrize("decode", ["decode", "decode_json"])
def test_payloads_are_checked_by_their_type(decode: str) -> None:
    """MessagePack and JSON alike: the right shape is decoded, one or a list; any other refused."""
    handler = Cup.kind.handler("glass")
    encode = msgspec.msgpack.encode if decode == "decode" else msgspec.json.encode
    one = getattr(handler, decode)(encode({"data": {"at": 5, "full": 1}, "sequence": 3}))
    many = getattr(handler, decode)(encode({"data": [{"full": 1.5}, {}]}))

    assert (Glass(at=5.0, full=1.0), 3) == (one.data, one.sequence)
    assert [Glass(full=1.5), Glass()] == many.data
    wrongs: list[Any] = [
        {"data": {"full": "much"}},
        {"data": 5},
        {},
        [],
        {"data": {}, "sequence": "x"},
    ]
    for wrong in wrongs:
        with pytest.raises(msgspec.DecodeError):
            getattr(handler, decode)(encode(wrong))


def test_a_message_comes_back() -> None:
    """The envelope's fields travel; those not given take no space."""
    handler = Cup.kind.handler("glass")
    payload = encode_message(Glass(full=1.0), time=2.0, id="i", source="s", boot=1, sequence=7,
                             base=5, traceparent="t")  # fmt: skip
    message = handler.decode(payload)

    assert (Glass(full=1.0), 2.0, "i", "s", 1, 7, 5, "t") == (
        message.data, message.time, message.id, message.source, message.boot, message.sequence,
        message.base, message.traceparent,
    )  # fmt: skip
    assert len(encode_message({})) == 1 + 5 + 1


def _two(self: Any, one: int, two: int) -> None:
    """Take too much."""


def _bare(self: Any, one) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - what is refused
    """Say nothing about the data."""


@pytest.mark.parametrize(
    ("function", "why"), [(_two, "takes 3 parameters"), (_bare, "annotate 'one'")]
)
def test_a_handler_that_cannot_work_is_refused(function: Any, why: str) -> None:
    """When the kind is declared, not when the first event comes."""
    with pytest.raises(BadDeclaration, match=why):
        Handler("x", function, Origin.DEVICE)


def test_a_new_twin_knows_nothing_but_its_key() -> None:
    """A field without a default cannot be."""
    with pytest.raises(BadDeclaration, match=r"decl_bad\.size has no default"):

        class Bad(Twin, kind="decl_bad"):
            size: float


def test_two_handlers_of_one_type_are_refused() -> None:
    """Nobody could say which of them runs."""
    with pytest.raises(BadDeclaration, match="handles 'x' twice"):

        class Twice(Twin, kind="decl_twice"):
            @on("x")
            def one(self) -> None:
                """Take it."""

            @told("x")
            def other(self) -> None:
                """Take it too."""


def test_two_kinds_of_one_name_are_refused() -> None:
    """A name belongs to one class."""
    with pytest.raises(BadDeclaration, match="declared by"):

        class Other(Twin, kind="decl_cup"):
            pass

    assert KINDS["decl_cup"] is Cup.kind


def test_a_rule_over_a_type_that_nobody_handles_is_refused() -> None:
    """It would never run."""

    class Deaf(Twin, kind="decl_deaf"):
        rules = ({"rule": "s", "on": "nothing", "when": "stamp > 3"},)

    del KINDS["decl_deaf"]
    with pytest.raises(BadRule, match="decl_deaf takes no 'nothing'"):
        _ = Deaf.kind.ruleset


def test_a_base_class_is_no_kind() -> None:
    """Kinds inherit its handlers."""

    class Base(Twin):
        @on("x")
        def x(self) -> None:
            """Take it."""

    class Child(Base, kind="decl_child"):
        pass

    assert ["x"] == [name for name in Child.kind.handlers if name not in EVERY_TWIN_TAKES]
    assert "Base" not in KINDS


class Old(Struct):
    """What an older version stored."""

    key: str
    name: str


class Renamed(Twin, kind="decl_renamed", schema=3):
    """A kind whose fields changed twice."""

    title: str = ""
    length: int = 0

    @classmethod
    def upgrade(cls, fields: dict[str, Any], schema: int) -> dict[str, Any]:
        """Rename `name` to `title`, then count its letters."""
        if schema == 1:
            fields["title"] = fields.pop("name")
        else:
            fields["length"] = len(fields["title"])
        return fields


def test_an_older_state_is_upgraded_step_by_step() -> None:
    """From each schema to the next, and then it is checked as any other."""
    stored = msgspec.json.encode(Old("k1", "Fridge"))

    assert Renamed(key="k1", title="Fridge", length=6) == Renamed.kind.restore(stored, 1)
    with pytest.raises(BadDeclaration, match="has schema 4, this code knows 3"):
        Renamed.kind.restore(stored, 4)


def test_the_decorators_are_exactly_these() -> None:
    """A new way of receiving needs a place in the table and in these tests."""
    names = {"on", "told", "heeds", "done", "failed", "ask", "due"}
    public = {name for name, value in vars(handlers).items()
              if callable(value) and getattr(value, "__module__", "") == handlers.__name__
              and not name.startswith("_") and name[0].islower()}  # fmt: skip

    assert names | {"declared", "takes_payload"} == public


def test_both_endings_of_an_effect_are_taken() -> None:
    """Where only one is handled, the other one does nothing; where none is, none is taken."""

    class Ending(Twin, kind="ending"):
        """Handles one ending of its effect."""

        count: int = 0

        @done("wash")
        def washed(self, _outcome: Outcome) -> None:
            """Count."""
            self.count += 1

        @ask("all.done")
        def all_done(self) -> int:
            """Answer."""
            return self.count

    kind = KINDS["ending"]
    twin = Ending.new("e")
    for name in ("done", "failed"):
        twin.receive(Event(name, f"wash.{name}", twin.id, 1.0, twin.id, Outcome(effect_id="e")))

    assert 1 == twin.count
    mine = {"ask.all.done", "wash.done", "wash.failed"}
    assert mine == kind.handlers.keys() - set(EVERY_TWIN_TAKES)
    assert [Origin.INSIDE] * 2 == [kind.handlers[f"wash.{it}"].least for it in ("done", "failed")]
    assert not kind.handlers["ask.all.done"].outcome
