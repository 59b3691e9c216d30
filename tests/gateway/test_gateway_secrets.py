"""The file of secrets."""

import stat
from pathlib import Path

import pytest

from gateway.errors import BadSecrets
from gateway.secrets import FILE, Secrets


def test_they_are_made_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    """The first start makes them, every later one finds the same."""
    first = Secrets.load(tmp_path / "data")
    second = Secrets.load(tmp_path / "data")

    assert first == second
    assert 0o600 == stat.S_IMODE((tmp_path / "data" / FILE).stat().st_mode)
    assert [FILE] == [path.name for path in (tmp_path / "data").iterdir()]


def test_two_clusters_have_different_ones(tmp_path: Path) -> None:
    """Nothing of them is constant but the user name."""
    one, other = Secrets.load(tmp_path / "a"), Secrets.load(tmp_path / "b")

    assert one.device_key != other.device_key
    assert one.issuer_seed != other.issuer_seed
    assert one.internal_password != other.internal_password
    assert one.offer_key != other.offer_key
    assert one.operator_token != other.operator_token


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """The error says what to do."""
    Secrets.load(tmp_path)
    (tmp_path / FILE).chmod(0o640)

    with pytest.raises(BadSecrets, match="chmod 600"):
        Secrets.load(tmp_path)


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff\xfe", b'{"device_key": "c2hvcnQ="}'])
def test_a_damaged_file_is_refused(tmp_path: Path, text: bytes) -> None:
    """A file that is not whole is not replaced behind the operator's back."""
    path = tmp_path / FILE
    path.write_bytes(text)
    path.chmod(0o600)

    with pytest.raises(BadSecrets, match="damaged"):
        Secrets.load(tmp_path)
    assert text == path.read_bytes()


def test_they_do_not_show_in_logs(tmp_path: Path) -> None:
    """Their text names none of them."""
    secrets = Secrets.load(tmp_path)

    assert secrets.internal_password not in f"{secrets!r} {secrets}"
