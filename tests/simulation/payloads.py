"""Payloads drawn from the types that handlers declare: of the right shape, seldom sensible."""

import re
from random import Random
from typing import Any

import msgspec
from msgspec import inspect

IDS = ["vehicle/v1", "customer/c1", "dealer/d1", "rental_depot/r1", "tow_operator/t1",
       "ride_company/x1", "insurer/i1", "employee/e1", "desk/north", "roadside/v1"]  # fmt: skip
WORDS = ["a", "b1", "north", "en", "EUR", "http://127.0.0.1:9/p", "x y", "", "0", "d1",
         "2027-01", "FI", "P0300", "shop/s1", "article/a1", "weather/w1", "2027-07-01", "plane/p1",
         "trip/t1", *IDS]  # fmt: skip


def draw(declared: Any, chance: Random) -> Any:
    """Some value of a type, as JSON would have it."""
    return _draw(inspect.type_info(declared), chance, 0)


def _draw(kind: inspect.Type, chance: Random, depth: int) -> Any:  # noqa: C901, PLR0911, PLR0912 - one line a type
    match kind:
        case inspect.Metadata(type=inner):
            return _draw(inner, chance, depth)
        case inspect.UnionType(types=types):
            return _draw(chance.choice(types), chance, depth)
        case inspect.AnyType():
            return chance.choice([None, 1, 2.5, "text"])
        case inspect.NoneType():
            return None
        case inspect.BoolType():
            return chance.random() < 0.5
        case inspect.IntType():
            return int(_between(kind.ge, kind.le, chance))
        case inspect.FloatType():
            return _between(kind.ge, kind.le, chance)
        case inspect.StrType():
            return _text(kind, chance)
        case inspect.LiteralType(values=values):
            return chance.choice(values)
        case inspect.EnumType(cls=cls):
            return chance.choice(list(cls)).value
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return [_draw(item, chance, depth + 1) for _ in range(chance.randint(0, 2))]
        case inspect.TupleType(item_types=items):
            return [_draw(item, chance, depth + 1) for item in items]
        case inspect.DictType(key_type=key, value_type=value, min_length=least):
            return {
                _draw(key, chance, depth + 1): _draw(value, chance, depth + 1)
                for _ in range(chance.randint(least or 0, 2))
            }
        case inspect.StructType(fields=fields):
            return {
                field.encode_name: _draw(field.type, chance, depth + 1)
                for field in fields
                if field.required or chance.random() < 0.6
            }
    raise NotImplementedError(f"no way to draw {kind}; add it here")


def _between(low: float | None, high: float | None, chance: Random) -> float:
    least = -1000.0 if low is None else low
    most = least + 2000.0 if high is None else high
    return chance.choice([least, min(most, least + 100.0), chance.uniform(least, most)])


def _text(kind: inspect.StrType, chance: Random) -> str:
    fitting = [
        word
        for word in WORDS
        if len(word) >= (kind.min_length or 0)
        and (kind.pattern is None or re.search(kind.pattern, word))
    ]
    assert fitting, f"no word fits {kind.pattern!r}; add one to WORDS"
    return chance.choice(fitting)


def fits(declared: Any, value: Any) -> bool:
    """Whether a drawn value is of the type; else the drawing is at fault."""
    try:
        msgspec.convert(value, declared)
    except msgspec.ValidationError:
        return False
    return True
