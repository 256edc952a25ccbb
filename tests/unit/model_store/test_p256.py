"""P-256 against numbers that others published, against OpenSSL, and at the edges that random numbers never meet."""

import json
from itertools import product
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from model_store.p256 import G, N, P, _combine, holds, on_curve
from model_store.signature import _KEY_PREFIX, PublicKey, read_signature, write_signature
from tests.fakes.signing import FakeKey

VECTORS = json.loads((Path(__file__).parent / "p256_vectors.json").read_text())["vectors"]


def key_of(vector):
    return PublicKey(_KEY_PREFIX[:-1] + bytes.fromhex(vector["key"]))


def affine(point):
    x, y, z = point
    return x * pow(z, -2, P) % P, y * pow(z, -3, P) % P


def key_for(a, b, sum_point):
    """The public key Q for which a·G + b·Q is that point."""
    inverse = pow(b, -1, N)
    return affine(_combine(-a * inverse % N, G, inverse, sum_point))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['id']} {vector['about']}")
def test_published_vectors(vector):
    signed = key_of(vector).signed(bytes.fromhex(vector["message"]), bytes.fromhex(vector["signature"]))
    assert signed is vector["holds"]


def test_the_vectors_are_there_and_of_both_kinds():
    assert [sum(vector["holds"] is kind for vector in VECTORS) for kind in (True, False)] == [14, 15]


@settings(deadline=None)  # a matter of milliseconds, but not on a busy machine
@given(st.integers(1, N - 1), st.binary(max_size=200), st.integers(0, 511))
def test_openssl_agrees_on_what_it_signed_and_on_one_flipped_bit(secret, message, bit):
    key = FakeKey(secret)
    signature, public = key.sign(message), PublicKey(key.der)
    assert public.signed(message, signature)
    assert not public.signed(message + b"\0", signature)
    numbers = read_signature(signature)
    assert numbers
    flipped = (
        numbers[0] ^ 1 << bit if bit < 256 else numbers[0],
        numbers[1] ^ 1 << bit - 256 if bit > 255 else numbers[1],
    )
    other = write_signature(*flipped)
    assert public.signed(message, other) is openssl_says(key, message, other) is False


def openssl_says(key, message, signature):
    try:
        key.private.public_key().verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize(("r", "s"), [*product((0, 1, N - 1, N, N + 1, P, P + 1, 2**256 - 1), repeat=2)])
def test_numbers_at_the_ends_of_their_range_are_refused(r, s):
    key, message = FakeKey(7), b"123400"
    signature = write_signature(r, s)
    assert PublicKey(key.der).signed(message, signature) is openssl_says(key, message, signature) is False


def test_r_and_s_are_below_n_and_not_only_right_modulo_n():
    """The key is made to fit small numbers, so that n more would still be in 32 bytes."""
    r = next(r for r in range(1, 100) if lift(r))
    digest, s = 5, 11
    inverse = pow(s, -1, N)
    key = key_for(digest * inverse % N, r * inverse % N, lift(r))
    assert holds(key, digest, r, s)
    for other in ((r + N, s), (r, s + N), (r - N, s), (r, s - N)):
        assert not holds(key, digest, *other)


def lift(x):
    """A point with this x, or None."""
    square = (x**3 - 3 * x + (G[1] ** 2 - G[0] ** 3 + 3 * G[0])) % P
    y = pow(square, (P + 1) // 4, P)
    return (x, y) if y * y % P == square else None


def test_an_x_between_n_and_p_counts_modulo_n():
    x = next(x for x in range(N, P) if lift(x))
    r, s, digest = x - N, 99, 12345
    inverse = pow(s, -1, N)
    key = key_for(digest * inverse % N, r * inverse % N, lift(x))
    assert on_curve(*key)
    assert holds(key, digest, r, s)


def test_the_sum_may_double_a_point_and_may_not_be_infinite():
    """a·G = b·Q takes the formula for doubling; a·G = -b·Q has no x at all."""
    a, r = 1234567, 7654321
    s = r * pow(a, -1, N) % N  # so that b = a, with the digest r
    doubled = affine(_combine(2 * a, G, 0, G))
    inverse_of_g = (G[0], P - G[1])
    assert _combine(a, G, a, G)[2] != 0
    assert affine(_combine(a, G, a, G)) == doubled
    assert holds(G, a * s % N, r, s) is (doubled[0] % N == r)
    assert _combine(a, G, a, inverse_of_g)[2] == 0
    assert not holds(inverse_of_g, a * s % N, r, s)


def test_the_order_of_the_generator():
    assert _combine(N - 1, G, 1, G)[2] == 0
    assert affine(_combine(N - 1, G, 0, G)) == (G[0], P - G[1])


@pytest.mark.parametrize("point", [(0, 0), (G[0], G[1] + 1), (G[0] + P, G[1]), (G[0], G[1] + P), (-1, 1), (P, 0)])
def test_points_beside_the_curve(point):
    assert not on_curve(*point)
    assert on_curve(*G)


@pytest.mark.parametrize("digest", [0, 1, N - 1, N, N + 5, 2**256 - 1])
def test_any_digest_openssl_signed(digest):
    key = FakeKey(42)
    numbers = read_signature(key.sign_digest(digest.to_bytes(32)))
    assert numbers
    assert holds(PublicKey(key.der).point, digest, *numbers)
