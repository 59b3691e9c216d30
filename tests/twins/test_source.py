"""Documents: what is read of YAML and JSON, and how a mistake is pointed to."""

import pytest
from pydantic import BaseModel, ConfigDict

from twins.errors import BadDocument
from twins.source import MAX_CHARACTERS, MAX_MISTAKES, Source


class Part(BaseModel):
    """Something within a document."""

    model_config = ConfigDict(extra="forbid")

    size: int = 0
    name: str = ""


class Whole(BaseModel):
    """A document."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    parts: dict[str, Part] = {}
    row: list[Part] = []


def read(text: str) -> str:
    """What is said about a text that is wrong."""
    with pytest.raises(BadDocument) as caught:
        Source.of(text, "x.yaml").read(Whole)
    return str(caught.value)


def test_text_is_what_looks_like_text() -> None:
    """YAML 1.2: no surprise from `on`, `no`, a time of day, a date or an octal number."""
    text = "a: 12:30\nb: no\non: 1e3\nd: -5\ne: ~\nf: 0x10\ng: 2020-01-01\nh: .5\n1: true\nj:\n"

    assert {
        "a": "12:30", "b": "no", "on": 1000.0, "d": -5, "e": None, "f": "0x10",
        "g": "2020-01-01", "h": 0.5, "1": True, "j": None,
    } == Source.of(text).value  # fmt: skip


@pytest.mark.parametrize("indent", ["", "  ", "\t"])
def test_json_is_read_as_json(indent: str) -> None:
    """With tabs, and with JSON's escapes, of which YAML understands others."""
    text = f'{{\n{indent}"kind": "\\ud83d\\ude00\\/",\n{indent}"row": [{{"size": 1}}]\n}}'
    source = Source.of(text, "x.json")

    assert Whole(kind="\N{GRINNING FACE}/", row=[Part(size=1)]) == source.read(Whole)
    assert f"x.json:3:{len(indent) + 18}" == source.place(["row", 0, "size"])
    assert f"x.json:3:{len(indent) + 10}" == source.place(["row", 0, "size"], key=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: a\npats: {}\n", "x.yaml:2:1: pats: no such word here; did you mean parts?"),
        (
            "kind: a\nparts:\n  p: {siz: 1}\n",
            "x.yaml:3:7: parts.p.siz: no such word here; did you mean size?",
        ),
        (
            "kind: a\nparts:\n  p:\n    zzz: 1\n",
            "x.yaml:4:5: parts.p.zzz: no such word here; there are: size, name",
        ),
        ("parts: {}\n", "x.yaml:1:1: kind is missing"),
        (
            "kind: a\nrow:\n  - size: 1\n  - name: 2\n",
            "x.yaml:4:11: row.1.name: input should be a valid string, not 2",
        ),
        ("- 1\n", "x.yaml:1:1: input should be a valid dictionary or instance of Whole"),
        ("kind: a\nkind: b\n", "x.yaml:2:1: 'kind' stands twice"),
        ("kind: &a 1\n", "x.yaml:1:7: anchors and aliases are not read; write it out"),
        ("kind: *a\n", "x.yaml:1:7: anchors and aliases are not read; write it out"),
        (
            "kind: !!int 1\n",
            "x.yaml:1:7: the tag tag:yaml.org,2002:int is not read; leave it out",
        ),
        ("? [a]\n: 1\n", "x.yaml:1:3: a key must be text"),
        (
            "kind: [1\n",
            "x.yaml:2:1: while parsing a flow sequence expected ',' or ']', but got '<stream end>'",
        ),
        (
            "kind: a\n---\nkind: b\n",
            "x.yaml:3:1: a second document; write only one",
        ),
        ("", "x.yaml: the document is empty"),
        ("[" * 5000, "x.yaml: it is nested too deeply"),
        ("#" * (MAX_CHARACTERS + 1), "x.yaml: 262145 characters, more than 262144"),
    ],
)  # fmt: skip
def test_a_mistake_is_pointed_to(text: str, said: str) -> None:
    """Line and column of the word, what is wrong with it, and what there is instead."""
    assert said == read(text)


@pytest.mark.parametrize("text", ["kind: a\0", 'kind: "\\ud83d"', "kind: '\x07'"])
def test_what_is_no_text_is_refused(text: str) -> None:
    """Control characters and halves of characters can be neither shown nor stored."""
    assert read(text).startswith("x.yaml: ")


def test_all_mistakes_are_told_at_once() -> None:
    """One look, one list; a very long one is cut."""
    text = "\n".join(["parts:", *(f"  p{number}: {{size: x}}" for number in range(30))])
    lines = read(text).splitlines()

    assert "x.yaml:1:1: kind is missing" == lines[0]
    assert "x.yaml:2:14: parts.p0.size: " == lines[1][:28]
    assert (MAX_MISTAKES + 1, "x.yaml: and 11 more") == (len(lines), lines[-1])
