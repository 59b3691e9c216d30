"""Certifying: an erasure's certificate, signed by the cluster, so that a copy elsewhere proves it.

    {"id": …, "person": …, …, "signed_by": "<public key>", "signature": "<base64>"}

The signature is Ed25519 (RFC 8032) over the certificate without it, as JSON with sorted names. The
key is derived from the cluster's device key, so there is nothing more to keep; who wants to check
certificates later than the cluster lives keeps its public part (`signed_by`).
"""

import hmac
from base64 import b64decode, b64encode
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

_PURPOSE: Final = b"vigil.certificate.1"
"""Signed along, so that nothing else that this key may ever sign passes for a certificate."""

SIGNATURE: Final = "signature"
SIGNER: Final = "signed_by"


class BadCertificate(Exception):
    """Its holder's trouble: it is none, was altered, or another cluster signed it."""


class Certifier:
    """Signs certificates.

    Args:
        device_key: Of the cluster.
    """

    def __init__(self, device_key: bytes) -> None:
        seed = hmac.digest(device_key, _PURPOSE, "sha256")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw().hex()
        """What certificates are checked with, in hex."""

    def sign(self, certificate: dict[str, Any]) -> dict[str, Any]:
        """The certificate (plain JSON values) with whose it is, and the signature."""
        named = {**certificate, SIGNER: self.public}
        return {**named, SIGNATURE: b64encode(self._key.sign(_said(named))).decode()}


def check_certificate(certificate: dict[str, Any], public: str) -> None:
    """Raise `BadCertificate` unless the holder of a public key (hex) signed just this."""
    signed_by, signature = certificate.get(SIGNER), certificate.get(SIGNATURE)
    if not isinstance(signed_by, str) or not isinstance(signature, str):
        raise BadCertificate("it is not signed; versions before this one signed none")
    if signed_by != public:
        raise BadCertificate(f"it was signed by {signed_by[:64]}, and not by {public}")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(b64decode(signature, validate=True), _said(certificate))
    except ValueError as error:
        raise BadCertificate(f"key or signature is garbled: {error}") from error
    except InvalidSignature as error:
        raise BadCertificate("it was altered after it was signed") from error


def _said(certificate: dict[str, Any]) -> bytes:
    rest = {name: value for name, value in certificate.items() if name != SIGNATURE}
    return _PURPOSE + b"\0" + msgspec.json.encode(rest, order="sorted")
