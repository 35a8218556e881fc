"""Certificates of one session on a cluster: an authority, a scheduler, its workers, a client.

The authority signs the other three and is forgotten, so that nobody can add a fourth. Dask asks
each side for a certificate of the authority and does not look at the names in it.
"""

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

from oablib.base import files
from oablib.base.errors import EnvironmentFault, InputError

AUTHORITY = "authority.pem"
LISTEN, CONNECT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
"""Extended key usages serverAuth and clientAuth (RFC 5280, 4.2.1.12)."""

ROLES: Mapping[str, tuple[str, ...]] = {
    "scheduler": (LISTEN, CONNECT),
    "worker": (LISTEN, CONNECT),
    "client": (CONNECT,),
}
"""Who holds a certificate -> what it may do with it."""

PORT = 8786  # that Dask itself takes for a scheduler
HERE = f"tls://127.0.0.1:{PORT}"
OTHER_CLOCKS = datetime.timedelta(minutes=5)  # by which those of other machines may be behind


@dataclass(frozen=True, slots=True)
class Certificates:
    """A folder of certificates, and the moment until which they are valid."""

    folder: Path
    end: datetime.datetime

    @property
    def variables(self) -> dict[str, str]:
        """Variables of the environment by which Dask finds them, and takes nothing unencrypted."""
        comm = "DASK_DISTRIBUTED__COMM__"
        paths = {f"{comm}TLS__CA_FILE": self.folder / AUTHORITY}
        for role in ROLES:
            paths[f"{comm}TLS__{role.upper()}__CERT"] = self.folder / f"{role}.pem"
            paths[f"{comm}TLS__{role.upper()}__KEY"] = self.folder / f"{role}.key"
        texts = {name: str(path) for name, path in paths.items()}
        return {f"{comm}REQUIRE_ENCRYPTION": "true", **texts}

    def __str__(self) -> str:
        """What to paste into each shell, and how scheduler, workers and a run are started."""
        names = (f"export {name}={quote(value)}" for name, value in self.variables.items())
        return "\n".join(
            [
                f"# Certificates in {self.folder}, valid until {self.end:%Y-%m-%d %H:%M} UTC.",
                "# In each shell (what workers lay aside on disk is then yours alone, too):",
                "umask 077",
                *names,
                "# In one shell each:",
                f"dask scheduler --protocol tls --host 127.0.0.1 --port {PORT} --no-dashboard",
                f"dask worker {HERE} --nworkers {os.cpu_count()} --nthreads 1 --no-dashboard",
                f"oab run NAME --scheduler {HERE}",
            ]
        )


def make(folder: Path, *, days: int) -> Certificates:
    """Make certificates that are valid for so many days, in a folder for its owner alone.

    Those of an earlier session in the folder are replaced. Raises EnvironmentFault when the
    package cryptography is not installed, InputError when anything else is in the folder.
    """
    _fail_if_cryptography_is_absent()
    folder = folder.absolute()
    _fail_if_folder_holds_more(folder)
    files.private_folder(folder)
    start = datetime.datetime.now(tz=datetime.UTC).replace(microsecond=0)
    end = start + datetime.timedelta(days=days)
    for name, content in _signed(start - OTHER_CLOCKS, end).items():
        with files.at(folder / name) as part:
            _write_private(part, content)
    return Certificates(folder, end)


def _fail_if_cryptography_is_absent() -> None:
    try:
        import cryptography  # noqa: F401 - asking whether it is there
    except ImportError:
        raise EnvironmentFault(
            "Certificates need the package cryptography, which is not installed; install the "
            "extra `cluster`: pip install 'oablib[cluster]'."
        ) from None


def _fail_if_folder_holds_more(folder: Path) -> None:
    ours = {AUTHORITY, *(f"{role}.{kind}" for role in ROLES for kind in ("pem", "key"))}
    others = {path.name for path in folder.iterdir()} - ours if folder.is_dir() else set()
    if others or (folder.exists() and not folder.is_dir()):
        raise InputError(
            f"{folder} is a file, or holds other files ({len(others)}); expected a new folder, or "
            "one with certificates of an earlier session: it becomes readable by its owner alone."
        )


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that is its owner's alone from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, files.PRIVATE), "wb") as out:
        out.write(content)


def _signed(start: datetime.datetime, end: datetime.datetime) -> dict[str, bytes]:
    """File name -> content, for the authority and each role; keys are of the curve P-256."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    issuer = ec.generate_private_key(ec.SECP256R1())
    itself = x509.BasicConstraints(ca=True, path_length=0)
    signed = partial(_certificate, issuer=issuer, span=(start, end))
    contents = {AUTHORITY: signed("authority", issuer, extensions=[itself])}
    for role, usages in ROLES.items():
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(each) for each in usages])
        leaf = x509.BasicConstraints(ca=False, path_length=None)
        contents[f"{role}.pem"] = signed(role, key, extensions=[leaf, usage])
        contents[f"{role}.key"] = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    return contents


def _certificate(
    name: str,
    key: Any,
    *,
    issuer: Any,
    span: tuple[datetime.datetime, datetime.datetime],
    extensions: list[Any],
) -> bytes:
    """A certificate for the public half of `key`, signed by `issuer`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    def named(text: str) -> Any:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"oab {text}")])

    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(span[0])
        .not_valid_after(span[1])
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
