"""The roots that the scorer trusts, out of the bundle that the package takes them from."""

import ssl
from pathlib import Path

import certifi
import pytest

from millrace.errors import UserError
from millrace.packaging import authorities


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    path = tmp_path / "amazon_roots.pem"
    path.write_text(authorities.amazon(Path(certifi.where())))
    return path


def test_they_are_amazons_and_no_others(roots: Path) -> None:
    context = ssl.create_default_context(cafile=roots)

    names = [dict(pair for part in root["subject"] for pair in part)["commonName"] for root in context.get_ca_certs()]

    assert sorted(names) == [
        "Amazon Root CA 1",
        "Amazon Root CA 2",
        "Amazon Root CA 3",
        "Amazon Root CA 4",
        "Starfield Services Root Certificate Authority - G2",
    ]


def test_the_order_is_the_same_whatever_the_bundles_is(roots: Path, tmp_path: Path) -> None:
    certificates = roots.read_text().split("-----END CERTIFICATE-----\n")
    other = tmp_path / "other.pem"
    other.write_text("-----END CERTIFICATE-----\n".join([*reversed(certificates[:-1]), ""]))

    assert authorities.amazon(other) == roots.read_text()


def test_a_bundle_without_one_is_an_error(roots: Path) -> None:
    kept = roots.read_text().split("-----END CERTIFICATE-----\n", 1)[1]
    roots.write_text(kept)

    with pytest.raises(UserError, match=r"^amazon_roots\.pem: expected Amazon Root CA 1; lock a bundle that has all"):
        authorities.amazon(roots)
