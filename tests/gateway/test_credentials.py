"""Tokens, sessions and sign-ins as they are kept: hashed, ending, revocable, some good once."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.credentials import KINDS, PREFIX, Credentials
from gateway.roles import Role

NOW = 1_780_000_000.0


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def kept(tmp_path: Path, clock: Clock) -> Iterator[Credentials]:
    """An empty file of credentials."""
    credentials = Credentials(tmp_path, clock)
    credentials.prepare()
    yield credentials
    credentials.close()


def make_token(kept: Credentials, lasts_s: float | None = 60.0) -> tuple[str, str]:
    """A token's secret and id."""
    secret, made = kept.make("token", "ci", [Role.OPERATOR], lasts_s=lasts_s, by="Aino")
    return secret, made.id


def test_a_token_is_found_by_its_secret_alone(kept: Credentials) -> None:
    """Name, roles, maker and end are those it was made with; another secret finds nothing."""
    secret, id_ = make_token(kept)
    found = kept.find("token", secret)

    assert found is not None
    assert (id_, "ci", {Role.OPERATOR}, "Aino", NOW + 60.0) == (
        found.id, found.name, found.roles, found.by, found.ends,
    )  # fmt: skip
    assert secret.startswith(PREFIX)
    assert None is kept.find("token", secret[:-1])
    assert None is kept.find("token", "")
    assert None is kept.find("token", "\ud800" * 3)
    assert None is kept.find("token", "x" * 1_000_000)


def test_it_outlives_the_process(kept: Credentials, tmp_path: Path, clock: Clock) -> None:
    """Who opens the file anew finds it."""
    secret, _ = make_token(kept)
    kept.close()
    again = Credentials(tmp_path, clock)

    assert again.find("token", secret) is not None
    again.close()


def test_the_file_holds_no_secret_and_is_its_owners(kept: Credentials, tmp_path: Path) -> None:
    """No file of it has the secret, and nobody else may read any."""
    secret, _ = make_token(kept)
    kept.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]

    assert files
    for path in files:
        assert secret.removeprefix(PREFIX).encode() not in path.read_bytes()
        assert 0 == stat.S_IMODE(path.stat().st_mode) & 0o077


def test_it_ends_when_it_should(kept: Credentials, clock: Clock) -> None:
    """At its end it is none any more, in lists too; one without an end stays."""
    ending, _ = make_token(kept, 60.0)
    lasting, id_ = make_token(kept, None)
    clock.now += 59.9
    before = kept.find("token", ending)
    clock.now += 0.2

    assert before is not None
    assert None is kept.find("token", ending)
    assert [id_] == [one.id for one in kept.all("token")]
    assert kept.find("token", lasting) is not None


def test_what_is_revoked_is_gone_with_what_came_of_it(kept: Credentials, tmp_path: Path) -> None:
    """Also for another process that has the file open; a second time there is nothing."""
    other = Credentials(tmp_path, lambda: NOW)
    secret, id_ = make_token(kept)
    session, _ = kept.make(
        "session", "ci", [Role.OPERATOR], lasts_s=60.0, by="ci", parent=id_
    )  # fmt: skip
    assert other.find("token", secret) is not None
    revoked = kept.revoke(id_)

    assert revoked is not None
    assert (None, None) == (other.find("token", secret), other.find("session", session))
    assert None is kept.revoke(id_)
    other.close()


def test_a_secret_is_good_for_its_own_use_alone(kept: Credentials) -> None:
    """A token is no session, a session no sign-in; each of the kinds is tried as each other."""
    for made_as in KINDS:
        secret, _ = kept.make(made_as, "x", [], lasts_s=60.0, by="x")

        assert [made_as] == [kind for kind in KINDS if kept.find(kind, secret) is not None]


def test_of_many_who_use_a_sign_in_at_once_one_gets_it(kept: Credentials) -> None:
    """Sixteen threads come with the same token."""
    secret, made = kept.make("sign-in", "Aino", [Role.OPERATOR], lasts_s=60.0, by="Aino")
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: kept.take("sign-in", secret), range(16)))

    assert [made.id] == [one.id for one in found if one is not None]


def test_a_sign_in_that_has_ended_is_none(kept: Credentials, clock: Clock) -> None:
    """It is used up all the same."""
    secret, _ = kept.make("sign-in", "Aino", [], lasts_s=10.0, by="Aino")
    clock.now += 10.0
    late = kept.take("sign-in", secret)
    clock.now -= 5.0

    assert (None, None) == (late, kept.take("sign-in", secret))
