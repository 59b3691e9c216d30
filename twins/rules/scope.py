"""Scope: the names that an expression may use, and what to say of one that it may not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from twins.rules.fields import Field
from twins.rules.operators import OPERATORS


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use."""

    kind: str
    state: Mapping[str, Field]
    event: Mapping[str, Field]
    mirrors: Mapping[str, Mapping[str, Field]]
    remembers: bool = True
    """Whether operators that remember something may be called."""
    decided: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)
    """Answers of the tables that were asked before; an empty name is all of an answer."""

    def words(self) -> list[str]:
        """All of them, as they are written."""
        return [
            *self.state,
            *(f"event.{name}" for name in self.event),
            *(f"{link}.{name}" for link, fields in self.mirrors.items() for name in fields),
            *(f"{answer}.{name}" for answer, fields in self.decided.items() for name in fields),
        ]

    def answer(self, dotted: list[str]) -> tuple[str, Field] | None:
        """A table's answer, and what of it is meant; the name of a table may have dots."""
        for cut in range(len(dotted), 0, -1):
            answer = ".".join(dotted[:cut])
            found = self.decided.get(answer, {}).get(".".join(dotted[cut:]))
            if found is not None:
                return answer, found
        return None

    def no_name(self, dotted: list[str]) -> str:
        """That there is no such name, and which was perhaps meant."""
        text = ".".join(dotted)
        if text in OPERATORS:
            return f"{text} is an operator; write {OPERATORS[text].usage}"
        owner, name, among = f"a {self.kind} has", text, self.words()
        if len(dotted) > 1 and dotted[0] == "event":
            owner, name, among = "the event brings", ".".join(dotted[1:]), list(self.event)
        elif len(dotted) > 1 and dotted[0] in self.mirrors:
            owner = f"a {self.kind} mirrors of {dotted[0]}"
            name, among = dotted[-1], list(self.mirrors[dotted[0]])
        near = get_close_matches(name, among, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(among) or 'none'}"
        return f"{owner} no {name!r}; {hint}"
