"""Rule files: rules in a folder, as Git keeps them.

rules/
  versions.json             {"vehicle": 7}: what was pulled or pushed last
  vehicle/
    engine.overheating.yaml one file a rule, comments and all
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from deploy.cli.values import BadValue
from gateway.rule_views import RuleView
from twins.errors import BadDocument
from twins.ids import PART
from twins.rules.document import table_of
from twins.source import Source

VERSIONS = "versions.json"
SUFFIX = ".yaml"
SUFFIXES = (SUFFIX, ".yml", ".json")
MAX_WIDTH = 100

_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class _Dumper(yaml.SafeDumper):
    """YAML 1.2, as rules are read: `on` is a word, and needs no quotes."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the library's own name and form

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out; rules know no anchors."""
        del data
        return True


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Dumper.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )


def written(rule: RuleView) -> str:
    """A rule as text: its author's, or its document as YAML."""
    if rule.text:
        return rule.text if rule.text.endswith("\n") else f"{rule.text}\n"
    text: str = yaml.dump(
        rule.document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=MAX_WIDTH
    )
    return text


def read_files(paths: Iterable[Path]) -> dict[str, list[RuleView]]:
    """Rules of files, by kind; raises `BadValue` with file, line and word."""
    found: dict[str, list[RuleView]] = {}
    for path in paths:
        for rule in _read(path):
            kind = rule.document.get("kind")
            if not isinstance(kind, str):
                raise BadValue(f"{path}: say whose rule it is: `kind: vehicle`")
            found.setdefault(kind, []).append(rule)
    for kind, rules in found.items():
        _once(kind, rules)
    return found


def _once(kind: str, rules: list[RuleView]) -> None:
    names = [rule.name for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadValue(f"{kind}: {', '.join(twice)} stands twice; a kind has a rule once")


def _read(path: Path, kind: str | None = None) -> list[RuleView]:
    try:
        text = path.read_text("utf-8")
        source = Source.of(text, str(path))
        if isinstance(source.value, dict):
            table_of(source)
        value = source.value
    except (OSError, UnicodeDecodeError) as error:
        raise BadValue(f"{path} cannot be read: {error}") from error
    except BadDocument as error:
        raise BadValue(str(error)) from error
    documents = value if isinstance(value, list) else [value]
    rules = []
    for document in documents:
        name = document.get("rule") if isinstance(document, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise BadValue(f"{path}: a rule has a name: `rule: door.left_open`")
        if kind is not None and document.setdefault("kind", kind) != kind:
            raise BadValue(f"{path}: it is a rule of {document['kind']}, in the folder of {kind}")
        rules.append(RuleView(name, document, "" if documents is value else text))
    return rules


class Change(Struct):
    """How one set of rules becomes another."""

    put: list[RuleView]
    remove: list[str]
    lines: list[str]
    """The difference, as a unified diff of texts."""

    def __bool__(self) -> bool:
        return bool(self.put or self.remove)


def change(kind: str, before: Iterable[RuleView], after: Iterable[RuleView]) -> Change:
    """What makes `before` to `after`; both are sets of one kind's rules."""
    old, new = {rule.name: rule for rule in before}, {rule.name: rule for rule in after}
    put = [
        rule
        for name, rule in sorted(new.items())
        if name not in old
        or (rule.document, written(rule)) != (old[name].document, written(old[name]))
    ]
    remove = sorted(old.keys() - new.keys())
    lines: list[str] = []
    for name in sorted({*remove, *(rule.name for rule in put)}):
        was, now = (_lines(rules.get(name)) for rules in (old, new))
        label = f"{kind}/{name}{SUFFIX}"
        lines += difflib.unified_diff(was, now, f"published/{label}", f"here/{label}", lineterm="")
    return Change(put, remove, lines)


def _lines(rule: RuleView | None) -> list[str]:
    return [] if rule is None else written(rule).splitlines()


class Folder:
    """A folder of rules.

    Args:
        path: Where it is; it need not exist to be pulled into.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def kinds(self) -> list[str]:
        """The kinds that have a folder, in alphabetical order."""
        if not self.path.is_dir():
            raise BadValue(f"{self.path} is no folder; `vigil rules pull {self.path}` makes it")
        return sorted(
            entry.name
            for entry in self.path.iterdir()
            if entry.is_dir() and re.fullmatch(PART, entry.name)
        )

    def rules(self, kind: str) -> list[RuleView]:
        """What the folder has of a kind; raises `BadValue`."""
        rules = [rule for path in self.files(kind) for rule in _read(path, kind)]
        _once(kind, rules)
        return rules

    def files(self, kind: str) -> list[Path]:
        """The files of a kind's rules, in the order of their names."""
        folder = self.path / kind
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)

    @property
    def versions(self) -> dict[str, int]:
        """Kind -> the version that the folder was made from."""
        path = self.path / VERSIONS
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise BadValue(f"{path} cannot be read: {error}; pull into a new folder") from error

    def note(self, kind: str, version: int) -> None:
        """Remember from which version a kind's files are."""
        versions: Mapping[str, int] = {**self.versions, kind: version}
        body = msgspec.json.format(msgspec.json.encode(dict(sorted(versions.items()))), indent=2)
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / VERSIONS).write_bytes(body + b"\n")

    def write(self, kind: str, rules: Iterable[RuleView]) -> None:
        """Make the folder hold these rules of a kind and no others."""
        folder = self.path / kind
        folder.mkdir(parents=True, exist_ok=True)
        kept = {}
        for rule in rules:
            # A decision table stays what its editor opens.
            suffix = ".json" if rule.text.lstrip().startswith("{") else SUFFIX
            kept[folder / f"{rule.name}{suffix}"] = written(rule)
        for path in self.files(kind):
            if path not in kept:
                path.unlink()
        for path, text in kept.items():
            if not path.exists() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")
