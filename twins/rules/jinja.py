"""Jinja: templates with conditions and lists, in a sandbox of which little is left open.

    text: |
      {{ name }}, {{ coolant_c | number }} °C{% if speed_kmh > 0 %}. Please stop{% endif %}.
      {% for part in parts %}- {{ part.what }}: {{ part.cents | money("EUR") }}
      {% endfor %}

A text that holds `{{` or `{%` is one of these; any other is filled by `template`. What may stand in
it is listed here, so that its cost is bounded by its size: no calls, no arithmetic, no imports, one
loop deep, over 50 items at most. It is read when it is published, and filled where it leaves.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_ITEMS: Final = 50
"""So many items of a list are looped over; the rest is left out."""

MAX_FILLED: Final = 20_000
"""Characters that a filled text may have."""

SHOWN: Final = ("number", "duration", "time", "money")
"""Filters that say how a value is shown, as the places of `template` do."""

_FILTERS: Final = frozenset({*SHOWN, "upper", "lower", "capitalize", "trim", "default", "length"})
_TESTS: Final = frozenset({"defined", "none"})

_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter,
    nodes.Test, nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Getattr, nodes.Getitem,
)  # fmt: skip

_SAID: Final = {
    nodes.Call: "nothing can be called",
    nodes.Macro: "there are no macros",
    nodes.Include: "nothing can be included",
    nodes.Import: "nothing can be imported",
    nodes.FromImport: "nothing can be imported",
    nodes.Extends: "a template stands by itself",
}

Show = Callable[[Any, str], str]
"""Writes a value in a way of `twins.rules.template.FORMATS`, a currency, or as it is (empty)."""


def is_jinja(text: str) -> bool:
    """Whether a text is one of these."""
    return "{{" in text or "{%" in text


def check(text: str) -> set[str]:
    """The names that a text shows; raises `ValueError` with what is wrong, and in which line."""
    environment = _environment(html=False)
    try:
        tree = environment.parse(text)
        _walk(tree, loops=0)
        names = set(find_undeclared_variables(tree))
        environment.compile(tree)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise ValueError(f"line {line}: {error.message}") from error
    except (RecursionError, SyntaxError, MemoryError) as error:
        raise ValueError("it is nested too deeply") from error
    return names


def _walk(node: nodes.Node, loops: int) -> None:
    wrong = None
    if not isinstance(node, _ALLOWED):
        wrong = _SAID.get(type(node), f"{type(node).__name__.lower()} cannot stand in a template")
    elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        wrong = f"there is no filter {node.name!r}; there are: {', '.join(sorted(_FILTERS))}"
    elif isinstance(node, nodes.Test) and node.name not in _TESTS:
        wrong = f"there is no test {node.name!r}; there are: {', '.join(sorted(_TESTS))}"
    elif isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        wrong = f"{node.attr!r} is nobody's business"
    elif isinstance(node, nodes.Const) and isinstance(node.value, str) and _is_private(node.value):
        wrong = f"{node.value!r} is nobody's business"
    elif isinstance(node, nodes.For) and (loops or node.recursive):
        wrong = "a loop cannot stand in a loop"
    if wrong is not None:
        raise ValueError(f"line {node.lineno}: {wrong}")
    for child in node.iter_child_nodes():
        _walk(child, loops + isinstance(node, nodes.For))


def _is_private(text: str) -> bool:
    return text.startswith("__")


def fill(text: str, data: Mapping[str, Any], show: Show, *, html: bool = False) -> str:
    """A text with its places filled. As HTML, all that the data bring is escaped.

    Raises:
        ValueError: It cannot be read, shows what `show` cannot write, or gets too long.
        KeyError: A value is missing.
    """
    check(text)
    ways: dict[str, Any] = {way: _Way(show, way) for way in SHOWN}
    environment = _environment(html=html).overlay(finalize=lambda it: _finished(it, show))
    environment.filters = {**environment.filters, **ways}
    try:
        filled = environment.from_string(text).render(_bounded(dict(data)))
    except SecurityError as error:
        raise ValueError(str(error)) from error
    except TemplateError as error:
        raise KeyError(error.message) from error
    except (TypeError, AttributeError, OverflowError) as error:
        raise ValueError(str(error)) from error
    if len(filled) > MAX_FILLED:
        raise ValueError(f"it has {len(filled)} characters when it is filled")
    return filled


class _Way:
    """A filter that shows a value."""

    def __init__(self, show: Show, way: str) -> None:
        self._show = show
        self._way = way

    def __call__(self, value: Any, currency: str = "EUR") -> str:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("the value is no number")
        return self._show(value, currency if self._way == "money" else self._way)


def _finished(value: Any, show: Show) -> Any:
    """Values as a place shows them; what a filter wrote, and markup, as it is."""
    return value if isinstance(value, str) else show(value, "")


def _bounded(value: Any, depth: int = 0) -> Any:
    """Plain data alone, and of lists the first items."""
    if depth > 8:  # noqa: PLR2004 - deeper than any event's data that a person should read
        return None
    if isinstance(value, Mapping):
        return {str(key): _bounded(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_bounded(item, depth + 1) for item in value[:MAX_ITEMS]]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


@lru_cache(maxsize=2)
def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        cache_size=0,
    )  # fmt: skip
    environment.globals = {}
    known = {name: it for name, it in environment.filters.items() if name in _FILTERS}
    environment.filters = {**dict.fromkeys(SHOWN, str), **known}
    environment.tests = {name: it for name, it in environment.tests.items() if name in _TESTS}
    return environment
