"""A server that speaks TLS with a certificate that nobody trusts."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.client.scripted import Reply, ScriptedServer


def self_signed(folder: Path, *, begins: timedelta, ends: timedelta) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1, valid between two moments from now, and give its file and its key's."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        if shutil.which("openssl") is None or begins > timedelta(0) or ends < timedelta(0):
            pytest.skip("this needs the package cryptography")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-days", str(ends.days), "-subj", "/CN=tests", "-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return certificate, key
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, *plain))
    return certificate, key


class TlsServer(ScriptedServer):
    """A scripted server behind TLS."""

    def __init__(self, certificate: Path, key: Path, *replies: Reply) -> None:
        super().__init__(*replies)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self.base_url = self.base_url.replace("http:", "https:")

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            connection = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            with self._lock:
                self.open_connections -= 1
            return
        super()._serve(connection, number)
