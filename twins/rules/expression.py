"""Expression: the text of a condition, parsed and checked word by word.

Python's own parser makes the tree; what of it is not on the list here is refused, so that nothing
a rule can write reaches Python's builtins, an attribute, a loop, or a number without bounds. A
condition is short, flat, has few multiplications, and each operator has constant costs.
"""

import ast
from difflib import get_close_matches
from typing import Any, Final

from twins.rules import tree
from twins.rules.duration import LONGEST_S
from twins.rules.fields import Type
from twins.rules.operators import LOOKS_AT, OPERATORS, REQUIRED, Operator, Parameter, Takes
from twins.rules.ranges import constant
from twins.rules.scope import Scope
from twins.rules.syntax import BadExpression, Syntax

MAX_NODES: Final = 200
MAX_DEPTH: Final = 30
MAX_PRODUCTS: Final = 8
"""So many multiplications and divisions: of 64-bit numbers, the result is below any overflow."""

MAX_LITERAL: Final = 1e15
MAX_LETTERS: Final = 200
MAX_VALUES: Final = 100
"""How many values may stand behind `in`."""

MAX_TIMES: Final = 100

_COMPARISONS: dict[type, str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_ARITHMETIC: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%",
}  # fmt: skip


def parse_condition(text: str, scope: Scope) -> tree.Node:
    """Parse what is true or false, or raise `BadExpression`."""
    syntax = Syntax(text)
    return _Parser(syntax, scope).condition(syntax.root, 0)


def parse_value(text: str, scope: Scope) -> tree.Node:
    """Parse what has any value (a number, a text, a field), or raise `BadExpression`."""
    syntax = Syntax(text)
    return _Parser(syntax, scope).node(syntax.root, 0)


class _Parser:
    """Checks the tree of one text."""

    def __init__(self, syntax: Syntax, scope: Scope) -> None:
        self._syntax = syntax
        self._bad = syntax.bad
        self._scope = scope
        self._nodes = 0
        self._products = 0
        self._within: str | None = None
        """The operator whose argument is being parsed."""

    # -- nodes -------------------------------------------------------------------------------

    def condition(self, node: ast.expr, depth: int) -> tree.Node:
        """A node that is true or false."""
        found = self.node(node, depth)
        if found.type is not Type.CONDITION:
            raise self._bad(
                node,
                f"{found.text} is {_a(found.type)}, not a condition; compare it with something",
            )
        return found

    def _number(self, node: ast.expr, depth: int) -> tree.Node:
        found = self.node(node, depth)
        if found.type is not Type.NUMBER:
            raise self._bad(node, f"{found.text} is {_a(found.type)}, and a number is needed here")
        return found

    def _comparable(self, node: ast.expr, depth: int) -> tree.Node:
        found = self.node(node, depth)
        if found.type is Type.OTHER:
            raise self._bad(node, f"{found.text} can be passed on in `data`, but not compared")
        return found

    def node(self, node: ast.expr, depth: int) -> tree.Node:
        """Any node."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise self._bad(node, "this is too long to be understood; make two rules of it")
        # Whatever is not in this table is refused.
        parse: Any = {
            ast.BoolOp: self._joined,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.Compare: self._compare,
            ast.Constant: self._literal,
            ast.Name: self._name,
            ast.Attribute: self._name,
            ast.Call: self._call,
        }.get(type(node))
        if parse is None:
            raise self._never(node)
        found: tree.Node = parse(node, depth + 1)
        return found

    def _never(self, node: ast.expr) -> BadExpression:
        return self._bad(node, f"{self._syntax.place(node)[0]} is nothing that a condition may say")

    def _joined(self, node: ast.BoolOp, depth: int) -> tree.Node:
        parts = tuple(self.condition(value, depth) for value in node.values)
        made = tree.Every if isinstance(node.op, ast.And) else tree.Some
        return made(*self._syntax.place(node), parts)

    def _unary(self, node: ast.UnaryOp, depth: int) -> tree.Node:
        if isinstance(node.op, ast.Not):
            return tree.Not(*self._syntax.place(node), self.condition(node.operand, depth))
        if isinstance(node.op, ast.USub):
            return tree.Negative(*self._syntax.place(node), self._number(node.operand, depth))
        raise self._never(node)

    def _arithmetic(self, node: ast.BinOp, depth: int) -> tree.Node:
        op = _ARITHMETIC.get(type(node.op))
        if op is None:
            raise self._never(node)
        self._products += op in "*/"
        if self._products > MAX_PRODUCTS:
            raise self._bad(node, f"more than {MAX_PRODUCTS} multiplications and divisions")
        left, right = self._number(node.left, depth), self._number(node.right, depth)
        return tree.Arithmetic(*self._syntax.place(node), op, left, right)

    def _literal(self, node: ast.Constant, depth: int) -> tree.Literal:  # noqa: ARG002 - as all are called
        value = node.value
        text, span = self._syntax.place(node)
        if value is None:
            raise self._bad(node, "write `x is None` where a field may be unknown")
        if isinstance(value, str) and len(value) <= MAX_LETTERS and value.isprintable():
            return tree.Literal(text, span, value)
        if isinstance(value, bool):
            return tree.Literal(text, span, value)
        if isinstance(value, int | float) and abs(value) <= MAX_LITERAL:
            return tree.Literal(text, span, value)
        raise self._bad(
            node,
            f"{text[:40]} is neither a number up to {MAX_LITERAL:g} nor a text of {MAX_LETTERS} "
            "letters at most",
        )

    def _name(self, node: ast.Name | ast.Attribute, depth: int) -> tree.Node:  # noqa: ARG002 - as all are called
        text, span = self._syntax.place(node)
        scope = self._scope
        dotted = self._dotted(node)
        if dotted is None:
            raise self._never(node)
        answer = scope.answer(dotted)
        if answer is not None:
            return tree.Name(text, span, tree.From.DECIDED, *answer)
        whole, within = ".".join(dotted), ".".join(dotted[1:])
        if len(dotted) == 1:
            name = dotted[0]
            if self._syntax.duration(node) is not None:
                raise self._bad(node, f"a duration stands in operators only: avg(x, {text})")
            if name in ("true", "false"):
                return tree.Literal(text, span, name == "true")
        if whole in scope.state:
            return tree.Name(text, span, tree.From.STATE, "", scope.state[whole])
        if dotted[0] == "event" and within in scope.event:
            return tree.Name(text, span, tree.From.EVENT, "", scope.event[within])
        if within in scope.mirrors.get(dotted[0], {}):
            field = scope.mirrors[dotted[0]][within]
            return tree.Name(text, span, tree.From.MIRROR, dotted[0], field)
        raise BadExpression(scope.no_name(dotted), span)

    def _dotted(self, node: ast.expr) -> list[str] | None:
        """The words of `a.b.c`; None: it is something else. No word begins with an underscore."""
        words: list[str] = []
        while isinstance(node, ast.Attribute):
            words.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        words.append(node.id)
        if any(word.startswith("_") for word in words):
            raise self._bad(node, "a name does not begin with an underscore")
        return words[::-1]

    # -- comparing ---------------------------------------------------------------------------

    def _compare(self, node: ast.Compare, depth: int) -> tree.Node:
        text, span = self._syntax.place(node)
        left, found = node.left, []
        for op, right in zip(node.ops, node.comparators, strict=True):
            found.append(self._comparison(left, op, right, depth))
            left = right
        return found[0] if len(found) == 1 else tree.Every(text, span, tuple(found))

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr, depth: int) -> tree.Node:
        span = self._syntax.span(left)[0], self._syntax.span(right)[1]
        text = self._syntax.words(span)
        if isinstance(op, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None):
                raise self._bad(right, "only `is None` and `is not None`; else write `==`")
            item = self.node(left, depth)
            return tree.Unknown(text, span, item, isinstance(op, ast.IsNot))
        one = self._comparable(left, depth)
        if isinstance(op, ast.In | ast.NotIn):
            values = self._values(right, one, depth)
            return tree.Member(text, span, one, values, isinstance(op, ast.NotIn))
        other = self._comparable(right, depth)
        if one.type is not other.type:
            raise self._bad(
                right,
                f"{one.text} is {_a(one.type)} and {other.text} is {_a(other.type)}; "
                "they cannot be compared",
            )
        written = _COMPARISONS[type(op)]
        if one.type is not Type.NUMBER and written not in ("==", "!="):
            raise self._bad(right, f"{_a(one.type)} can only be equal or not (== or !=)")
        return tree.Compare(text, span, written, one, other)

    def _values(self, node: ast.expr, item: tree.Node, depth: int) -> tuple[float | str, ...]:
        if not isinstance(node, ast.Tuple | ast.List | ast.Set):
            raise self._bad(node, "behind `in` stand values in brackets: in ('gold', 'silver')")
        if not 1 <= len(node.elts) <= MAX_VALUES:
            raise self._bad(node, f"behind `in` stand 1 to {MAX_VALUES} values")
        values = []
        for element in node.elts:
            found = self.node(element, depth)
            value = constant(found)
            if value is None:
                raise self._bad(element, "behind `in` stand values, written out")
            if found.type is not item.type:
                raise self._bad(
                    element, f"{found.text} is {_a(found.type)}, {item.text} {_a(item.type)}"
                )
            values.append(value)
        return tuple(values)

    # -- operators ---------------------------------------------------------------------------

    def _call(self, node: ast.Call, depth: int) -> tree.Node:
        text, span = self._syntax.place(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        operator = OPERATORS.get(name)
        if operator is None:
            near = get_close_matches(name, OPERATORS, 1)
            known = f"did you mean {near[0]}?" if near else f"there are: {', '.join(OPERATORS)}"
            raise self._bad(
                node.func, f"there is no operator {self._syntax.place(node.func)[0]!r}; {known}"
            )
        if operator.remembers and not self._scope.remembers:
            raise self._bad(
                node.func, f"{name} remembers something, and cannot stand here; put it into `when`"
            )
        if self._within is not None and name != "abs":
            raise self._bad(node.func, f"no operator stands within {self._within}; make two rules")
        argument, values = None, {}
        for parameter, given in self._bound(node, operator):
            if parameter.takes in LOOKS_AT:
                assert given is not None
                outer = self._within
                self._within = name if operator.remembers else outer
                argument = self._argument(given, parameter, depth)
                self._within = outer
            elif given is None:
                values[parameter.name] = parameter.default
            else:
                values[parameter.name] = self._value(given, parameter, operator)
        self._check_trend(node, operator, values)
        return tree.Call(text, span, operator, argument, values)

    def _bound(
        self, node: ast.Call, operator: Operator
    ) -> list[tuple[Parameter, ast.expr | None]]:  # fmt: skip
        """Each parameter with what was given for it."""
        given: dict[str, ast.expr] = {}
        rest = list(operator.parameters)
        for argument in node.args:
            # contacted(7d): what may be left out is, where a duration stands in its place.
            while rest and rest[0].default is None and rest[0].takes is Takes.WORD and (
                self._syntax.duration(argument) is not None
            ):  # fmt: skip
                del rest[0]
            if not rest or isinstance(argument, ast.Starred):
                raise self._bad(argument, f"too much; write {operator.usage}")
            given[rest.pop(0).name] = argument
        known = {one.name for one in operator.parameters}
        for keyword in node.keywords:
            if keyword.arg not in known or keyword.arg in given:
                raise self._bad(
                    keyword.value, f"{keyword.arg}= does not fit; write {operator.usage}"
                )
            given[keyword.arg] = keyword.value
        for one in operator.parameters:
            if one.default is REQUIRED and one.name not in given:
                raise self._bad(node, f"{one.name} is missing; write {operator.usage}")
        return [(one, given.get(one.name)) for one in operator.parameters]

    def _argument(self, node: ast.expr, parameter: Parameter, depth: int) -> tree.Node:
        if parameter.takes is Takes.CONDITION:
            return self.condition(node, depth)
        if parameter.takes is Takes.NUMBER:
            return self._number(node, depth)
        return self._comparable(node, depth)

    def _value(self, node: ast.expr, parameter: Parameter, operator: Operator) -> Any:
        """A constant."""
        text = self._syntax.place(node)[0]
        duration = self._syntax.duration(node)
        if parameter.takes is Takes.DURATION:
            if duration is None or not 0 < duration <= LONGEST_S:
                raise self._bad(
                    node, f"{text} is no duration up to 400d; write 30s, 15m, 6h or 30d"
                )
            return duration
        if parameter.takes is Takes.WORD:
            words = None if duration is not None else self._dotted(node)
            if words is None and isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = [node.value]
            if words is None or len(".".join(words)) > MAX_LETTERS:
                raise self._bad(
                    node, f"{text} is no name; put it in quotes, or write {operator.usage}"
                )
            return ".".join(words)
        number = constant(self.node(node, 0))
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise self._bad(node, f"{parameter.name} is a number, written out, not {text}")
        if parameter.takes is Takes.TIMES and not (
            isinstance(number, int) and 1 <= number <= MAX_TIMES
        ):
            raise self._bad(node, f"{parameter.name} is a whole number from 1 to {MAX_TIMES}")
        return number

    def _check_trend(self, node: ast.Call, operator: Operator, values: dict[str, Any]) -> None:
        """A range that clears above where it begins would clear at once."""
        if "band" not in values:
            return
        if values["band"] < 0:
            raise self._bad(node, "band is not negative")
        rising = operator.name == "rising"
        limit = values["above" if rising else "below"]
        clear = values["clear"]
        if clear is None:
            values["clear"] = limit
        elif limit is None:
            raise self._bad(node, f"clear needs {'above' if rising else 'below'} as well")
        elif (clear > limit) if rising else (clear < limit):
            side = "above" if rising else "below"
            raise self._bad(node, f"clear={clear:g} lies {side} {side}={limit:g}; turn them round")


def _a(type_: Type) -> str:
    return {
        Type.NUMBER: "a number",
        Type.TEXT: "a text",
        Type.CONDITION: "a condition",
        Type.OTHER: "a list or a part of the state",
    }[type_]
