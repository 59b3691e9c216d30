"""`POST /v1/import/{kind}`: many twins of one kind, with their master data, from a table.

A row is a merge patch of its twin, so importing it again changes nothing. CSV (names in the first
line) or JSON lines; `id` is the twin's key, all other names are what the kind's `configured` takes.
"""

import asyncio
import csv
import io
from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request
from msgspec import Struct

from actors.errors import ActorError
from gateway.api.asking import asked
from gateway.api.context import Context, Kind
from gateway.api.errors import ApiError, Conflict, Invalid, TooLarge, Unsupported
from gateway.api.models import Problem
from gateway.api.needs import Operates, reached
from gateway.auth import device_token
from gateway.bulk_views import Imported, ImportedRow
from twins.errors import BadTwinId, TwinError
from twins.ids import digest, split
from twins.kind import kind_of
from twins.operated import CONFIGURED, patchable

LINES: Final = "application/x-ndjson"
TABLE: Final = "text/csv"
MAX_ROWS: Final = 1000
AT_ONCE: Final = 16

router = APIRouter(
    prefix="/v1/import",
    tags=["bulk"],
    responses={status: {"model": Problem} for status in (401, 404, 409, 413, 415, 422, 503, 504)},
)

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            TABLE: {
                "schema": {"type": "string"},
                "example": "id,description,owner\nv17,the red one,customer/c1\n",
            },
            LINES: {
                "schema": {"type": "string"},
                "example": '{"id": "v17", "description": "the red one"}\n',
            },
        },
    }
}


class _Row(Struct):
    """One row, as far as it could be read."""

    line: int
    key: str | None = None
    merge: dict[str, Any] | None = None
    problem: str | None = None


@router.post("/{kind}", openapi_extra=_BODY)
async def import_twins(
    kind: Kind, request: Request, shared: Operates, *,
    tokens: Annotated[
        bool, Query(description="Answer with the token of each device, too.")
    ] = False,
    dry_run: Annotated[bool, Query(description="Only check the rows.")] = False,
) -> Imported:  # fmt: skip
    """Take up to 1,000 twins over; each row has its own result, and a wrong one stops no other."""
    reached(shared, kind, None)
    if not patchable(kind_of(kind)):
        raise Conflict(f"a {kind} has no master data; its twin begins with its first event")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (TABLE, LINES):
        raise Unsupported(f"send {TABLE} or {LINES}, not {media[:100] or 'no content type'!r}")
    try:
        text = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"the body is not UTF-8, at byte {error.start}") from error
    rows = list(_table(kind, text) if media == TABLE else _lines(kind, text))
    if len(rows) > MAX_ROWS:
        raise TooLarge(f"{len(rows)} rows; send at most {MAX_ROWS} at once")
    _check_keys(rows)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(row: _Row) -> ImportedRow:
        async with places:
            problem = row.problem
            if problem is None and not dry_run:
                problem = await _take(shared, f"{kind}/{row.key}", row.merge or {})
        twin_id = None if row.key is None else f"{kind}/{row.key}"
        token = None
        if tokens and problem is None and twin_id is not None:
            token = device_token(shared.keys.device_key, twin_id)
        return ImportedRow(row.line, twin_id, problem, token)

    done = await asyncio.gather(*map(one, rows))
    failed = sum(row.problem is not None for row in done)
    return Imported(list(done), len(done) - failed, failed)


async def _take(shared: Context, twin_id: str, merge: dict[str, Any]) -> str | None:
    """Patch one twin; returns why not. The same row is the same event."""
    key = f"import-{digest(twin_id, msgspec.json.encode(merge, order='sorted').decode())}"
    try:
        await asked(shared, twin_id, "vigil.patch", {"merge": merge}, key)
    except (ApiError, ActorError, TwinError, TimeoutError) as error:
        return str(error)[:300]
    return None


def _check_keys(rows: list[_Row]) -> None:
    """Of two rows of one twin the second is wrong: which of them counted would be chance."""
    known: dict[str, int] = {}
    for row in rows:
        if row.key is not None and row.problem is None:
            first = known.setdefault(row.key, row.line)
            if first != row.line:
                row.problem = f"{row.key} stands in line {first} already"


def _table(kind: str, text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        if "id" not in head or len({*head}) != len(head):
            raise Invalid("the first line names the columns, each once, and one of them is id")
        unknown = [name for name in head if name != "id" and name not in patchable(kind_of(kind))]
        if unknown:
            names = ", ".join(patchable(kind_of(kind)))
            raise Invalid(f"a {kind} has no {unknown[0]}; columns may be: id, {names}")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(head):
                said = f"the row has {len(cells)} cells, the first line {len(head)}"
                yield _Row(reader.line_num, problem=said)
                continue
            row = dict(zip(head, cells, strict=True))
            # An empty cell says nothing; a table cannot say null.
            merge = {name: cell for name, cell in row.items() if name != "id" and cell != ""}
            yield _row(kind, reader.line_num, row["id"].strip(), merge, typed=False)
    except csv.Error as error:
        raise Invalid(f"line {reader.line_num}: this is no CSV: {error}") from error


def _lines(kind: str, text: str) -> Iterator[_Row]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            yield _Row(number, problem=f"this is no JSON object: {error}"[:300])
            continue
        key = row.pop("id", None)
        yield _row(kind, number, key, row, typed=True)


def _row(kind: str, line: int, key: Any, merge: dict[str, Any], *, typed: bool) -> _Row:
    try:
        split(f"{kind}/{key}" if isinstance(key, str) else "")
    except BadTwinId:
        return _Row(line, problem=f"id {str(key)[:80]!r} is not 1 to 64 of A-Z a-z 0-9 _ -")
    if not typed:
        # The cells of a table are texts; the kind says what they mean.
        payload = kind_of(kind).handlers[CONFIGURED].payload
        try:
            settings = msgspec.convert(merge, payload, strict=False)
        except msgspec.ValidationError as error:
            return _Row(line, key, problem=str(error)[:300])
        merge = {name: msgspec.to_builtins(getattr(settings, name)) for name in merge}
    return _Row(line, key, merge)
