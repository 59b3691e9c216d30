"""Source: a document of YAML or JSON as people write it, and where each of its words stands.

    source = Source.of(text, "fridge.yaml")
    document = source.read(KindDocument)    # checked by pydantic; a mistake names line and column

YAML is read by the rules of version 1.2: `on`, `no` and `12:30` are text, as they look. Anchors,
tags and keys that stand twice are refused: a document says what it says, once. A text may hold
several documents (`Source.every`): parted by `---`, or in a list.
"""

import difflib
import re
from collections.abc import Sequence
from typing import Any, Final, Self, TypeVar, get_args

import msgspec
import yaml
from pydantic import BaseModel, ValidationError

from twins.errors import BadDocument

MAX_CHARACTERS: Final = 256 * 1024
"""The longest document."""

MAX_MISTAKES: Final = 20
"""So many mistakes are told at once."""

M = TypeVar("M", bound=BaseModel)

Path = Sequence[str | int]
"""Where a value stands: the keys and indices that lead to it."""

_SHOWN = 60


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema: what looks like text is text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the library's own name and form

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse anchors and tags, which make a document mean more than it shows."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # the library's stubs lack it
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not read; write it out",
                problem_mark=event.start_mark,
            )
        if getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(
                problem=f"the tag {event.tag} is not read; leave it out",
                problem_mark=event.start_mark,
            )
        return super().compose_node(parent, index)


_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"~|null|$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|false"), ["t", "f"])
for _tag, _pattern in (("int", _INT), ("float", _FLOAT)):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern.pattern})\Z"), list("-+.0123456789")
    )


class Source:
    """One document: its plain value, and the mark of every value and key in it.

    Args:
        name: What people call it: a path, or `input`.
        value: What it says.
        root: Its marks; None where it came as a value, without a text.
        text: All of the text that it stands in.
    """

    def __init__(self, name: str, value: Any, root: yaml.Node | None, text: str = "") -> None:
        self.name = name
        self.value = value
        self.root = root
        self.text = text

    @classmethod
    def of(cls, text: str, name: str = "input") -> Self:
        """Read a text; it is JSON when it begins with a brace, else YAML. Raises `BadDocument`."""
        found = cls._read(text, name)
        if not found:
            raise BadDocument(f"{name}: the document is empty")
        if len(found) > 1:
            root = found[1].root
            assert root is not None
            raise BadDocument(f"{_place(name, root.start_mark)}: a second document; write only one")
        return found[0]

    @classmethod
    def every(cls, text: str, name: str = "input") -> list[Self]:
        """Read all documents of a text: each of its own, or an item of a list."""
        found: list[Self] = []
        for one in cls._read(text, name):
            if isinstance(one.root, yaml.SequenceNode):
                items = zip(one.value, one.root.value, strict=True)
                found += [cls(name, value, root, text) for value, root in items]
            else:
                found.append(one)
        return found

    @classmethod
    def _read(cls, text: str, name: str) -> list[Self]:
        text = text.removeprefix("\ufeff")  # some editors begin a file with it
        if len(text) > MAX_CHARACTERS:
            raise BadDocument(f"{name}: {len(text)} characters, more than {MAX_CHARACTERS}")
        # A tab is white space in JSON, but none in YAML; within JSON's texts there are none.
        json = text.lstrip()[:1] in ("{", "[")
        found = []
        try:
            loader = _Loader(text.replace("\t", " ") if json else text)
            while loader.check_node():
                root: Any = loader.get_node()
                if isinstance(root, yaml.ScalarNode) and not root.value:
                    continue  # nothing stands between two `---`
                _check_keys(root, name)
                found.append(cls(name, _value(loader, root, text), root, text))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = " ".join(filter(None, (error.context, error.problem)))
            raise BadDocument(f"{_place(name, mark)}: {problem}") from None
        except yaml.YAMLError as error:
            raise BadDocument(f"{name}: {' '.join(str(error).split())}") from None
        except UnicodeEncodeError as error:
            raise BadDocument(f"{name}: a text holds what is no character: {error}") from None
        except RecursionError:
            raise BadDocument(f"{name}: it is nested too deeply") from None
        return found

    def part(self, path: Path) -> "Source":
        """A part of the document, as a document of its own in the same text."""
        value, node = self.value, self.root
        for part in path:
            value = value[part]
        if node is not None:
            for part in path:
                node = _child(node, part)
        return Source(self.name, value, node, self.text)

    def place(self, path: Path, *, key: bool = False) -> str:
        """`name:line:column` of a value, or of the key before it."""
        mark = self.mark(path, key=key)
        return self.name if mark is None else f"{self.name}:{mark[0]}:{mark[1]}"

    def mark(
        self, path: Path, *, key: bool = False, word: str = "", nth: int = 0
    ) -> tuple[int, int] | None:
        """Line and column, from 1, of a value, of the key before it, or of a word in it.

        Args:
            path: Where the value stands.
            key: The key is meant.
            word: The word within the value that is meant; empty: its first one.
            nth: How many of the same word stand before it.

        Returns:
            None for a document without a text.
        """
        if self.root is None:
            return None
        name, value = self._find(path)
        within = name if key else value
        index = within.start_mark.index - 1 if word else -1
        for _ in range(nth + 1):
            index = self.text.find(word, index + 1, within.end_mark.index) if word else -1
        if index < 0:
            # A plain value is a word that can be pointed to; of a larger one, or none, the key is.
            plain = isinstance(value, yaml.ScalarNode) and value.value and not key
            mark = (value if plain else name).start_mark
            return mark.line + 1, mark.column + 1
        begins = self.text.rfind("\n", 0, index) + 1
        return self.text.count("\n", 0, index) + 1, index - begins + 1

    def fault(self, path: Path, text: str, *, key: bool = False) -> BadDocument:
        """An error about one value, or the key before it."""
        dotted = ".".join(str(part) for part in path)
        lead = f"{dotted}: " if dotted else ""
        return BadDocument(f"{self.place(path, key=key)}: {lead}{text}")

    def read(self, model: type[M]) -> M:
        """The document as a model. Raises `BadDocument` with a line for every mistake."""
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            faults = error.errors(include_url=False)
            lines = [
                str(self.fault(path, said, key=key))
                for path, said, key in (self.explain(model, one) for one in faults[:MAX_MISTAKES])
            ]
            if len(faults) > MAX_MISTAKES:
                lines.append(f"{self.name}: and {len(faults) - MAX_MISTAKES} more")
            raise BadDocument("\n".join(dict.fromkeys(lines))) from None

    def explain(self, model: type[BaseModel], fault: Any) -> tuple[list[str | int], str, bool]:
        """What pydantic found: where, what is wrong, and whether the key is at fault."""
        path = self._known(fault["loc"])
        text, given = str(fault["msg"]).removeprefix("Value error, "), fault["input"]
        if fault["type"] == "missing":
            return path, f"{fault['loc'][-1]} is missing", False
        if fault["type"] == "extra_forbidden":
            return path, f"no such word here{_nearest(model, fault['loc'])}", True
        if isinstance(given, str | int | float | bool) or given is None:
            shown = repr(given)
            text = f"{text}, not {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"
        return path, text[:1].lower() + text[1:], False

    def _known(self, loc: Sequence[str | int]) -> list[str | int]:
        """The part of pydantic's location that the document has; it names union members, too."""
        path: list[str | int] = []
        value = self.value
        for part in loc:
            if part in (value if isinstance(value, dict) else range(_length(value))):
                value = value[part]
                path.append(part)
        return path

    def _find(self, path: Path) -> tuple[yaml.Node, yaml.Node]:
        """The key of a value, or what stands for one, and the value."""
        assert self.root is not None
        node = shown = self.root
        for part in path:
            if isinstance(node, yaml.MappingNode):
                for name, child in node.value:
                    if name.value == str(part):
                        shown, node = name, child
                        break
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                shown = node = node.value[part]
        return shown, node


def _child(node: yaml.Node, part: str | int) -> yaml.Node:
    inner: list[Any] = node.value
    if not isinstance(part, int):
        inner, part = [child for key, child in inner if key.value == part], 0
    found: yaml.Node = inner[part]
    return found


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _value(loader: Any, root: yaml.Node, text: str) -> Any:
    """The plain value; JSON's own escapes where the text is JSON."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        value = loader.construct_document(root)
        msgspec.json.encode(value)  # half a surrogate pair is no character, and cannot be stored
        return value


def _check_keys(node: yaml.Node, name: str) -> None:
    """Keys are text, and each stands once."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise BadDocument(f"{_place(name, key.start_mark)}: a key must be text")
            if key.value in seen:
                raise BadDocument(f"{_place(name, key.start_mark)}: {key.value!r} stands twice")
            seen.add(key.value)
            key.tag = "tag:yaml.org,2002:str"
            _check_keys(child, name)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _check_keys(child, name)


def _place(name: str, mark: Any) -> str:
    return name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"


def _nearest(model: type[BaseModel], loc: Sequence[str | int]) -> str:
    """`; did you mean …`: of the words that the model has at this place."""
    here: list[Any] = [model]
    for part in loc[:-1]:
        here = [inner for each in here for inner in _inside(each, part)]
    words = [
        field.alias or name
        for each in here
        if isinstance(each, type) and issubclass(each, BaseModel)
        for name, field in each.model_fields.items()
    ]
    near = difflib.get_close_matches(str(loc[-1]), words, 1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are: {', '.join(words)}" if words else ""


def _inside(annotation: Any, part: str | int) -> list[Any]:
    """What stands under a key or index of a type: its field, or what it is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return _parts(field.annotation)
        return [annotation]  # the name of a union's member
    return [annotation]


def _parts(annotation: Any) -> list[Any]:
    """The models within a type, however it is put together."""
    inner = get_args(annotation)
    return [model for each in inner for model in _parts(each)] if inner else [annotation]
