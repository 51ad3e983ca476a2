"""TLS by configuration: what the files must be, and the one line that names the setting and the file."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from net.grpc.channel import TlsClient
from net.grpc.server import TlsServer
from tradefloor.__main__ import main
from tradefloor.tls import client_tls, server_tls

CERTIFICATES = Path(__file__).parent.parent / "net" / "grpc" / "certificates"
CA = CERTIFICATES / "ca.pem"
CERTIFICATE = CERTIFICATES / "server.pem"
KEY = CERTIFICATES / "server.key"
MISSING = Path("missing.pem")


def test_nothing_set_is_plain_text() -> None:
    """TLS is for those who ask for it."""
    assert client_tls(None, None, None) is None
    assert server_tls(None, None, None) is None


def test_a_client_trusts_the_authority_and_may_have_a_certificate() -> None:
    """The files arrive as they are."""
    assert client_tls(CA, None, None) == TlsClient(CA.read_bytes())
    assert client_tls(CA, CERTIFICATE, KEY) == TlsClient(CA.read_bytes(), CERTIFICATE.read_bytes(), KEY.read_bytes())


def test_a_server_has_a_certificate_and_may_ask_for_one() -> None:
    """The certificate comes before its key, as gRPC's own classes name them."""
    assert server_tls(None, CERTIFICATE, KEY) == TlsServer(CERTIFICATE.read_bytes(), KEY.read_bytes())
    assert server_tls(CA, CERTIFICATE, KEY) == TlsServer(CERTIFICATE.read_bytes(), KEY.read_bytes(), CA.read_bytes())


@pytest.mark.parametrize(
    ("files", "setting", "message"),
    [
        ((MISSING, None, None), "GRPC_TLS_CA", r"missing\.pem cannot be read \(No such file or directory\)"),
        ((KEY, None, None), "GRPC_TLS_CA", r"server\.key holds no certificate in PEM"),
        ((CA, CERTIFICATE, None), "GRPC_TLS_KEY", "GRPC_TLS_CERT needs the private key that belongs to it"),
        ((CA, None, KEY), "GRPC_TLS_CERT", "GRPC_TLS_KEY needs the certificate that belongs to it"),
        ((CA, KEY, KEY), "GRPC_TLS_CERT", r"server\.key holds no certificate in PEM"),
        ((CA, CERTIFICATE, CERTIFICATES / "client.key"), "GRPC_TLS_KEY", r"client\.key .* belongs to .*server\.pem"),
        ((CA, CERTIFICATE, CA), "GRPC_TLS_KEY", r"ca\.pem holds no private key in PEM"),
    ],
)
def test_a_wrong_file_is_named_with_its_setting(
    files: tuple[Path | None, Path | None, Path | None], setting: str, message: str
) -> None:
    """Floor and services say the same."""
    for tls in (client_tls, server_tls):
        if tls is server_tls and files[1:] == (None, None):
            continue
        with pytest.raises(click.BadParameter, match=message) as caught:
            tls(*files)
        assert caught.value.param_hint == setting


def test_a_key_under_a_password_is_refused_and_not_asked_for(tmp_path: Path) -> None:
    """A program that starts by itself has nobody to ask."""
    locked = tmp_path / "locked.key"
    locked.write_text(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
        + "0" * 32
        + "\n\nAAAAAAAAAAAAAAAAAAAAAA==\n-----END RSA PRIVATE KEY-----\n"
    )
    with pytest.raises(click.BadParameter, match="without a password"):
        server_tls(None, CERTIFICATE, locked)


def test_half_of_a_setting_is_refused() -> None:
    """A certificate of a client is of no use where no authority says whom to trust, and the reverse."""
    with pytest.raises(click.BadParameter, match="authority that signed"):
        client_tls(None, CERTIFICATE, KEY)
    with pytest.raises(click.BadParameter, match="one of the services' own"):
        server_tls(CA, None, None)


@pytest.mark.parametrize(
    ("command", "setting"), [("serve", "GRPC_TLS_CA"), ("services", "GRPC_TLS_CERT")], ids=lambda word: word
)
def test_the_program_stops_with_one_line(command: str, setting: str, tmp_path: Path) -> None:
    """It says so before it opens anything."""
    env = {"GRPC_TLS_CA": "missing.pem", "DATABASE_PATH": str(tmp_path / "data" / "floor.db")}
    result = CliRunner().invoke(main, [command], env=env)
    assert result.exit_code == 2
    assert result.output.splitlines()[-1].startswith(f"Error: Invalid value for {setting}: ")
    assert list(tmp_path.iterdir()) == []
