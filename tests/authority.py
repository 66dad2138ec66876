"""TLS for the tests' servers: an authority of our own, that nobody knows."""

import datetime as dt
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.faulty import FaultyProxy

PEM = serialization.Encoding.PEM


def put_behind_tls(proxy: FaultyProxy, folder: Path) -> Path:
    """Have a server speak TLS; give the certificate of the authority that vouches for it."""
    authority = Authority()
    for name in ("authority", "server", "key"):
        (folder / name).write_bytes(getattr(authority, name))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server", folder / "key")
    proxy.server.socket = context.wrap_socket(
        proxy.server.socket, server_side=True, do_handshake_on_connect=False
    )
    return folder / "authority"


class Authority:
    """An authority that signed one certificate, for localhost; all as PEM."""

    def __init__(self) -> None:
        self._key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = x509.BasicConstraints(ca=True, path_length=None)
        self.authority = self._sign("authority", self._key, root)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        self.server = self._sign("localhost", key, names)
        self.key = key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def _sign(
        self, subject: str, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> bytes:
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name("authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
