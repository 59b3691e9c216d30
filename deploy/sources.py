"""Sources of settings: where each value comes from, and what is wrong with it.

    defaults < file < environment < arguments

Every message names the place that has to be changed: the file and key, the variable, or the
argument; an unknown key also names the nearest that there is.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args

from msgspec import Struct
from pydantic import BaseModel, ByteSize, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource

from deploy.errors import BadSettings

PREFIX = "VIGIL__"
DELIMITER = "__"
NONE = "none"
"""How a file or variable says "no value" to a setting that may be without."""

Keys = tuple[str, ...]
S = TypeVar("S", bound=BaseSettings)


class Explained(Struct, frozen=True):
    """One setting as it stands."""

    path: str
    """`section.name`."""
    value: str
    """For people; secrets are masked."""
    source: str
    """`default`, the file, the variable, or `argument`."""


class Source:
    """One place that gives settings: a nested dict, and a name for each of its keys."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def gives(self, path: Keys) -> bool:
        """Whether the value at a path, or anything below it, comes from here."""
        here: Any = self.values
        for part in path:
            if not isinstance(here, dict) or part not in here:
                return False
            here = here[part]
        return True

    def name(self, path: Keys) -> str:
        """Where exactly it stands, for `Explained`."""
        raise NotImplementedError

    def place(self, path: Keys) -> str:
        """The same within a message, with the key."""
        raise NotImplementedError

    def unknown(self, model: type[BaseModel]) -> Iterator[Keys]:
        """Paths given here that the settings do not have."""
        return _unknown(model, self.values, ())


class Arguments(Source):
    """What the command line, or a caller, says; keys may be dotted: `{"nats.port": 0}`."""

    def __init__(self, overrides: Mapping[str, Any]) -> None:
        nested: dict[str, Any] = {}
        for key, value in overrides.items():
            *parents, last = key.split(".")
            layer: Any = value
            for part in (last, *reversed(parents)):
                layer = {part: layer}
            nested = merge(nested, layer)
        super().__init__(nested)

    def name(self, path: Keys) -> str:  # noqa: ARG002 - other sources name it by the path
        """See `Source.name`."""
        return "argument"

    def place(self, path: Keys) -> str:
        """See `Source.place`."""
        return f"argument {'.'.join(path)}"


class File(Source):
    """A TOML file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                values = tomllib.load(file)
        except OSError as error:
            raise BadSettings(f"{path}: {error.strerror or error}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"{path} is not TOML: {error}") from error
        super().__init__(values)

    def name(self, path: Keys) -> str:  # noqa: ARG002 - other sources name it by the path
        """See `Source.name`."""
        return str(self.path)

    def place(self, path: Keys) -> str:
        """See `Source.place`."""
        return f"{self.path}: {'.'.join(path)}"


class _Variables(EnvSettingsSource):
    """The library's reader; what should be JSON and is not, is left to the validation to name."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class Environment(Source):
    """Variables of the process: `VIGIL__SECTION__NAME`; lists and tables in JSON."""

    def __init__(self, model: type[BaseSettings]) -> None:
        self._names = {
            tuple(name.lower().removeprefix(PREFIX.lower()).split(DELIMITER)): name
            for name in os.environ
            if name.upper().startswith(PREFIX)
        }
        source = _Variables(
            model,
            env_prefix=PREFIX,
            env_nested_delimiter=DELIMITER,
            env_ignore_empty=True,
        )
        super().__init__(source())

    def name(self, path: Keys) -> str:
        """See `Source.name`."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._names:
                return self._names[path[:length]]
        return PREFIX + DELIMITER.join(path).upper()

    def place(self, path: Keys) -> str:
        """See `Source.place`."""
        return self.name(path)

    def unknown(self, model: type[BaseModel]) -> Iterator[Keys]:
        """Also the variables that the library passes over: those of no section."""
        yield from (path for path in self._names if path[0] not in model.model_fields)
        yield from super().unknown(model)


def read(
    model: type[S], config: Path | None, default: Path, overrides: Mapping[str, Any] | None
) -> tuple[S, list[Source]]:
    """Read all sources and build the settings; returns them with the sources, strongest first.

    Args:
        model: The tree of settings.
        config: The file that must be there, or None.
        default: The file that counts where `config` is None, if it is there.
        overrides: What the caller sets.

    Raises:
        BadSettings: Something unknown, unreadable or out of range; the text has a line for each.
    """
    sources: list[Source] = [Arguments(overrides or {}), Environment(model)]
    if config is not None or default.exists():
        sources.append(File(config or default))
    problems = [
        _complaint(model, source, path) for source in sources for path in source.unknown(model)
    ]
    if problems:
        raise BadSettings("\n".join(problems))
    values: dict[str, Any] = {}
    for source in reversed(sources):
        values = merge(values, _without_none(model, source.values))
    try:
        return model(**values), sources
    except ValidationError as error:
        raise BadSettings("\n".join(_invalid(model, sources, error))) from error


def explain(settings: BaseModel, sources: Iterable[Source]) -> list[Explained]:
    """Every setting with its value and where that comes from, by path."""
    sources = list(sources)
    return [
        Explained(
            ".".join(path),
            _shown(value),
            next((source.name(path) for source in sources if source.gives(path)), "default"),
        )
        for path, value in _leaves(settings, ())
    ]


def merge(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two nested dicts as one; where both have a value, `over` has its way."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def section(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a field that is a section, None for one that is a setting."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _paths(model: type[BaseModel], under: Keys = ()) -> Iterator[Keys]:
    for name, field in model.model_fields.items():
        below = section(field)
        if below is None:
            yield (*under, name)
        else:
            yield from _paths(below, (*under, name))


def _leaves(settings: BaseModel, under: Keys) -> Iterator[tuple[Keys, Any]]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*under, name))
        else:
            yield (*under, name), value


def _unknown(model: type[BaseModel], values: Mapping[str, Any], under: Keys) -> Iterator[Keys]:
    for name, value in values.items():
        field = model.model_fields.get(name)
        if field is None:
            yield (*under, name)
            continue
        below = section(field)
        if below is not None and isinstance(value, dict):
            yield from _unknown(below, value, (*under, name))


def _without_none(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """TOML has no null; the word `none` stands for it where a setting may be without a value."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = model.model_fields[name]
        below = section(field)
        if below is not None and isinstance(value, dict):
            found[name] = _without_none(below, value)
        elif value == NONE and NoneType in get_args(field.annotation):
            found[name] = None
        else:
            found[name] = value
    return found


def _complaint(model: type[BaseModel], source: Source, path: Keys) -> str:
    given = ".".join(path)
    known = {".".join(each): each for each in _paths(model)} | {
        each: (each,) for each in model.model_fields
    }
    near = difflib.get_close_matches(given, known, n=1) or [
        each  # the right name in the wrong section, or in none
        for each, parts in known.items()
        if difflib.get_close_matches(path[-1], [parts[-1]])
    ]
    text = f"{source.place(path)} is not a setting"
    if not near:
        return f"{text}; known sections: {', '.join(model.model_fields)}"
    nearest = known[near[0]]
    if isinstance(source, Environment):
        return f"{text}; did you mean {PREFIX}{DELIMITER.join(nearest).upper()}?"
    return f"{text}; did you mean {'.'.join(nearest)}?"


def _invalid(
    model: type[BaseModel], sources: list[Source], error: ValidationError
) -> Iterator[str]:
    for each in error.errors():
        path = _known_part(model, tuple(str(part) for part in each["loc"]))
        source = next((source for source in sources if source.gives(path)), None)
        place = source.place(path) if source is not None and path else ".".join(path)
        said = each["msg"].removeprefix("Value error, ")
        # A whole section is no value to show, and a secret is none to be seen.
        shown = isinstance(each["input"], str | int | float | bool) and not _secret(model, path)
        given = f", not {each['input']!r}" if shown else ""
        yield f"{place}: {said}{given}" if place else said


def _known_part(model: type[BaseModel], path: Keys) -> Keys:
    """A path without what pydantic adds below a setting: places in lists, members of unions."""
    here: type[BaseModel] | None = model
    for length, part in enumerate(path):
        if here is None or part not in here.model_fields:
            return path[:length]
        here = section(here.model_fields[part])
    return path


def _secret(model: type[BaseModel], path: Keys) -> bool:
    here: type[BaseModel] | None = model
    for part in path[:-1]:
        here = section(here.model_fields[part]) if here is not None else None
    kind = here.model_fields[path[-1]].annotation if here is not None and path else None
    return SecretStr in (kind, *get_args(kind))


def _shown(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, ByteSize):
        return value.human_readable()
    return str(value)
