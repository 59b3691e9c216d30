"""Check: one message of a device, decoded and judged. Pure; it runs for every message.

Decoding and validation are one step, done by the handler's own decoder. What passes goes into the
log as it came when it is MessagePack; JSON is written as MessagePack, so that the log is uniform.
"""

import re
from collections.abc import Callable, Iterable
from math import isfinite
from operator import attrgetter
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct, inspect, msgpack

from actors.block import Entry
from actors.words import WORDS
from gateway.errors import Reason, Refused
from twins.event import MAX_AHEAD_S, MAX_DATA_BYTES, Message, Reading
from twins.handler import Handler, Origin
from twins.ids import PART
from twins.kind import KINDS

MAX_READINGS = 1024
"""Most readings in one message: a twin handles a message in one go, and others wait."""

MAX_TEXT = 128
"""Longest `id`, `source` and `traceparent`, in characters."""

MAX_DEPTH = 32
"""Deepest nesting of data."""

MAX_NUMBER = 2**63 - 1
"""Highest boot epoch and sequence."""

_JSON = frozenset(b"{ \t\r\n")
"""First bytes of JSON; as MessagePack none of them begins a message."""

_ASK = "ask."
"""Begins the types of calls."""

_part = re.compile(PART).fullmatch
_encode = msgpack.Encoder().encode

_Getter: TypeAlias = Callable[[Any], tuple[Any, ...]]


class Plan:
    """How the data of one handler is looked through, worked out once.

    `floats`, `texts` and `others` read the fields of a plain Struct; `whole` says that the data is
    something else, and looked through to its last leaf.
    """

    __slots__ = ("floats", "handler", "least", "others", "texts", "timed", "whole")

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.least = int(handler.least)
        payload = handler.payload
        self.timed = isinstance(payload, type) and issubclass(payload, Reading)
        self.floats: _Getter | None = None
        self.texts: _Getter | None = None
        self.others: _Getter | None = None
        self.whole = False
        info = _info(payload)
        if not isinstance(info, inspect.StructType):
            self.whole = info is None or _simple(info) is not None
            return
        fields: dict[str, list[str]] = {}
        for field in info.fields:
            simple = _simple(field.type)
            if simple is not None:
                fields.setdefault(simple, []).append(field.name)
        self.floats = _getter(fields.get("float"))
        self.texts = _getter(fields.get("text"))
        self.others = _getter(fields.get("other"))

    def fault(self, value: Any, finite: bool) -> str | None:
        """What is wrong with a value in a way that types do not show; None when nothing is.

        `finite`: its bytes hold no float that is infinite or not a number, as is known already.
        """
        if self.whole:
            return _fault(value)
        # A number that is none survives a sum; so may the sum of huge ones, which a closer look
        # then clears.
        if not finite and self.floats and not isfinite(sum(filter(None, self.floats(value)))):
            return _fault(value)
        if self.texts and "\0" in "".join(filter(None, self.texts(value))):
            return _NUL
        return _fault(self.others(value)) if self.others else None


_plans: dict[str, dict[str, Plan]] = {}


def check(
    kind: str,
    key: str,
    type_: str,
    payload: bytes,
    now: float,
    origin: int = Origin.DEVICE,
    ahead_s: float = MAX_AHEAD_S,
) -> tuple[Entry, Message[Any]]:
    """Return the entry for the log, and the message that it holds; or raise `Refused`.

    Args:
        kind: Of the twin that it is for.
        key: Of the twin, the second part of its id.
        type_: Of the event.
        payload: A `Message`, MessagePack or JSON.
        now: The gateway's clock, seconds since the epoch.
        origin: Who sent it, as the subject shows.
        ahead_s: How far its times may lie ahead of `now`, in seconds.
    """
    body, message = judge(find(kind, key, type_, origin), payload, now + ahead_s)
    return Entry(f"{kind}/{key}", type_, origin, body), message


def find(kind: str, key: str, type_: str, origin: int) -> Plan:
    """The half of `check` that the subject decides: how this twin's messages are judged."""
    if _part(key) is None:
        raise Refused(Reason.BAD_ID, f"{key[:MAX_TEXT]!r} is no key: 1 to 64 of A-Z a-z 0-9 _ -")
    plan = _plan(kind, type_)
    if plan.least > origin:
        raise Refused(Reason.FORBIDDEN, f"{kind} takes {type_!r} from Vigil's own parts only")
    return plan


def judge(plan: Plan, payload: bytes, latest: float) -> tuple[bytes, Message[Any]]:
    """The other half: what goes into the log, and the message that it holds.

    No time in it may lie behind `latest`, seconds since the epoch.
    """
    if len(payload) > MAX_DATA_BYTES:
        raise Refused(
            Reason.TOO_LARGE,
            f"the message has {len(payload)} bytes, more than {MAX_DATA_BYTES}; send it in parts",
        )
    message, json = _decode(plan.handler, payload)
    _check_envelope(message)
    if message.time is not None:
        _check_time("time", message.time, latest)
    # The bytes of a float that is no number hold 7f or ff; JSON has none such.
    finite = json or not (0x7F in payload or 0xFF in payload)  # noqa: PLR2004 - both signs of an exponent that is all ones
    _check_data(plan, message.data, finite, latest)
    return _encode(message) if json else payload, message


def _plan(kind: str, type_: str) -> Plan:
    declared = KINDS.get(kind)
    if declared is None:
        known = ", ".join(sorted(KINDS)) or "none"
        raise Refused(Reason.UNKNOWN_KIND, f"no kind {kind[:MAX_TEXT]!r}; there are: {known}")
    handler = declared.handlers.get(type_) or WORDS.get(type_)
    if handler is None:
        asked = type_.startswith(_ASK)
        known = ", ".join(
            sorted(
                name.removeprefix(_ASK)
                for name, one in declared.handlers.items()
                if (name.startswith(_ASK) if asked else one.least is Origin.DEVICE)
            )
        )
        raise Refused(
            Reason.UNKNOWN_TYPE,
            f"{kind} has no handler for {type_[:MAX_TEXT]!r}; "
            f"{'it can be asked' if asked else 'devices send'}: {known or 'nothing'}",
        )
    plan = _plans.setdefault(kind, {}).get(type_)
    if plan is None or plan.handler is not handler:
        plan = _plans[kind][type_] = Plan(handler)
    return plan


def _decode(handler: Handler, payload: bytes) -> tuple[Message[Any], bool]:
    """The message, and whether it was JSON."""
    if not payload:
        raise Refused(Reason.BAD_DATA, "the message is empty")
    json = payload[0] in _JSON
    try:
        if json:
            return handler.decode_json(payload), True
        return handler.decode(payload), False
    except msgspec.ValidationError as error:
        raise Refused(Reason.BAD_DATA, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, OverflowError, ValueError) as error:
        form = "JSON" if json else "MessagePack"
        raise Refused(Reason.BAD_DATA, f"the message is not {form}: {error}") from None
    except RecursionError:
        raise Refused(Reason.BAD_DATA, "the message is nested too deeply") from None


def _check_data(plan: Plan, data: Any, finite: bool, latest: float) -> None:
    readings = data if plan.handler.listed and type(data) is list else (data,)
    if len(readings) > MAX_READINGS:
        raise Refused(
            Reason.TOO_LARGE, f"{len(readings)} readings in a message, at most {MAX_READINGS}"
        )
    for value in readings:
        fault = plan.fault(value, finite)
        if fault is not None:
            raise Refused(Reason.BAD_DATA, f"data: {fault}")
        if plan.timed:
            at = value.at
            if at is not None and not 0.0 <= at <= latest:
                _check_time("at", at, latest)


def _check_envelope(message: Message[Any]) -> None:
    boot, sequence, base = message.boot, message.sequence, message.base
    if boot is None or sequence is None:
        if boot is not sequence or base is not None:
            raise Refused(
                Reason.BAD_DATA, "boot and sequence come together, and base only with them"
            )
    elif not (0 <= boot <= MAX_NUMBER and 0 <= sequence <= MAX_NUMBER):
        raise Refused(Reason.BAD_DATA, f"boot and sequence lie between 0 and {MAX_NUMBER}")
    elif base is not None and not 0 <= base <= sequence:
        raise Refused(
            Reason.BAD_DATA, f"base is {base}, beyond the message's own number {sequence}"
        )
    if message.id is not None:
        _check_text("id", message.id)
    if message.source is not None:
        _check_text("source", message.source)
    if message.traceparent is not None:
        _check_text("traceparent", message.traceparent)


def _check_text(name: str, text: str) -> None:
    if not 1 <= len(text) <= MAX_TEXT or not text.isprintable():
        raise Refused(Reason.BAD_DATA, f"{name} has 1 to {MAX_TEXT} printable characters")


def _check_time(name: str, at: float, latest: float) -> None:
    if not isfinite(at) or at < 0.0:
        raise Refused(Reason.BAD_DATA, f"{name} is {at}; it is seconds since 1970, UTC")
    if at > latest:
        raise Refused(
            Reason.CLOCK_AHEAD,
            f"{name} lies {at - latest:.0f} s beyond what is allowed; set the device's clock",
        )


# -- what types do not show: numbers that are none, and characters that no database keeps ---------


_NUL = "a text holds the character NUL"


def _info(payload: Any) -> inspect.Type | None:
    try:
        return inspect.type_info(payload)
    except TypeError:
        return None


def _simple(info: inspect.Type) -> str | None:
    """`float` or `text` (either may be missing), None for what cannot be wrong, else `other`."""
    if isinstance(info, inspect.Metadata):
        return _simple(info.type)
    if isinstance(info, inspect.FloatType):
        return "float"
    if isinstance(info, inspect.StrType):
        return "text"
    if isinstance(info, _HARMLESS):
        return None
    if isinstance(info, inspect.UnionType):
        parts = {_simple(part) for part in info.types} - {None}
        return None if not parts else parts.pop() if len(parts) == 1 else "other"
    return "other"


_HARMLESS = (
    inspect.IntType,
    inspect.BoolType,
    inspect.NoneType,
    inspect.EnumType,
    inspect.LiteralType,
)


def _getter(names: list[str] | None) -> _Getter | None:
    if not names:
        return None
    # Of one name it would return the value itself, and no tuple.
    return attrgetter(*names) if len(names) > 1 else attrgetter(names[0], names[0])


def _fault(value: Any, left: int = MAX_DEPTH) -> str | None:
    """Look through any decoded value, `left` levels down."""
    fault = None
    if isinstance(value, float):
        fault = None if isfinite(value) else "a number is not finite"
    elif isinstance(value, str):
        fault = _NUL if "\0" in value else None
    elif isinstance(value, list | tuple | set | frozenset):
        fault = _first_fault(value, left)
    elif isinstance(value, dict):
        if all(isinstance(key, str | int) for key in value):
            fault = _first_fault((*value, *value.values()), left)
        else:
            fault = "a key is neither text nor an integer"
    elif isinstance(value, Struct):
        fault = _first_fault((getattr(value, name) for name in value.__struct_fields__), left)
    elif isinstance(value, msgpack.Ext):
        fault = f"extension type {value.code} of MessagePack means nothing here"
    return fault


def _first_fault(values: Iterable[Any], left: int) -> str | None:
    if not left:
        return f"nested more than {MAX_DEPTH} levels deep"
    return next(filter(None, (_fault(value, left - 1) for value in values)), None)
