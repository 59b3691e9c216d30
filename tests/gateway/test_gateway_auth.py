"""Who may sign in, and what the server is told that they may do."""

import base64
import json
from typing import Any

import nkeys
import pytest

from gateway.auth import ACCOUNT, Asked, Authenticator, device_token, grant, read
from gateway.errors import BadToken
from gateway.secrets import Secrets
from twins.ids import partition_of

P = 16


def question(user: str, password: str, **client: Any) -> bytes:
    """What the server asks, with a signature that nobody looks at."""
    claims = {
        "nats": {
            "server_id": {"id": "NSERVER", "name": "vigil"},
            "user_nkey": "UCONNECTION",
            "client_info": {"type": "nats", **client},
            "connect_opts": {"user": user, "pass": password, "protocol": 1},
        }
    }
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
    return b"head." + body + b".signature"


def claims(token: bytes | str) -> dict[str, Any]:
    """The claims of a JWT."""
    body = token.encode() if isinstance(token, str) else token
    part = body.split(b".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    return decoded


def verify(token: bytes, secrets: Secrets) -> None:
    """Raise unless the issuer signed this JWT."""
    head, body, signature = token.split(b".")
    keys = nkeys.from_seed(bytearray(secrets.issuer_seed.encode()))
    raw = base64.urlsafe_b64decode(signature + b"=" * (-len(signature) % 4))
    assert keys.verify(head + b"." + body, raw)


def test_a_token_belongs_to_one_name_and_one_cluster() -> None:
    """Another name or another key makes another token; the same make the same."""
    key, other = b"k" * 32, b"K" * 32
    token = device_token(key, "vehicle/v17")

    assert token == device_token(key, "vehicle/v17")
    assert token != device_token(key, "vehicle/v18")
    assert token != device_token(other, "vehicle/v17")
    assert "Arhke9z7UetbG72DkqveMs3JaPNjqPdlFPwv-74qdQQ" == device_token(b"\0" * 32, "vehicle/v17")


def test_a_device_may_do_what_is_its_own() -> None:
    """Publish to its own partition and id, hear its own commands, errors and answers."""
    allowed = grant("vehicle/v17", P)
    partition = partition_of("vehicle/v17", P)

    assert (f"ingest.{partition}.vehicle.v17.>",) == allowed.publish
    assert (
        "commands.vehicle.v17",
        "commands.vehicle.v17.>",
        "devices.vehicle.v17.errors",
        "_INBOX.vehicle.v17.>",
    ) == allowed.subscribe


def test_a_fleet_may_do_what_is_its_kinds() -> None:
    """The same for all devices of the kind."""
    allowed = grant("vehicle/*", P)

    assert ("ingest.*.vehicle.*.>",) == allowed.publish
    assert (
        "commands.vehicle.>",
        "devices.vehicle.*.errors",
        "_INBOX.vehicle.fleet.>",
    ) == allowed.subscribe


@pytest.mark.parametrize(
    "user",
    ["", "vehicle", "vehicle/", "/v1", "*/v1", "*/*", "vehicle/v1/x", "vehicle/>", "a.b/c", "v/**",
     "vehicle/v 1", "vehicle/fleet", "vigil"],
)  # fmt: skip
def test_other_names_are_refused(user: str, tmp_path: Any) -> None:
    """A name that is no device and no kind's fleet is refused, even with its own token."""
    secrets = Secrets.load(tmp_path)
    token = device_token(secrets.device_key, user)

    with pytest.raises(BadToken):
        Authenticator(secrets, P).check(Asked("U", "N", user, token, None))


def test_a_wrong_password_is_refused(tmp_path: Any) -> None:
    """Another device's token, a shortened one, none, or one with odd characters."""
    secrets = Secrets.load(tmp_path)
    check = Authenticator(secrets, P).check
    token = device_token(secrets.device_key, "vehicle/v2")

    for password in (token, device_token(secrets.device_key, "vehicle/v1")[:-1], "", "ä\ud800"):
        with pytest.raises(BadToken, match="token"):
            check(Asked("U", "N", "vehicle/v1", password, None))


def test_an_mqtt_session_belongs_to_its_own_device(tmp_path: Any) -> None:
    """Nobody takes over another device's MQTT session by naming it."""
    secrets = Secrets.load(tmp_path)
    check = Authenticator(secrets, P).check
    token = device_token(secrets.device_key, "vehicle/v1")

    assert grant("vehicle/v1", P) == check(Asked("U", "N", "vehicle/v1", token, "vehicle/v1"))
    for mqtt_id in ("vehicle/v2", "", "random"):
        with pytest.raises(BadToken, match="client id"):
            check(Asked("U", "N", "vehicle/v1", token, mqtt_id))


def test_the_answer_is_signed_for_this_connection_and_server(tmp_path: Any) -> None:
    """Both JWTs carry the issuer's signature, and hold for nobody else."""
    secrets = Secrets.load(tmp_path)
    authenticator = Authenticator(secrets, P)
    token = device_token(secrets.device_key, "vehicle/v17")

    answer = authenticator.answer(question("vehicle/v17", token))
    outer = claims(answer)
    inner = claims(outer["nats"]["jwt"])

    verify(answer, secrets)
    verify(outer["nats"]["jwt"].encode(), secrets)
    assert (authenticator.issuer, "UCONNECTION", "NSERVER") == (
        outer["iss"], outer["sub"], outer["aud"]
    )  # fmt: skip
    assert (authenticator.issuer, "UCONNECTION", ACCOUNT) == (
        inner["iss"], inner["sub"], inner["aud"]
    )  # fmt: skip
    assert list(grant("vehicle/v17", P).publish) == inner["nats"]["pub"]["allow"]
    assert list(grant("vehicle/v17", P).subscribe) == inner["nats"]["sub"]["allow"]


def test_a_refusal_is_an_answer_too(tmp_path: Any) -> None:
    """Whoever is refused gets a signed answer with the reason, and no permissions."""
    secrets = Secrets.load(tmp_path)

    answer = Authenticator(secrets, P).answer(question("vehicle/v17", "wrong"))
    body = claims(answer)["nats"]

    verify(answer, secrets)
    assert "token" in body["error"]
    assert "jwt" not in body


@pytest.mark.parametrize("text", [b"", b"a.b", b"a.!!!!.c", b"a.e30.c", b"a.bnVsbA.c"])
def test_what_is_no_question_raises(text: bytes) -> None:
    """Bytes that no server sends are an error of the caller's, and let nobody in."""
    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's and base64's errors are of this class
        read(text)


def test_a_missing_password_is_an_empty_one() -> None:
    """A client that gives neither name nor password is read as such."""
    asked = read(
        b"h."
        + base64.urlsafe_b64encode(
            json.dumps(
                {"nats": {"server_id": {"id": "N"}, "user_nkey": "U", "client_info": {},
                          "connect_opts": {}}}
            ).encode()
        )
        + b".s"
    )  # fmt: skip

    assert ("", "", None) == (asked.user, asked.password, asked.mqtt_id)
