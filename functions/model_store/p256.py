"""Verifying ECDSA over the curve P-256: integers and `pow`, no secrets, no library (ADR 16).

Nothing here handles a secret, so its time may depend on its input: do not sign with it.
"""

# The curve y² = x³ - 3x + B over the integers modulo P, and its generator, whose order is N.
# NIST SP 800-186, 3.2.1.3
from __future__ import annotations

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
B = 0x5AC635D8_AA3A93E7_B3EBBD55_769886BC_651D06B0_CC53B0F6_3BCE3C3E_27D2604B
G = (
    0x6B17D1F2_E12C4247_F8BCE6E5_63A440F2_77037D81_2DEB33A0_F4A13945_D898C296,
    0x4FE342E2_FE1A7F9B_8EE7EB4A_7C0F9E16_2BCE3357_6B315ECE_CBB64068_37BF51F5,
)

type Point = tuple[int, int]
# x = X / Z², y = Y / Z³; the point at infinity has Z = 0.
type _Jacobian = tuple[int, int, int]


def on_curve(x: int, y: int) -> bool:
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x - 3) * x - B) % P == 0


def holds(key: Point, digest: int, r: int, s: int) -> bool:
    """Whether (r, s) signs the digest (FIPS 186-5, 6.4.2). `key` is a point of the curve."""
    if not (0 < r < N and 0 < s < N):
        return False
    inverse = pow(s, -1, N)
    x, _, z = _combine(digest * inverse % N, G, r * inverse % N, key)
    return bool(z) and (x * pow(z, -2, P) % P) % N == r


def _combine(a: int, first: Point, b: int, second: Point) -> _Jacobian:
    """a · first + b · second, bit by bit for both at once (Shamir's trick)."""
    one, two = (*first, 1), (*second, 1)
    addends = {(1, 0): one, (0, 1): two, (1, 1): _add(one, two)}
    total = (1, 1, 0)
    for bit in reversed(range(256)):
        total = _double(total)
        if addend := addends.get((a >> bit & 1, b >> bit & 1)):
            total = _add(total, addend)
    return total


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    square = y * y % P
    middle, slope = 4 * x * square % P, 3 * (x - z * z) * (x + z * z) % P
    new_x = (slope * slope - 2 * middle) % P
    return new_x, (slope * (middle - new_x) - 8 * square * square) % P, 2 * y * z % P


def _add(p: _Jacobian, q: _Jacobian) -> _Jacobian:
    if not p[2] or not q[2]:
        return q if not p[2] else p
    p_square, q_square = p[2] * p[2] % P, q[2] * q[2] % P
    p_x, q_x = p[0] * q_square % P, q[0] * p_square % P
    p_y, q_y = p[1] * q_square * q[2] % P, q[1] * p_square * p[2] % P
    width, height = (q_x - p_x) % P, (q_y - p_y) % P
    if not width:
        return (1, 1, 0) if height else _double(p)
    square = width * width % P
    cube, middle = square * width % P, p_x * square % P
    x = (height * height - cube - 2 * middle) % P
    return x, (height * (middle - x) - p_y * cube) % P, p[2] * q[2] * width % P
