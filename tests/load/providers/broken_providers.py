"""Providers that are broken in one place: what the conformance kit has to find out.

A fault replaces a method of the inventory; a tamper changes an answer on its way to the client.
"""

import json

import httpx2

from load.providers.contract import ConfirmRequest, Hold, HoldRequest
from load.providers.errors import ProviderError, UnavailableError, UnknownHoldError
from load.providers.inventory import Inventory
from load.providers.ledger import HoldRow

ORIGINAL_RELEASE = Inventory.release
ORIGINAL_CONFIRM = Inventory.confirm
ORIGINAL_HOLD = Inventory.hold
ORIGINAL_BEFORE = Inventory._held_before


def forgetful_release(inventory: Inventory, provider_id: str, hold_id: str) -> Hold:
    """Answer a release of an unknown hold, and forget it."""
    try:
        inventory.look(provider_id, hold_id)
    except UnknownHoldError:
        return Hold(hold_id=hold_id, state="released")
    return ORIGINAL_RELEASE(inventory, provider_id, hold_id)


def final_confirmation(inventory: Inventory, provider_id: str, hold_id: str) -> Hold:
    """Refuse to release what is confirmed."""
    try:
        hold = inventory.look(provider_id, hold_id)
    except UnknownHoldError:
        hold = None
    if hold is not None and hold.state == "confirmed":
        raise UnavailableError("no way back", provider_id=provider_id, hold_id=hold_id)
    return ORIGINAL_RELEASE(inventory, provider_id, hold_id)


def confirm_once(
    inventory: Inventory, provider_id: str, hold_id: str, request: ConfirmRequest
) -> Hold:
    """Refuse a repeated confirmation."""
    if any(
        change.to_state == "confirmed" for change in inventory.changes(provider_id, hold_id=hold_id)
    ):
        raise UnavailableError("confirmed before", provider_id=provider_id, hold_id=hold_id)
    return ORIGINAL_CONFIRM(inventory, provider_id, hold_id, request)


def confirm_anything(
    inventory: Inventory, provider_id: str, hold_id: str, request: ConfirmRequest
) -> Hold:
    """Confirm what was released, too."""
    hold = inventory.look(provider_id, hold_id)
    if hold.state == "released":
        return hold.model_copy(update={"state": "confirmed"})
    return ORIGINAL_CONFIRM(inventory, provider_id, hold_id, request)


def hold_once(row: HoldRow, body: str) -> Hold:
    """Refuse a repeated hold."""
    if row.state in {"held", "confirmed"} and row.request == body:
        raise UnavailableError("held before", provider_id="t1", hold_id=row.hold_id)
    return ORIGINAL_BEFORE(row, body)


def any_body(row: HoldRow, body: str) -> Hold:
    """Take a hold with another body for a repeat."""
    return ORIGINAL_BEFORE(row, row.request or body)


def late_hold(
    inventory: Inventory, provider_id: str, hold_id: str, request: HoldRequest
) -> tuple[Hold, bool]:
    """Ignore an expiry that is past."""
    try:
        return ORIGINAL_HOLD(inventory, provider_id, hold_id, request)
    except ProviderError as refusal:
        if "was to lapse" not in str(refusal):
            raise
    later = request.model_copy(update={"expires_at": None})
    return ORIGINAL_HOLD(inventory, provider_id, hold_id, later)


def changed(
    response: httpx2.Response, status: int | None = None, **fields: object
) -> httpx2.Response:
    """Return the answer with another status or other fields."""
    body = {**response.json(), **fields}
    return httpx2.Response(status or response.status_code, json=body)


def without_limit(response: httpx2.Response) -> httpx2.Response:
    """Claim to hold for longer than the provider says that it ever does."""
    if response.request.method == "PUT" and response.is_success:
        return changed(response, expires_at=4e9)
    return response


def shy(response: httpx2.Response) -> httpx2.Response:
    """Say not which item is held."""
    held = response.request.method == "PUT" and response.is_success
    return changed(response, item=None) if held else response


def rising(response: httpx2.Response) -> httpx2.Response:
    """Let the ETA rise."""
    if response.request.url.path.endswith("/position") and response.is_success:
        return changed(response, eta_s=response.json()["eta_s"] + 1e6)
    return response


def lenient(response: httpx2.Response) -> httpx2.Response:
    """Take any id for one that is free."""
    if response.status_code == 422 and "path.hold_id" in response.text:
        return changed(response, status=201)
    return response


def helpful(response: httpx2.Response) -> httpx2.Response:
    """Answer a broken request all the same."""
    if response.request.url.path.endswith("/availability") and response.status_code == 422:
        return httpx2.Response(200, json={"offers": []})
    return response


def reasonless(response: httpx2.Response) -> httpx2.Response:
    """Refuse without the reason."""
    if response.is_success:
        return response
    body = {key: value for key, value in response.json().items() if key != "reason"}
    headers = {"content-type": "application/problem+json"}
    content = json.dumps(body).encode()
    return httpx2.Response(response.status_code, content=content, headers=headers)
