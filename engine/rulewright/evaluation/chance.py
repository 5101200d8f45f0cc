"""Where random ids come from: repeatable by the run's seed, and cheap to open where none is made."""

from __future__ import annotations

from hashlib import blake2b


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
        bits = self.bits(128)
        # As str(uuid.UUID(int=bits, version=4)), whose class takes longer than the rest.
        digits = f"{(bits & ~(0xC000 << 48) & ~(0xF000 << 64)) | (0x8000 << 48) | (4 << 76):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def letters(self, alphabet: str, length: int) -> str:
        """Return `length` letters of an alphabet of at most 256, each equally likely."""
        even = 256 - 256 % len(alphabet)
        found: list[str] = []
        while len(found) < length:
            drawn = self.bits(512).to_bytes(64)
            found += [alphabet[byte % len(alphabet)] for byte in drawn if byte < even]
        return "".join(found[:length])
