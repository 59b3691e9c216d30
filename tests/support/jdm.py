"""JDM: decision tables as GoRules' editor writes them, made short for tests."""

from typing import Any

import msgspec


def jdm(
    inputs: list[str], outputs: list[str], rows: list[list[str]], **content: Any
) -> dict[str, Any]:
    """A graph with one table: its columns by field, its rows cell by cell, inputs first."""
    columns = [{"id": f"i{n}", "name": name, "field": name} for n, name in enumerate(inputs)]
    answers = [{"id": f"o{n}", "name": name, "field": name} for n, name in enumerate(outputs)]
    ids = [column["id"] for column in (*columns, *answers)]
    table = {
        "hitPolicy": "first",
        "inputs": columns,
        "outputs": answers,
        "rules": [
            {"_id": f"r{n}", **dict(zip(ids, row, strict=True))} for n, row in enumerate(rows)
        ],
        **content,
    }
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "Request", "position": {"x": 0, "y": 0}},
            {"id": "t", "type": "decisionTableNode", "name": "table", "content": table},
            {"id": "out", "type": "outputNode", "name": "Response"},
        ],
        "edges": [
            {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "t"},
            {"id": "e2", "type": "edge", "sourceId": "t", "targetId": "out"},
        ],
    }


def as_file(graph: dict[str, Any]) -> str:
    """The graph as a file of the editor."""
    return msgspec.json.format(msgspec.json.encode(graph), indent=2).decode()
