"""Tables that try to reach further than a table may: memory, depth, chance, the clock."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.jdm import as_file, jdm
from support.kiln import compiled, kiln

from twins.errors import BadDocument
from twins.rules.errors import BadRule
from twins.rules.graph import FUNCTIONS
from twins.rules.growth import MAX_DEPTH, MAX_GROWN, MAX_INPUT
from twins.rules.tables import MAX_ANSWER, Table


def chain(*nodes: list[tuple[str, str]], **content: Any) -> dict[str, Any]:
    """Nodes of expressions by name, one behind the other."""
    made = [
        {
            "id": f"n{number}",
            "type": "expressionNode",
            "content": {
                "expressions": [
                    {"id": str(index), "key": key, "value": value}
                    for index, (key, value) in enumerate(expressions)
                ],
                **content,
            },
        }
        for number, expressions in enumerate(nodes)
    ]
    ids = ["in", *(str(node["id"]) for node in made), "out"]
    return {
        "nodes": [{"id": "in", "type": "inputNode"}, *made, {"id": "out", "type": "outputNode"}],
        "edges": [{"id": f"{one}-{two}", "sourceId": one, "targetId": two}
                  for one, two in pairwise(ids)],
    }  # fmt: skip


def table(graph: dict[str, Any]) -> Table:
    """The table of a graph."""
    return Table.of("t", as_file(graph))


@pytest.mark.parametrize(
    "graph",
    [
        chain(*[[("s", "s + s")]] * 40),
        chain(*[[("s", "[s, s]")]] * 40),
        chain(*[[("s", "{a: s, b: s}")]] * 40),
        chain([("a", "s + s"), *((chr(98 + n), f"$.{chr(97 + n)} + $.{chr(97 + n)}")
                                 for n in range(20))]),
        chain(*[[(key, "+".join("s" * 100)) for key in "stuvwxyz"]] * 3),
        jdm(["x"], ["y"], [["", "+".join("s" * 200)]] * 100, hitPolicy="collect"),
    ],
)  # fmt: skip
def test_what_would_fill_the_memory_is_refused(graph: dict[str, Any]) -> None:
    """Doubled node by node, expression by expression, or row by row; and where is said."""
    with pytest.raises(BadRule) as caught:
        table(graph)

    assert f"its answers can grow beyond {MAX_GROWN} letters" in str(caught.value)
    assert "nodes." in str(caught.value)


@pytest.mark.parametrize(
    "graph",
    [chain([("s", "[" * 40 + "s" + "]" * 40)]), chain(*[[("s", "[s]")]] * 40)],
)  # fmt: skip
def test_what_is_nested_too_deeply_is_refused(graph: dict[str, Any]) -> None:
    """A state that holds it could be written, and not be read again."""
    with pytest.raises(BadRule, match=f"more than {MAX_DEPTH}"):
        table(graph)


def test_sums_in_a_row_are_no_growth() -> None:
    """A price list with many steps, each of which adds to the one before."""
    steps = [[("total", f"total + {number}"), ("net", "total - 1")] for number in range(30)]
    answer = table(chain(*steps, passThrough=True)).decide({"total": 1})

    assert {"total": 436, "net": 406} == answer.outputs


def test_an_answer_that_is_too_large_to_keep_is_none() -> None:
    """It may stand in the twin's state, and in what is sent."""
    answer = table(chain([("s", "s + s")])).decide({"s": "x" * (MAX_ANSWER // 2)})

    assert {} == answer.outputs
    assert f"the answer has 16392 bytes, more than {MAX_ANSWER}" == answer.failure


@pytest.mark.parametrize("value", ["{s: rand(9)}", "date('now')", "map([1..9], #)"])
@pytest.mark.parametrize("name", ["inputField", "outputPath"])
def test_expressions_that_stand_beside_the_cells_are_not_read(name: str, value: str) -> None:
    """The engine would carry them out: chance and the clock have no place in an answer."""
    with pytest.raises(BadDocument, match=f"{name}: it is not read here; leave it empty"):
        table(chain([("s", "s")], **{name: value}))

    for empty in (None, ""):
        assert {"s": 1} == table(chain([("s", "s")], **{name: empty})).decide({"s": 1}).outputs


def test_a_schema_is_not_read_either() -> None:
    """The engine would fetch what it refers to."""
    graph = chain([("s", "s")])
    graph["nodes"][0]["content"] = {"schema": '{"$ref": "http://elsewhere/schema.json"}'}

    with pytest.raises(BadDocument, match=r"content.schema: it is not read here"):
        table(graph)


@pytest.mark.parametrize("cell", ["$nodes.n0.s", "$root", "$", "$nodes + '$'"])
def test_a_cell_sees_what_it_is_given(cell: str) -> None:
    """Not what all other nodes have."""
    with pytest.raises(BadDocument, match=r"\$ stands before a name"):
        table(chain([("s", "s")], [("t", cell)]))


def test_a_column_speaks_of_its_value() -> None:
    """As `$`, in its own cells; and an expression of those before it."""
    column = table(jdm(["x"], ["y"], [["$ > 3 and $ < 9", "'$ 5'"]]))
    before = table(chain([("a", "s * 2"), ("b", "$.a + 1")]))

    assert {"y": "$ 5"} == column.decide({"x": 5}).outputs
    assert {"a": 6, "b": 7} == before.decide({"s": 3}).outputs


# -- whatever stands in a cell -------------------------------------------------------------------

WORDS = [
    *sorted(FUNCTIONS), "s", "n", "l", "o", "o.a", "l[0]", "l[-1]", "l[99]", "$", "$.a", "(", ")",
    "[", "]", "{", "}", "a:", ",", "..", ".", "+", "-", "*", "/", "%", "^", "==", "<", ">=", "and",
    "or", "not", "in", "?", ":", "??", "1", "0", "-1", "1e400", "99999999999999999999999999999",
    '"12x"', "'é'", "null", "true", "#", ";", "@",
]  # fmt: skip
CALLS = st.tuples(
    st.sampled_from(sorted(FUNCTIONS)), st.lists(st.sampled_from(WORDS[23:31]), max_size=3)
).map(lambda it: f"{it[0]}({', '.join(it[1])})")
CELLS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
    CALLS,
    st.tuples(CALLS, st.sampled_from(["+", "*", "/", "%", "^", " in "]), CALLS).map("".join),
)
GIVEN = {"s": "éa", "n": 5, "l": [1, "a", None, [2]], "o": {"a": {"b": 1}}}


@settings(max_examples=400, deadline=None)
@given(CELLS, CELLS)
def test_any_cell_is_refused_or_answers(test: str, cell: str) -> None:
    """Nothing is raised, by the engine neither, and asked twice it answers the same."""
    try:
        made = table(jdm(["n"], ["y"], [[test, cell], ["", "1"]]))
    except BadDocument:
        return

    assert made.decide(GIVEN) == made.decide(GIVEN)


JOINED = st.sampled_from(
    ["s", "s + s", "t + s", "[s, t]", "s + t + s", "{a: s, b: [t]}", "upper(s)", "'x' + s",
     "n > 1 ? s : t", "len(s) + n", "[]", "string(n)"]
)  # fmt: skip
NODES = st.lists(
    st.lists(st.tuples(st.sampled_from("stn"), JOINED), min_size=1, max_size=3),
    min_size=1,
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(NODES)
def test_no_answer_is_larger_than_was_foreseen(nodes: list[list[tuple[str, str]]]) -> None:
    """With as much as may be given, whatever the cells do with it."""
    try:
        made = table(chain(*nodes, passThrough=True))
    except BadRule:
        return
    failure = made.decide({"s": "x" * (MAX_INPUT - 40), "t": "y", "n": 2}).failure or ""
    sizes = [int(word) for word in failure.split() if word.isdecimal()]

    assert not failure or failure.startswith(("the answer has", "Failed to evaluate"))
    assert all(size <= MAX_GROWN + MAX_INPUT for size in sizes)


def test_a_rule_goes_on_where_its_table_has_no_answer() -> None:
    """It fires, and the answer is unknown: the twin is not parked for it."""
    graph = {**chain([("big", "s + s + s")]), "rule": "grow"}
    rule = {
        "rule": "r", "on": "heat", "when": "temp_c > 1",
        "then": [{"decide": "grow", "data": {"s": "name"}}, {"signal": "x", "data": ["grow"]}],
    }  # fmt: skip
    trial = kiln("{rule: other, when: door}")
    trial.rules["kiln"] = compiled(as_file([rule, graph]))  # type: ignore[arg-type] # a list of both
    trial.twin.name = "x" * 8000
    trial.heat(2.0)

    assert [({}, "x")] == [(signal.data["grow"], signal.name) for signal in trial.signals]
