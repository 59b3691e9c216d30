"""Source: the text of rules, read as YAML or JSON, that still knows where each word stood.

A file holds one document, a list of them, or several parted by `---`. It is read by the rules of
YAML 1.2: `on` is a word, and neither a date nor `1:30` is anything but text.
"""

import re
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, Self

import yaml
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from twins.rules.errors import BadRule, Problem

MAX_TEXT = 1_000_000
"""The longest text that is read, in characters."""

MAX_DEPTH = 20
"""How deep a document may be nested."""

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Where a word stands; lines and columns count from 1."""

    file: str | None = None
    line: int | None = None
    column: int | None = None


class _Loader(yaml.SafeLoader):
    """SafeLoader by the core schema of YAML 1.2, in which `on`, `off`, `yes` and `no` are words."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("int", r"[-+]?[0-9]{1,19}", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", "-+.0123456789"),
):
    _regexp = re.compile(rf"^(?:{_pattern})$")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _regexp, [*_first])
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


def _number(loader: yaml.SafeLoader, node: ScalarNode) -> float | int:
    text = loader.construct_scalar(node)
    return int(text) if node.tag.endswith("int") else float(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


class Source:
    """One document as it was written: its data, and the place of each part."""

    def __init__(
        self, data: Any, *, file: str | None = None, text: str = "", node: Node | None = None
    ) -> None:
        self.data = data
        self.file = file
        self._text = text
        self._node = node

    @classmethod
    def of(cls, data: Any) -> Self:
        """A document that came as data; its places are paths only."""
        return cls(data)

    def place(self, path: Path, *, key: bool = False, word: str = "", nth: int = 0) -> Place:
        """Where a part of the document stands, or the nearest part around it that there is.

        Args:
            path: Keys and indexes, from the document's top.
            key: The last key itself is meant, not what stands behind it.
            word: Within the part; its first letter is meant.
            nth: How many of the same word stand before it.
        """
        if self._node is None:
            return Place()
        node = self._find(path, key=key)
        index = _nth(self._text, word, nth, node.start_mark.index, node.end_mark.index)
        if index is None:
            mark = node.start_mark
            return Place(self.file, mark.line + 1, mark.column + 1)
        before = self._text.rfind("\n", 0, index) + 1
        return Place(self.file, self._text.count("\n", 0, index) + 1, index - before + 1)

    def _find(self, path: Path, *, key: bool) -> Node:
        assert self._node is not None
        node, name = self._node, None
        for part in path:
            child: tuple[Node | None, Node] | None = None
            if isinstance(node, MappingNode):
                child = next(
                    ((name, value) for name, value in node.value if name.value == part), None
                )
            elif isinstance(node, SequenceNode) and isinstance(part, int):
                child = (None, node.value[part]) if part < len(node.value) else None
            if child is None:
                return node
            name, node = child
        return name if key and name is not None else node

    def problem(
        self,
        path: Path,
        message: str,
        *,
        rule: str | None = None,
        key: bool = False,
        word: str = "",
        nth: int = 0,
        shown: str | None = None,
    ) -> Problem:
        """A problem with a part of the document; `shown` is the word at fault as it is told."""
        place = self.place(path, key=key, word=word, nth=nth)
        return Problem(
            message=message,
            rule=rule,
            path=".".join(map(str, path)),
            word=shown or word or None,
            file=place.file,
            line=place.line,
            column=place.column,
        )


def _nth(text: str, word: str, nth: int, start: int, end: int) -> int | None:
    """The index of a word between two indexes, after so many of the same; None: not there."""
    if not word:
        return None
    index = start - 1
    for _ in range(nth + 1):
        index = text.find(word, index + 1, end)
        if index < 0:
            return None
    return index


def read_sources(text: str, file: str | None = None) -> list[Source]:
    """Split a text into its documents.

    Args:
        text: YAML or JSON.
        file: Its name, for errors.

    Raises:
        BadRule: It is neither, or too long, or uses what YAML has and rules have not.
    """
    if len(text) > MAX_TEXT:
        raise BadRule([Problem(message=f"longer than {MAX_TEXT} characters; split it", file=file)])
    if text.lstrip()[:1] in ("{", "["):
        # JSON may be indented by tabs, YAML may not; within JSON's strings there are none.
        text = text.replace("\t", " ")
    try:
        return [
            Source(data, file=file, text=text, node=node) for data, node in _documents(text, file)
        ]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or str(error)
        raise BadRule(
            [
                Problem(
                    message=f"neither YAML nor JSON: {what}",
                    file=file,
                    line=mark.line + 1 if mark else None,
                    column=mark.column + 1 if mark else None,
                )
            ]
        ) from None
    except RecursionError:
        raise BadRule([Problem(message="nested too deeply", file=file)]) from None


def _documents(text: str, file: str | None) -> Iterator[tuple[Any, Node]]:
    # An alias of an alias of an alias would be a gigabyte of a few hundred letters.
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, AliasEvent):
            mark = event.start_mark
            message = f"*{event.anchor} refers to another part; write it out"
            raise BadRule(
                [Problem(message=message, file=file, line=mark.line + 1, column=mark.column + 1)]
            )
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            _check(node, file)
            data = loader.construct_document(node)
            if isinstance(node, SequenceNode):
                yield from zip(data, node.value, strict=True)
            elif data is not None:
                yield data, node
    finally:
        loader.dispose()


def _check(node: Node, file: str | None, depth: int = 0) -> None:
    """Refuse a key that stands twice: YAML would silently take the last one."""
    mark = node.start_mark
    if depth > MAX_DEPTH:
        message = f"nested more than {MAX_DEPTH} deep"
        raise BadRule(
            [Problem(message=message, file=file, line=mark.line + 1, column=mark.column + 1)]
        )
    if isinstance(node, SequenceNode):
        for child in node.value:
            _check(child, file, depth + 1)
    if not isinstance(node, MappingNode):
        return
    known: set[str] = set()
    for key, child in node.value:
        mark = key.start_mark
        if not isinstance(key, ScalarNode):
            message, word = "a key must be a word", None
        elif key.value in known:
            message, word = f"{key.value!r} stands twice here; remove one", key.value
        else:
            known.add(key.value)
            _check(child, file, depth + 1)
            continue
        raise BadRule(
            [
                Problem(
                    message=message, word=word, file=file, line=mark.line + 1, column=mark.column + 1
                )
            ]
        )
