"""Thing Descriptions: what of the W3C's format becomes fields, events and commands of a kind."""

from typing import Any

import msgspec
import pytest

from twins.documents import load_kind, read_kind
from twins.documents.model import KindDocument, Value
from twins.documents.things import WRITE
from twins.errors import BadDocument
from twins.event import encode_message

BREWER: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/2019/wot/td/v1",
        "https://www.w3.org/2022/wot/td/v1.1",
        {"qudt": "http://qudt.org/vocab/unit/"},
    ],
    "id": "urn:dev:ops:brewer-1",
    "title": "Smart-Coffee Machine",
    "description": "Brews.",
    "securityDefinitions": {"none": {"scheme": "nosec"}},
    "security": "none",
    "properties": {
        "boiler-temp": {
            "type": "number", "unit": "http://qudt.org/vocab/unit/DEG_C", "minimum": 0,
            "exclusiveMaximum": 130, "title": "Boiler", "readOnly": True,
            "forms": [{"href": "http://192.0.2.1/boiler"}],
        },
        "servedCounter": {"type": "integer", "exclusiveMinimum": -1, "unit": "1"},
        "mode": {"type": "string", "enum": ["idle", "brewing"]},
        "levels": {
            "type": "object",
            "properties": {"water": {"type": "integer", "maximum": 100}, "class": {}},
            "required": ["water"],
        },
        "drinks": {"type": "array", "items": {"type": "string"}, "maxItems": 9},
        "speed": {"oneOf": [{"type": "number"}, {"type": "string"}]},
        "key": {"const": "brewer"},
        "pin": {"type": "string", "writeOnly": True},
    },
    "events": {
        "out of water": {"data": {"type": "string"}, "description": "No water."},
        "brewed": {
            "data": {
                "type": "object",
                "properties": {
                    "mode": {"type": "string", "enum": ["idle", "brewing"]},
                    "speed": {"type": "string", "maxLength": 8},
                    "at": {"type": "string"},
                },
                "required": ["at"],
            }
        },
        "ping": {},
    },
    "actions": {
        "brew": {
            "uriVariables": {"size": {"type": "string", "enum": ["s", "l"]}},
            "input": {
                "type": "object",
                "properties": {"drink": {"type": "string"}},
                "required": ["drink"],
            },
            "output": {"type": "boolean"},
        },
        "rinse": {"input": {"type": "integer", "minimum": 1}},
        "off": {},
    },
}  # fmt: skip


def read(thing: dict[str, Any]) -> KindDocument:
    """Read a description as a file of JSON."""
    text = msgspec.json.format(msgspec.json.encode(thing), indent=2).decode()
    return read_kind(text, "brewer.td.json")


def test_properties_are_fields() -> None:
    """With their types, units as they stand, bounds and names; what cannot be read is none."""
    document = read(BREWER)

    assert ("smart_coffee_machine", "Brews.") == (document.kind, document.description)
    assert {
        "boiler_temp": Value(
            type="number", unit="http://qudt.org/vocab/unit/DEG_C", wire="boiler-temp",
            range=[0.0, 129.99999999999997], description="Boiler",
        ),
        "servedCounter": Value(type="integer", unit="1", range=[0.0, None]),
        "mode": Value(type="string", one_of=["idle", "brewing"]),
        "levels": Value(
            type="object",
            fields={
                "water": Value(type="integer", range=[None, 100.0], required=True),
                "class_": Value(type="any", wire="class"),
            },
        ),
        "drinks": Value(type="array", items=Value(type="string"), max_length=9),
        "speed": Value(type="any"),
        "key_": Value(type="string", one_of=["brewer"], wire="key"),
    } == document.fields  # fmt: skip


def test_events_have_payloads() -> None:
    """A property that comes along is measured; something else of its name stands beside it."""
    events = read(BREWER).events

    assert ["telemetry", "out_of_water", "brewed", "ping"] == list(events)
    assert list(read(BREWER).fields) == events["telemetry"].measures
    assert {"value": Value(type="string")} == events["out_of_water"].payload
    assert ["mode"] == events["brewed"].measures
    assert {
        "speed_": Value(type="string", max_length=8, wire="speed"),
        "at_": Value(type="string", required=True),
    } == events["brewed"].payload


def test_actions_are_commands() -> None:
    """What is asked for in the address or in the body is input."""
    commands = read(BREWER).commands

    assert {
        "brew": {
            "size": Value(type="string", one_of=["s", "l"]),
            "drink": Value(type="string", required=True),
        },
        "rinse": {"value": Value(type="integer", range=[1.0, None])},
        "off": {},
    } == {name: command.input for name, command in commands.items() if name != WRITE}


def test_properties_that_can_be_written_are_a_command() -> None:
    """One of all of them: neither what is only read, nor what never changes."""
    document = read(BREWER)
    written = document.commands[WRITE].input

    assert {"servedCounter", "mode", "levels", "drinks", "speed", "pin"} == {*written}
    assert document.fields["mode"] == written["mode"]
    assert not any(value.required for value in written.values())


@pytest.mark.parametrize(
    ("said", "writable"),
    [
        ({}, True),
        ({"forms": []}, True),
        ({"forms": [{"href": "/x"}]}, True),
        ({"forms": [{"href": "/x", "op": "readproperty"}]}, False),
        ({"forms": [{"op": ["readproperty"]}, {"op": ["observeproperty"]}]}, False),
        ({"forms": [{"op": "readproperty"}, {"op": ["writeproperty"]}]}, True),
        ({"readOnly": True, "forms": [{"href": "/x"}]}, False),
        ({"const": 1}, False),
    ],
)
def test_its_forms_say_what_can_be_written(said: dict[str, Any], writable: bool) -> None:
    """By the operations that they name; one that names none is for reading and for writing."""
    document = read({**BREWER, "properties": {"level": {"type": "number", **said}}})

    assert writable is (WRITE in document.commands)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (
            {"oneOf": [{"type": "number", "minimum": 0}, {"type": "null"}], "unit": "V"},
            Value(type="number", range=[0.0, None], unit="V"),
        ),
        ({"type": ["integer", "null"]}, Value(type="integer")),
        ({"type": ["integer", "string"]}, Value(type="any")),
        (
            {"oneOf": [{"const": "off", "title": "Off"}, {"const": "on"}, {"type": "null"}]},
            Value(type="string", one_of=["off", "on"]),
        ),
        ({"oneOf": [{"type": "number"}, {"type": "string"}]}, Value(type="any")),
        (
            {"type": "array", "items": {"oneOf": [{"type": "number"}, {"type": "null"}]}},
            Value(type="array", items=Value(type="number")),
        ),
    ],
)
def test_what_may_be_null_has_its_type(schema: dict[str, Any], expected: Value) -> None:
    """Of several types there is one, where all others are null; else it may be anything."""
    document = read({**BREWER, "properties": {"level": {**schema, "readOnly": True}}})

    assert {"level": expected} == document.fields


def test_what_may_be_null_may_be_missing() -> None:
    """A payload that requires it is sent with null all the same."""
    data = {
        "type": "object",
        "properties": {"code": {"type": ["integer", "null"]}, "part": {"type": "string"}},
        "required": ["code", "part"],
    }
    thing = {**BREWER, "vigil:kind": "brewer_null", "events": {"failed": {"data": data}}}
    kind = load_kind(msgspec.json.encode(thing).decode())
    failed = kind.handler("failed").decode(encode_message({"code": None, "part": "pump"}))

    assert (None, "pump") == (failed.data.code, failed.data.part)


def test_a_file_may_begin_with_a_mark() -> None:
    """Some editors write one, and indent JSON with tabs."""
    text = msgspec.json.format(msgspec.json.encode(BREWER), indent=2).decode()
    document = read_kind("\ufeff" + text.replace("  ", "\t"), "brewer.td.json")

    assert read(BREWER) == document


def test_its_device_speaks_as_described() -> None:
    """By the names of the description, whatever the fields are called."""
    kind = load_kind(msgspec.json.encode(BREWER).decode())
    reading = kind.handler("telemetry").decode(
        encode_message({"boiler-temp": 93.5, "levels": {"water": 5, "class": "b"}, "key": "brewer"})
    )
    brewed = kind.handler("brewed").decode(
        encode_message({"mode": "idle", "speed": "fast", "at_": "noon"})
    )

    assert (93.5, 5, "b", "brewer") == (
        reading.data.boiler_temp, reading.data.levels.water, reading.data.levels.class_,
        reading.data.key_,
    )  # fmt: skip
    assert ("idle", "fast", "noon", None) == (
        brewed.data.mode, brewed.data.speed_, brewed.data.at_, brewed.data.at,
    )  # fmt: skip


def test_a_description_may_name_its_kind() -> None:
    """And its schema: two makes of one title are two kinds."""
    document = read({**BREWER, "vigil:kind": "brewer_x", "vigil:schema": 3})

    assert ("brewer_x", 3) == (document.kind, document.schema_)


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("homeAirConditioner", "home_air_conditioner"),
        ("Hue Outdoor Sensor 1", "hue_outdoor_sensor"),
        ("QFA2890/W", "qfa2890_w"),
    ],
)
def test_the_title_names_the_kind(title: str, kind: str) -> None:
    """In lower case, words apart, without the number of the piece."""
    assert kind == read({**BREWER, "title": title}).kind


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": "42"}, "title: no kind can be called '42'; name it"),
        ({"title": ""}, "brewer.td.json:1:1: it needs a title, or vigil:kind, to name the kind"),
        ({"title": "電球"}, "title: no kind can be called '電球'; name it"),
        (
            {"properties": {"dim": {"tm:ref": "https://example.com/lamp.tm.json#/properties/dim"}}},
            "properties.dim.tm:ref: this stands in another model, and Vigil fetches none",
        ),
        (
            {"links": [{"rel": "icon"}, {"rel": "tm:extends", "href": "lamp.tm.json"}]},
            "links.1: this stands in another model, and Vigil fetches none; write it out here",
        ),
        ({"actions": {WRITE: {}}}, f"actions.{WRITE}: there is a command of this name"),
        ({"vigil:kind": "X"}, "vigil:kind: string should match pattern"),
        (
            {"properties": {"a-b": {}, "a_b": {}}},
            "properties.a_b: two names come down to a_b; rename one",
        ),
        (
            {"properties": {"a": {"type": "number", "minimum": 2, "maximum": 1}}},
            "properties.a.range: it begins at 2, behind its end 1",
        ),
        (
            {"properties": {"a": {"minimum": "low"}}},
            "properties.a.minimum: input should be a valid number, not 'low'",
        ),
        ({"events": {"telemetry": {}}}, "events.telemetry: there is an event of this name"),
        ({"events": {"command.x": {}, "command_x": {}}}, "events.command_x: there is an event"),
    ],
)
def test_a_mistake_is_pointed_to(change: dict[str, Any], said: str) -> None:
    """In the description's own words."""
    with pytest.raises(BadDocument) as caught:
        read({**BREWER, **change})

    assert said in str(caught.value)
