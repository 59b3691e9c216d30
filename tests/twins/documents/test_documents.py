"""Kinds by document: what one may say, the twin it gets, and what is wrong with a bad one."""

from typing import Any

import msgspec
import pytest

import twins.people
from twins.devices import CommandRequest
from twins.documents import DECLARED, load_kind, read_kind
from twins.errors import BadDeclaration, BadDocument, BadPayload
from twins.event import Event, encode_message
from twins.handler import Origin
from twins.kind import KINDS, Kind
from twins.rules.fields import Type, fields_of
from twins.twin import EVERY_TWIN_TAKES, Twin

assert twins.people, "links lead to the kinds of people"

COLD_ROOM = """\
kind: cold_room
description: A cold room of a supermarket.
fields:
  air_c: {type: number, unit: "°C", range: [-40, 60]}
  door: {type: string, one_of: [open, closed]}
  fans: {type: integer, range: [0, 4]}
  shelf: {type: object, fields: {top_c: {type: number, unit: "°C"}}}
  codes: {type: array, items: {type: integer}, max_length: 3}
  seen_at: {type: time}
settings:
  owner: {type: link, to: customer}
  limit_c: {type: number, unit: "°C"}
events:
  telemetry: {measures: [air_c, door, fans, shelf, codes, seen_at]}
  alarm: {payload: {code: {type: integer, range: [0, 99], required: true}}}
  door.moved:
    measures: [door]
    payload: {by: {type: string, max_length: 8, wire: moved-by}}
commands:
  defrost:
    input: {minutes: {type: integer, range: [1, 60], required: true}}
    life_s: 600
  light: {}
"""


def cold_room() -> Kind:
    """The kind, registered."""
    return load_kind(COLD_ROOM, "cold_room.yaml")


def send(twin: Twin, type_: str, data: Any, at: float = 100.0) -> Any:
    """Let a twin handle an event as it comes over the wire, and return what it caused."""
    payload = encode_message(data, time=at)
    message = twin.kind.handler(type_).decode(payload)
    return twin.receive(Event(f"{type_} {at}", type_, twin.id, at, twin.id, message.data))


def ask(twin: Twin, name: str, data: dict[str, Any]) -> Any:
    """Ask for a command."""
    request = CommandRequest(name=name, data=data)
    return twin.receive(Event(f"{name} {data}", "ask.command", twin.id, 100.0, twin.id, request))


def test_a_document_is_a_kind() -> None:
    """It has handlers for what it says, each from whom it should come, and none more."""
    kind = cold_room()

    assert KINDS["cold_room"] is kind
    assert {
        "telemetry": Origin.DEVICE,
        "alarm": Origin.DEVICE,
        "door.moved": Origin.DEVICE,
        "command.progress": Origin.DEVICE,
        "configured": Origin.TWIN,
        "command.requested": Origin.TWIN,
        "ask.command": Origin.INSIDE,
        "ask.command.cancel": Origin.INSIDE,
        "command.done": Origin.INSIDE,
        "command.failed": Origin.INSIDE,
    } == {
        name: handler.least
        for name, handler in kind.handlers.items()
        if name not in EVERY_TWIN_TAKES
    }
    assert "A cold room of a supermarket." == kind.cls.__doc__


def test_its_twin_measures() -> None:
    """The newest value of each field, by reading time; a late one fills only what it may."""
    room: Any = cold_room().new("r1")
    send(room, "telemetry", {"air_c": 3, "shelf": {"top_c": 2.5}, "codes": [1], "seen_at": 5}, 10.0)
    send(room, "telemetry", [{"at": 20.0, "air_c": 4.5}, {"at": 15.0, "door": "open", "fans": 2}])

    assert (4.5, "open", 2, 2.5, [1]) == (
        room.air_c, room.door, room.fans, room.shelf.top_c, room.codes,
    )  # fmt: skip
    assert (20.0, 15.0, 10.0) == (
        room.stamp, room.measured_at("fans"), room.measured_at("codes"),
    )  # fmt: skip


def test_its_state_comes_back() -> None:
    """From JSON and from MessagePack, with what lies within it."""
    kind = cold_room()
    room = kind.new("r1")
    send(room, "telemetry", {"air_c": 3, "shelf": {"top_c": 2}, "codes": [1, 2], "seen_at": 5})
    ask(room, "light", {})

    assert room == kind.restore(msgspec.json.encode(room), 1)
    assert room == kind.decode_state(msgspec.msgpack.encode(room))


@pytest.mark.parametrize(
    ("type_", "data", "said"),
    [
        ("telemetry", {"air_c": 61}, "<= 60.0"),
        ("telemetry", {"air_c": float("nan")}, ">= -40.0"),
        ("telemetry", {"door": "ajar"}, "Invalid enum value 'ajar'"),
        ("telemetry", {"fans": 1.5}, "Expected `int"),
        ("telemetry", {"codes": [1, 2, 3, 4]}, "length <= 3"),
        ("telemetry", {"shelf": {"top_c": "cold"}}, "Expected `float"),
        ("alarm", {}, "missing required field `code`"),
        ("door.moved", {"moved-by": "somebody else"}, "length <= 8"),
        ("configured", {"owner": "dealer/d1"}, "customer"),
        ("configured", {"ownr": "customer/c1"}, "unknown field `ownr`"),
    ],
)
def test_what_does_not_fit_is_refused(type_: str, data: Any, said: str) -> None:
    """By the same decoder as for a class; so the gateway refuses it."""
    handler = cold_room().handler(type_)

    with pytest.raises(msgspec.ValidationError, match=said):
        handler.decode(encode_message(data))


def test_a_payload_is_not_kept() -> None:
    """What an event brings besides is for rules; the fields that it measures are taken."""
    room: Any = cold_room().new("r1")
    send(room, "alarm", {"code": 7})

    assert cold_room().new("r1") == room
    message = room.kind.handler("door.moved").decode(
        encode_message({"door": "open", "moved-by": "Kim"})
    )
    send(room, "door.moved", {"door": "open", "moved-by": "Kim"}, 5.0)

    assert ("open", "Kim") == (message.data.door, message.data.by)
    assert ("open", 5.0) == (room.door, room.stamp)


def test_settings_are_links_and_limits() -> None:
    """From Vigil's edges, not from the device; null empties."""
    room: Any = cold_room().new("r1")
    send(room, "configured", {"owner": "customer/c1", "limit_c": 6})
    send(room, "configured", {"limit_c": None})

    assert ("customer/c1", None) == (room.owner, room.limit_c)


def test_commands_go_out_with_their_input_checked() -> None:
    """As of any kind that takes commands: refused to the caller, or sent until they expire."""
    room = cold_room().new("r1")
    sent = ask(room, "defrost", {"minutes": 5}).effects

    assert [("command", "cold_room/r1", 700.0)] == [
        (it.name, it.address, it.expires_at) for it in sent
    ]
    for data, said in (
        ({"minutes": 99}, "defrost: Expected `int` <= 60"),
        ({}, "missing required field `minutes`"),
        ({"minutes": 5, "hours": 1}, "unknown field `hours`"),
    ):
        with pytest.raises(BadPayload, match=said):
            ask(room, "defrost", data)


def test_without_events_telemetry_measures_all() -> None:
    """The shortest document there is."""
    kind = load_kind("kind: buoy\nfields: {wave_m: {type: number}}\n")
    buoy: Any = kind.new("b1")
    send(buoy, "telemetry", {"wave_m": 1.5})

    assert {"telemetry"} == kind.handlers.keys() - EVERY_TWIN_TAKES
    assert 1.5 == buoy.wave_m


def test_the_same_document_changes_nothing() -> None:
    """However it is written; every process may load it as often as it wants."""
    kind = cold_room()
    said = msgspec.json.encode(DECLARED["cold_room"].document.model_dump(by_alias=True)).decode()

    assert load_kind(COLD_ROOM, "copy.yaml") is kind
    assert load_kind(said, "cold_room.json") is kind


def test_two_cannot_declare_one_kind() -> None:
    """Neither two documents, nor a document and a class; the error names both."""
    cold_room()

    with pytest.raises(BadDeclaration, match=r"other\.yaml: .*'cold_room'.* cold_room\.yaml alr"):
        load_kind(COLD_ROOM.replace("60", "50"), "other.yaml")
    with pytest.raises(BadDeclaration, match=r"'cold_room' is declared by ColdRoom and by .*Other"):

        class Other(Twin, kind="cold_room"):
            """The same name."""


def test_a_later_schema_adds() -> None:
    """What was stored is taken over as it is; what it lacks is empty."""
    stored = msgspec.json.encode({"key": "r1", "stamp": 5.0, "air_c": 3.5})
    later = COLD_ROOM.replace("kind: cold_room", "kind: cold_room\nschema: 2").replace(
        "[-40, 60]", "[-60, 80]"
    )
    room: Any = load_kind(later).restore(stored, 1)

    assert (3.5, None, 5.0) == (room.air_c, room.door, room.stamp)


def test_a_later_schema_loses_nothing_silently() -> None:
    """A field that is gone needs a class, which says what becomes of its values."""
    kind = load_kind("kind: cold_room\nschema: 2\nfields: {door: {type: string}}\n")
    stored = msgspec.json.encode({"key": "r1", "air_c": 3.5})

    with pytest.raises(BadDeclaration, match=r"cold_room was stored in schema 1 with air_c, which"):
        kind.restore(stored, 1)


RULED = """\
kind: cold_room
fields:
  air_c: {type: number, unit: qudt:DEG_C, range: [-40, 60]}
  level: {type: integer, one_of: [1, 2, 3]}
settings:
  owner: {type: link, to: customer, mirrors: [tier]}
rules:
  - rule: room.warm
    when: avg(air_c, 5m) > 8 and owner.tier == "gold"
    then: {signal: room.warm, data: [air_c]}
"""


def test_rules_may_come_along() -> None:
    """They watch the fields, and what is mirrored of a linked twin."""
    kind = load_kind(RULED, "x.yaml")
    room: Any = kind.new("r1")
    room.mirror = {"owner": {"of": "customer/c1", "tier": "gold"}}
    signals = []
    for minute in range(8):
        signals += send(room, "telemetry", {"air_c": 9.0}, 60.0 * minute).signals

    assert {"owner": ("tier",)} == kind.mirrors
    assert ["room.warm"] == [signal.name for signal in signals]
    assert 9.0 == signals[0].data["air_c"]


def test_fields_have_units_and_ranges() -> None:
    """As the document says, for whoever writes rules: also in a catalogue."""
    fields = fields_of(load_kind(RULED))

    assert ("qudt:DEG_C", -40.0, 60.0, True) == (
        fields["air_c"].unit, fields["air_c"].low, fields["air_c"].high, fields["air_c"].measured,
    )  # fmt: skip
    assert (Type.NUMBER, 1, 3) == (
        fields["level"].type, fields["level"].low, fields["level"].high,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("avg(air_c", "avg(air_k"),
            "x.yaml:9:15: room.warm: when: a cold_room has no 'air_k'; did you",
        ),
        (("when:", "wen:"), "x.yaml:9:5: room.warm: wen: no such word here; did you mean when?"),
        (("8 and", "8 adn"), "x.yaml:9:30: room.warm: when: this is no condition"),
        (("[air_c]}", "[air]}"), "x.yaml:10:38: room.warm: then.0.data.0: "),
        (("owner.tier", "owner.teir"), "x.yaml:9:34: room.warm: when: "),
    ],
)
def test_a_mistake_in_a_rule_is_pointed_to(change: tuple[str, str], said: str) -> None:
    """In the document in which it stands."""
    with pytest.raises(BadDocument) as caught:
        _ = load_kind(RULED.replace(*change), "x.yaml").ruleset

    assert said in str(caught.value)


HEAD = "kind: x\nfields:\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "  a: {typ: number}", "x.yaml:3:7: fields.a.typ: no such word here; did you mean"),
        (HEAD + "  a: {}", "x.yaml:3:3: fields.a: type is missing"),
        (
            HEAD + "  a: {type: float}",
            "x.yaml:3:13: fields.a.type: input should be 'number', 'integer', ",
        ),
        (HEAD + "  key: {type: number}", "x.yaml:3:3: fields.key: every twin has this name"),
        (HEAD + "  class: {type: number}", "x.yaml:3:3: fields.class: this is a word of Python"),
        (HEAD + "  a-b: {type: number}", "x.yaml:3:3: fields.a-b: string should match pattern"),
        (
            HEAD + "  a: {type: string, range: [1, 2]}",
            "x.yaml:3:21: fields.a.range: it belongs to number and integer, not to string",
        ),
        (
            HEAD + "  a: {type: number, range: [2, 1]}",
            "x.yaml:3:21: fields.a.range: it begins at 2, behind its end 1",
        ),
        (
            HEAD + "  a: {type: number, range: [1]}",
            "x.yaml:3:21: fields.a.range: list should have at least 2 items",
        ),
        (
            HEAD + "  a: {type: integer, one_of: [1, big]}",
            "x.yaml:3:34: fields.a.one_of.1: 'big' is no integer",
        ),
        (HEAD + "  a: {type: link}", "x.yaml:3:3: fields.a: a link says to which kind"),
        (
            HEAD + "  a: {type: number}\nevents:\n  e: {measures: [b]}",
            (
                "x.yaml:3:3: fields.a: no event measures it\n"
                "x.yaml:5:18: events.e.measures.0: b is not among the fields"
            ),
        ),
        (
            HEAD + "  a: {type: number}\nevents:\n  e: {measures: [a], payload: {a: {type: any}}}",
            "x.yaml:5:32: events.e.payload.a: this is a field already",
        ),
        (
            HEAD + "  a: {type: number}\nsettings:\n  a: {type: number}",
            "x.yaml:5:3: settings.a: it stands in fields already",
        ),
        (
            "kind: x\nevents:\n  command.progress: {}",
            "x.yaml:3:3: events.command.progress: this is an event of Vigil's own",
        ),
        (
            HEAD + "  a: {type: any, wire: c}\n  b: {type: any, wire: c}",
            "x.yaml:4:18: fields.b.wire: c is the name of something else in this message",
        ),
        ("kind: Xy", "x.yaml:1:7: kind: string should match pattern"),
        ("kind: x\nschema: 0", "x.yaml:2:9: schema: input should be greater than or equal to 1"),
        (
            HEAD + "  a: " + "{type: array, items: " * 9 + "{type: any}" + "}" * 9,
            "fields.a.items.items.items.items.items.items.items: it lies more than 8 levels deep",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_pointed_to(text: str, said: str) -> None:
    """Line, column and word; what is wrong, and what would be right."""
    with pytest.raises(BadDocument) as caught:
        read_kind(text, "x.yaml")

    assert said in str(caught.value)
