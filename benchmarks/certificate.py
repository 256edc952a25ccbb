"""A certificate for the stub of AWS, by the system's OpenSSL; valid for a day."""

import shutil
import subprocess
from pathlib import Path

from benchmarks.paths import SCRATCH

HOST = "127.0.0.1"


def make(folder: Path = SCRATCH / "tls") -> Path | None:
    """The PEM file of a certificate for HOST with its key; None where there is no OpenSSL."""
    if not (openssl := shutil.which("openssl")):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    file, key = folder / "stub.pem", folder / "key.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    name = ("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}")
    subprocess.run(  # noqa: S603 - our own command line
        [openssl, "req", "-x509", *curve, *name, "-days", "1", "-keyout", str(key), "-out", str(file)],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_bytes(file.read_bytes() + key.read_bytes())
    key.unlink()
    return file
