"""TLS of the gRPC services by configuration: the files are read and checked here, before anything starts."""

import re
import ssl
from pathlib import Path

import click

from net.grpc.channel import TlsClient
from net.grpc.server import TlsServer

CA = "GRPC_TLS_CA"
CERTIFICATE = "GRPC_TLS_CERT"
KEY = "GRPC_TLS_KEY"


def client_tls(ca: Path | None, certificate: Path | None, key: Path | None) -> TlsClient | None:
    """Return the TLS of a floor towards services elsewhere; None, which is plain text, where nothing is set.

    Raises click.BadParameter, which names the setting and the file.
    """
    identity = _identity(certificate, key)
    if ca is None:
        if identity is not None:
            raise click.BadParameter(
                f"{CERTIFICATE} is of use only with the authority that signed the services' certificates", param_hint=CA
            )
        return None
    return TlsClient(_authority(ca), *(identity or (None, None)))


def server_tls(ca: Path | None, certificate: Path | None, key: Path | None) -> TlsServer | None:
    """Return the TLS of the services; None, which is plain text, where nothing is set.

    With an authority each client must show a certificate signed by it. Raises click.BadParameter, which names the
    setting and the file.
    """
    identity = _identity(certificate, key)
    if identity is None:
        if ca is not None:
            raise click.BadParameter(
                f"{CA} asks clients for certificates and needs one of the services' own", param_hint=CERTIFICATE
            )
        return None
    return TlsServer(*identity, client_roots=None if ca is None else _authority(ca))


def _identity(certificate: Path | None, key: Path | None) -> tuple[bytes, bytes] | None:
    if certificate is None and key is None:
        return None
    if certificate is None:
        raise click.BadParameter(f"{KEY} needs the certificate that belongs to it", param_hint=CERTIFICATE)
    if key is None:
        raise click.BadParameter(f"{CERTIFICATE} needs the private key that belongs to it", param_hint=KEY)
    chain, private = _read(certificate, CERTIFICATE), _read(key, KEY)
    _check_certificates(chain, certificate, CERTIFICATE)
    try:
        # An encrypted key must be an error here, and not a question on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except (ssl.SSLError, OSError) as error:
        raise click.BadParameter(
            f"{key} holds no private key in PEM, without a password, that belongs to {certificate} ({_reason(error)})",
            param_hint=KEY,
        ) from error
    return chain, private


def _authority(path: Path) -> bytes:
    roots = _read(path, CA)
    _check_certificates(roots, path, CA)
    return roots


def _check_certificates(pem: bytes, path: Path, setting: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise click.BadParameter(
            f"{path} holds no certificate in PEM ({_reason(error)})", param_hint=setting
        ) from error


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read ({error.strerror})", param_hint=setting) from error


def _reason(error: Exception) -> str:
    """Return what OpenSSL says, without the line of source that says it."""
    return re.sub(r"\s*\(_ssl\.c:\d+\)$", "", str(error))
