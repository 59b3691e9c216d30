"""Trust: which servers' certificates are good, and what is wrong with one that is not."""

import ssl
from pathlib import Path

import httpx2


def trust_of(ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of a file beside them.

    Raises `ValueError` where the file cannot be read, or holds no certificate in PEM.
    """
    context = httpx2.create_ssl_context(trust_env=False)
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # an `SSLError` is one, too
            raise ValueError(
                f"{ca_file} is no file of certificates in PEM: {error.strerror or error}"
            ) from error
    return context


def trouble(error: BaseException | None) -> str | None:
    """What is wrong with TLS, where that is what failed; None: something else did."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not trusted: {error.verify_message}; if it is of an authority "
                "of your own, name that in channels.ca_file"
            )
        if isinstance(error, ssl.SSLError):
            return f"it does not speak TLS with us: {error.reason or error}"
        error = error.__cause__ or error.__context__
    return None
