"""Where random ids come from: repeatable by the run's seed, and cheap to open where none is made."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

_VARIANTS: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


class Chance:
    """Numbers that follow from a seed and from how many were drawn before.

    Not `random.Random`: seeding that takes longer than deciding a whole payload.
    """

    __slots__ = ("_drawn", "_seed")

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn = 0

    def bits(self, count: int) -> int:
        """Return a number of `count` bits; `count` is a multiple of 8, at most 512."""
        self._drawn += 1
        words = b"%d %d" % (self._seed, self._drawn)
        return int.from_bytes(blake2b(words, digest_size=count // 8).digest())

    def uuid(self) -> str:
        """Return a version 4 UUID as text."""
        self._drawn += 1
        digits = blake2b(b"%d %d" % (self._seed, self._drawn), digest_size=16).hexdigest()
        # As uuid.UUID, whose class takes longer than the rest: version 4, variant 10 in binary.
        variant = _VARIANTS[digits[16]]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def letters(self, alphabet: str, length: int) -> str:
        """Return `length` letters of an alphabet of at most 256, each equally likely."""
        even = 256 - 256 % len(alphabet)
        found: list[str] = []
        while len(found) < length:
            drawn = self.bits(512).to_bytes(64)
            found += [alphabet[byte % len(alphabet)] for byte in drawn if byte < even]
        return "".join(found[:length])
