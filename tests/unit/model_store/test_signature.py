"""What is accepted as a signature and as a key; the arithmetic is in test_p256."""

import base64
import subprocess
import sys
from copy import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from model_store.errors import ArtifactRefused, SigningKeyInvalid
from model_store.signature import PublicKey, PublicKeys, read_signature, write_signature
from model_store.verify import verify
from tests.fakes import artifacts
from tests.fakes.signing import FakeKey

KEY, OTHER = FakeKey(1001), FakeKey(1002)
MESSAGE = b"a manifest"
SIGNATURE = KEY.sign(MESSAGE)


def signed_by(key, artifact):
    return replace(artifact, signature=key.sign(artifact.manifest.to_bytes()))


def integer(body):
    return b"\x02" + bytes([len(body)]) + body


def sequence(*parts):
    body = b"".join(parts)
    return b"\x30" + bytes([len(body)]) + body


# Ways to write r = 1, s = 1 that are not DER, and things that are no signature at all.
NOT_DER = {
    "nothing": b"",
    "too short to hold two numbers": b"\x30\x05\x02\x01\x01\x02\x00",
    "empty sequence": sequence(),
    "one number": sequence(integer(b"\x01")),
    "three numbers": sequence(integer(b"\x01"), integer(b"\x01"), integer(b"\x01")),
    "trailing byte": sequence(integer(b"\x01"), integer(b"\x01")) + b"\0",
    "trailing byte inside": sequence(integer(b"\x01"), integer(b"\x01"), b"\0"),
    "leading zero": sequence(integer(b"\0\x01"), integer(b"\x01")),
    "negative r": sequence(integer(b"\xff"), integer(b"\x01")),
    "negative s": sequence(integer(b"\x01"), integer(b"\x80")),
    "empty number": sequence(integer(b""), integer(b"\x01\x01")),
    "long form of the length": b"\x30\x81\x06" + integer(b"\x01") + integer(b"\x01"),
    "long form of a number's length": sequence(b"\x02\x81\x01\x01", integer(b"\x01")),
    "indefinite length": b"\x30\x80" + integer(b"\x01") + integer(b"\x01") + b"\0\0",
    "length beyond the end": b"\x30\x07" + integer(b"\x01") + integer(b"\x01"),
    "length before the end": b"\x30\x05" + integer(b"\x01") + integer(b"\x01"),
    "number's length beyond the end": b"\x30\x06\x02\x01\x01\x02\x02\x01",
    "first number swallows the second": b"\x30\x06\x02\x04\x01\x02\x01\x01",
    "set, not sequence": b"\x31" + sequence(integer(b"\x01"), integer(b"\x01"))[1:],
    "octet string, not number": sequence(b"\x04\x01\x01", integer(b"\x01")),
    "r and s side by side (P1363)": bytes(31) + b"\x01" + bytes(31) + b"\x01",
    "longer than any": sequence(integer(b"\x01" * 34), integer(b"\x01" * 33)),
    "megabytes": b"\x30\xff\x02\xff" + b"\xff" * 5_000_000,
}


@pytest.mark.parametrize("der", NOT_DER.values(), ids=NOT_DER.keys())
def test_only_der_is_read(der):
    assert read_signature(der) is None


@pytest.mark.parametrize("numbers", [(1, 1), (0, 0), (127, 128), (255, 256), (2**255, 2**256 - 1), (2**256 - 1, 0)])
def test_der_is_read_as_written(numbers):
    der = write_signature(*numbers)
    assert read_signature(der) == numbers
    assert read_signature(der[:-1]) is None


def test_every_byte_of_a_signature_counts():
    public = PublicKey(KEY.der)
    assert public.signed(MESSAGE, SIGNATURE)
    for i in range(len(SIGNATURE)):
        changed = bytearray(SIGNATURE)
        changed[i] ^= 1
        assert not public.signed(MESSAGE, bytes(changed)), i


def _point(y_changed=0, prefix=b"\x04"):
    return KEY.der[:26] + prefix + KEY.der[27:-1] + bytes([KEY.der[-1] ^ y_changed])


NOT_KEYS = {
    "nothing": b"",
    "another curve": FakeKey(5, ec.SECP384R1()).der,
    "another curve of that size": FakeKey(5, ec.SECP256K1()).der,
    "a point beside the curve": _point(y_changed=1),
    "the point at infinity": KEY.der[:27] + bytes(64),
    "x beyond the field": KEY.der[:27] + b"\xff" * 32 + KEY.der[-32:],
    "compressed": bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + b"\x02" + KEY.der[27:59],
    "hybrid": _point(prefix=b"\x06"),
    "the point alone": KEY.uncompressed,
    "trailing byte": KEY.der + b"\0",
    "cut off": KEY.der[:-1],
}


@pytest.mark.parametrize("der", NOT_KEYS.values(), ids=NOT_KEYS.keys())
def test_what_is_no_p256_key_is_refused(der):
    with pytest.raises(SigningKeyInvalid, match="P-256 public key"):
        PublicKey(der)


def test_keys_are_read_as_terraform_and_as_people_write_them():
    expected = [PublicKey(key.der).point for key in (KEY, OTHER)]
    texts = (
        f"{KEY.base64},{OTHER.base64}",
        f"{KEY.base64}\n{OTHER.base64}\n",
        KEY.pem + OTHER.pem,
        KEY.pem.replace("\n", " ") + "," + OTHER.pem,
    )
    for text in texts:
        assert [key.point for key in PublicKeys.read(text).keys] == expected, text


@pytest.mark.parametrize("text", ["", " , ", "no base64!", base64.b64encode(b"no key").decode()])
def test_keys_that_are_none(text):
    with pytest.raises(SigningKeyInvalid):
        PublicKeys.read(text)


def test_any_of_the_keys_may_have_signed(artifact):
    keys = PublicKeys.read(f"{KEY.base64},{OTHER.base64}")
    for i, key in enumerate((KEY, OTHER)):
        assert keys.check(signed_by(key, artifact)) is keys.keys[i]


def test_unsigned_and_wrongly_signed_are_refused(artifact):
    keys = PublicKeys.read(KEY.base64)
    fingerprint = keys.keys[0].fingerprint[:12]
    signed = signed_by(KEY, artifact)
    another = artifacts.artifact(version="2").manifest
    for refused in (
        artifact,
        replace(artifact, signature=b""),
        signed_by(OTHER, artifact),
        replace(signed, manifest=another),
    ):
        with pytest.raises(ArtifactRefused, match=fingerprint) as caught:
            keys.check(refused)
        assert caught.value.check == "signature"


def test_the_signature_comes_after_the_digest_and_before_the_structure(artifact):
    keys = PublicKeys.read(KEY.base64)
    junk = replace(signed_by(KEY, artifact), model=bytes(len(artifact.model)))
    with pytest.raises(ArtifactRefused) as caught:
        verify(junk, signature=keys.check)
    assert caught.value.check == "SHA-256"
    model = b"no model"
    forged = replace(
        signed_by(KEY, artifact), model=model, manifest=artifacts.manifest("binary", model, golden_rows=())
    )
    with pytest.raises(ArtifactRefused) as caught:
        verify(forged, signature=keys.check)
    assert caught.value.check == "signature"


def test_signatures_are_ignored_where_signing_is_off(artifact):
    assert verify(signed_by(OTHER, artifact))
    assert verify(replace(artifact, signature=b"junk"))
    assert verify(signed_by(KEY, artifact), signature=PublicKeys.read(KEY.base64).check)


def test_the_scorer_imports_it_only_where_signing_is_on():
    code = "import sys, scorer.container; print({'model_store.p256', 'model_store.signature'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
