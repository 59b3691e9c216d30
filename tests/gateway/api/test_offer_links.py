"""Offer links: nobody but the cluster makes one, and they end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from gateway.offers import BadOffer, OfferExpired, OfferLink, sign_offer, verify_offer
from twins.errors import BadTwinId

KEY = b"a key of thirty-two bytes, or so"
END = 1_780_000_600.0
TOKEN = sign_offer(KEY, "roadside/v1", "a1", END)


def test_link_says_what_was_signed() -> None:
    """What goes in comes out, while the time is not over."""
    link = verify_offer(KEY, TOKEN, END - 0.001)

    assert OfferLink("roadside/v1", "a1", END) == link


def test_link_is_short_and_fits_into_a_url() -> None:
    """It must survive an SMS."""
    assert len(TOKEN) <= 100
    assert set(TOKEN) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_link_ends_at_its_time() -> None:
    """From that moment on it is over; the error says which offer it was."""
    with pytest.raises(OfferExpired) as caught:
        verify_offer(KEY, TOKEN, END)

    assert "a1" == caught.value.link.arrangement_id


def test_every_flipped_bit_is_noticed() -> None:
    """In the body or in the MAC, in any place."""
    for index in range(len(TOKEN)):
        other = "A" if TOKEN[index] != "A" else "B"
        changed = f"{TOKEN[:index]}{other}{TOKEN[index + 1 :]}"
        if _same_bytes(changed):
            continue  # the unused bits of base64's last letter

        with pytest.raises(BadOffer):
            verify_offer(KEY, changed, END - 1)


def _same_bytes(token: str) -> bool:
    try:
        return verify_offer(KEY, token, END - 1) == OfferLink("roadside/v1", "a1", END)
    except BadOffer:
        return False


def test_another_clusters_link_is_none() -> None:
    """The key decides."""
    with pytest.raises(BadOffer):
        verify_offer(KEY[::-1], TOKEN, END - 1)


@given(st.text(max_size=200))
def test_any_text_is_refused_calmly(text: str) -> None:
    """Nothing but `BadOffer` comes of what is no link."""
    with pytest.raises(BadOffer):
        verify_offer(KEY, text, END - 1)


@pytest.mark.parametrize("token", ["", ".", "a", "a.b.c", "x" * 10_000, "é.é", TOKEN[:-1] + "="])
def test_shapes_that_are_none_are_refused(token: str) -> None:
    """Empty, halved, endless, or not ASCII."""
    with pytest.raises(BadOffer):
        verify_offer(KEY, token, END - 1)


@pytest.mark.parametrize(
    "body",
    [
        [2, "roadside/v1", "a1", END],
        [1, "roadside", "a1", END],
        [1, "roadside/v1", "a1", float("nan")],
        [1, "roadside/v1", "a1", float("inf")],
        [1, "roadside/v1", "a1"],
        [1, "roadside/v1", "a1", END, "more"],
        {"a": 1},
    ],
)
def test_signed_nonsense_is_refused(body: object) -> None:
    """A key that signed other things, or another version, opens nothing."""
    from gateway import offers  # noqa: PLC0415 - only here the inside is looked at

    packed = msgpack.encode(body)
    token = f"{offers._text(packed)}.{offers._text(offers._mac(KEY, packed))}"

    with pytest.raises(BadOffer):
        verify_offer(KEY, token, END - 1)


def test_answers_of_one_link_have_one_id() -> None:
    """And those of another offer of the same arrangement another."""
    link = verify_offer(KEY, TOKEN, 0.0)
    later = verify_offer(KEY, sign_offer(KEY, "roadside/v1", "a1", END + 1), 0.0)

    assert link.answer_id == verify_offer(KEY, TOKEN, 1.0).answer_id
    assert link.answer_id != later.answer_id


def test_short_keys_and_bad_ids_are_the_callers_fault() -> None:
    """Neither is signed."""
    with pytest.raises(ValueError, match="at least 16"):
        sign_offer(b"short", "roadside/v1", "a1", END)
    with pytest.raises(BadTwinId):
        sign_offer(KEY, "roadside", "a1", END)
