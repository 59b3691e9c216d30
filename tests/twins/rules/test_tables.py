"""Decision tables: what is decided and why, that it is always the same, and what is refused."""

from typing import Any

import msgspec
import pytest
from support.jdm import as_file, jdm

from twins.errors import BadDocument
from twins.rules.graph import MAX_CELL
from twins.rules.growth import MAX_INPUT
from twins.rules.tables import Row, Table

REMEDY = jdm(
    ["lifetime_value", "distance_km"],
    ["remedy", "voucher_cents"],
    [
        ["> 10000", "< 50", '"tow"', "2000"],
        ["> 10000", "", '"ride"', "min([lifetime_value / 10, 5000])"],
        ["", "[0..2)", '"walk"', "0"],
        ["", "", '"message"', "distance_km * 10 + 0.5"],
    ],
)


def remedy() -> Table:
    """The table, made anew."""
    return Table.of("remedy", as_file(REMEDY))


@pytest.mark.parametrize(
    ("value", "km", "row", "outputs"),
    [
        (20_000, 49.9, 1, {"remedy": "tow", "voucher_cents": 2000}),
        (20_000, 50.0, 2, {"remedy": "ride", "voucher_cents": 2000}),
        (90_000, 50.0, 2, {"remedy": "ride", "voucher_cents": 5000}),
        (10_000, 1.5, 3, {"remedy": "walk", "voucher_cents": 0}),
        (10_000, 2.0, 4, {"remedy": "message", "voucher_cents": 20.5}),
    ],
)
def test_the_first_row_that_holds_decides(
    value: float, km: float, row: int, outputs: dict[str, Any]
) -> None:
    """And its number, what it looked at and what it gave are kept as the reason."""
    table = remedy()
    given = {"lifetime_value": value, "distance_km": km}
    decision = table.decide(given)

    assert outputs == decision.outputs
    assert [(row, outputs)] == [(it.row, it.outputs) for it in decision.rows]
    assert all(given[name] == seen for name, seen in decision.rows[0].inputs.items())
    assert ("remedy", table.version, None) == (decision.table, decision.version, decision.failure)


def test_a_table_says_what_goes_in_and_what_comes_out() -> None:
    """So that a rule that asks it can be checked before it is published."""
    table = remedy()

    assert ("lifetime_value", "distance_km") == table.inputs
    assert ("remedy", "voucher_cents") == table.outputs


def test_it_decides_the_same_each_time() -> None:
    """Byte for byte, with any order of the input's keys; the trace carries no time."""
    given = {"lifetime_value": 20_000, "distance_km": 60, "more": {"b": 1, "a": [2, 3]}}
    turned = dict(reversed(given.items()))
    encoded = {msgspec.json.encode(remedy().decide(each)) for each in (given, turned) * 10}

    assert 1 == len(encoded)


def test_the_version_is_of_the_content() -> None:
    """Layout does not change it; a cell does."""
    graph = msgspec.json.decode(msgspec.json.encode(REMEDY))
    flat = Table.of("remedy", msgspec.json.encode(graph).decode())
    graph["nodes"][1]["content"]["rules"][0]["i1"] = "< 51"
    other = Table.of("remedy", as_file(graph))

    assert flat.version == remedy().version
    assert other.version != remedy().version


def test_no_row_holds() -> None:
    """Then nothing is decided, and that is no failure."""
    table = Table.of("small", as_file(jdm(["x"], ["y"], [["> 3", "1"]])))
    decisions = [table.decide({"x": 1}), table.decide({}), table.decide({"x": "four"})]

    assert [({}, [], None)] * 3 == [(it.outputs, it.rows, it.failure) for it in decisions]


def test_a_table_may_collect() -> None:
    """All rows that hold, in order."""
    graph = jdm(["x"], ["y"], [["> 3", "1"], ["> 5", "2"], ["> 1", "x"]], hitPolicy="collect")
    decision = Table.of("all", as_file(graph)).decide({"x": 4})

    assert [{"y": 1}, {"y": 4}] == decision.outputs
    assert [
        Row("table", 1, {"x": 4}, {"y": 1}),
        Row("table", 3, {"x": 4}, {"y": 4}),
    ] == decision.rows


def test_computations_and_tables_follow_each_other() -> None:
    """What a node gives, the next may look at; it need not be put in."""
    graph = jdm(["total"], ["size"], [["> 100", '"large"'], ["", '"small"']], passThrough=True)
    total = {"expressions": [{"id": "1", "key": "total", "value": "price * count"}]}
    graph["nodes"].append({"id": "sum", "type": "expressionNode", "name": "sum", "content": total})
    graph["edges"][0]["targetId"] = "sum"
    graph["edges"].append({"id": "e3", "type": "edge", "sourceId": "sum", "targetId": "t"})
    table = Table.of("order", as_file(graph))
    decision = table.decide({"price": 21, "count": 5})

    assert ("price", "count") == table.inputs
    assert {"total": 105, "size": "large"} == decision.outputs
    assert [("table", 1, {"total": 105})] == [(it.table, it.row, it.inputs) for it in decision.rows]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"x": "a" * MAX_INPUT}, "the input has 16392 bytes, more than 16384"),
        ({"x": object()}, "the input cannot be written as JSON: "),
    ],
)
def test_a_failure_is_an_answer(given: dict[str, Any], reason: str) -> None:
    """Nothing is raised into the twin that asked."""
    decision = Table.of("small", as_file(jdm(["x"], ["y"], [["", "1"]]))).decide(given)

    assert ({}, []) == (decision.outputs, decision.rows)
    assert (decision.failure or "").startswith(reason)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("rand(10)", "a cell cannot call 'rand'; it can: abs, avg, "),
        ('d ("now")', "a cell cannot call 'd'"),
        ('date("now")', "a cell cannot call 'date'"),
        ("map([1..9], # * 2)", "a cell cannot call 'map'"),
        ('"\\" + rand(1) + "', r"\ has no place in a cell"),
        ("`${rand(1)}`", "` has no place in a cell"),
        ("1 +", "Unexpected end of unary expression at (3, 3): '1 +'"),
        ("a" * (MAX_CELL + 1), "501 characters, more than 500"),
    ],
)
@pytest.mark.parametrize("column", ["field", "cell"])
def test_a_cell_is_checked(cell: str, said: str, column: str) -> None:
    """No chance, no clock, no loop, no trick with quotes; and what cannot be read is told."""
    good, bad = ("x", cell) if column == "cell" else (cell, "1")
    graph = jdm([good], ["y"], [["1", bad]])

    with pytest.raises(BadDocument) as caught:
        Table.of("small", as_file(graph))

    assert said in str(caught.value)
    assert "small:" == str(caught.value)[:6]


@pytest.mark.parametrize("cell", ['"call us (now)"', '"it\'s rand(1)"', "len(x) > 3 and not (x)"])
def test_a_text_may_hold_anything(cell: str) -> None:
    """Words in quotes are no calls, and words of the language neither."""
    table = Table.of("small", as_file(jdm(["x"], ["y"], [["", cell]])))

    assert table.decide({"x": "abc"}).outputs["y"] in ("call us (now)", "it's rand(1)", False)


def broken(**change: Any) -> dict[str, Any]:
    """A graph with something else in its table."""
    graph = jdm(["x"], ["y"], [["> 3", "1"]])
    graph["nodes"][1]["content"] |= change
    return graph


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (broken(rules=[{"i0": "> 3", "o9": "2"}]), "rules.0.o9: there is no such column"),
        (broken(rules=[]), "rules: list should have at least 1 item"),
        (broken(hitPolicy="any"), "hitPolicy: input should be 'first' or 'collect', not 'any'"),
        (broken(executionMode="loop"), "executionMode: input should be 'single', not 'loop'"),
        (broken(outputs=[{"id": "o0"}]), "outputs.0: an output needs a field"),
        (broken(rules=[{"i0": 3}]), "i0: input should be a valid string, not 3"),
        ({"nodes": [], "edges": []}, "nodes: list should have at least 3 items"),
        ({"nodes": []}, "edges is missing"),
        (
            {**REMEDY, "nodes": [*REMEDY["nodes"], {"id": "f", "type": "functionNode"}]},
            "'functionNode' found using 'type' does not match",
        ),
        (
            {
                **REMEDY,
                "edges": [*REMEDY["edges"], {"id": "e", "sourceId": "out", "targetId": "in"}],
            },
            "small:1:1: small: zen-engine refuses it: ",
        ),
    ],
)  # fmt: skip
def test_a_graph_is_checked(graph: dict[str, Any], said: str) -> None:
    """What the engine would take for a row that always or never holds is a mistake here."""
    with pytest.raises(BadDocument) as caught:
        Table.of("small", as_file(graph))

    assert said in str(caught.value)
    assert "backtrace" not in str(caught.value)
