"""A certificate for TLS on loopback, made at every start."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("localhost", "sandbox", "mail.sandbox.example")
LIFETIME = dt.timedelta(days=30)


def make(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """Write ``certificate.pem`` and ``certificate.key`` and give the server's context and the certificate's path.

    Self-signed: a client trusts it by naming the file as its CA. Valid for 127.0.0.1, ::1 and NAMES.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Beckon sandbox")])
    now = dt.datetime.now(dt.UTC)
    loopback = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([*map(x509.DNSName, NAMES), *map(x509.IPAddress, loopback)]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file = directory / "certificate.pem"
    key_file = directory / "certificate.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return context, certificate_file
