"""One gzip member of blocks that were compressed one by one, each at its own time.

A block ends with a full flush: on a whole byte, and nothing after it refers to what was before. So blocks may
be put together in any order, and only the checksum at the end has to be worked out: from those of the blocks
(RFC 1951, 3.2.3 and 3.2.4; RFC 1952, 2.3). Members one after the other would be a gzip file too, of which
many programs read the first member and say nothing.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from isal import isal_zlib

LEVEL = 6
FAST = 2
"""Of ISA-L: a seventh of the time of zlib's level 3, and a twentieth more bytes."""
RAW, GZIP = -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS
DamagedError = cast("type[Exception]", isal_zlib.error)  # its stubs take it for an instance
BEGINNING = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""Without a name or a time: the same bytes for the same blocks."""
LAST_BLOCK = b"\x03\x00"
"""Empty, and marked as the last one."""
SIZES = 1 << 32


@dataclass(frozen=True)
class Block:
    """Compressed bytes, and what has to be known to put them after others."""

    packed: bytes
    size: int
    """Bytes before the compression."""
    crc: int
    """Their CRC-32."""


def pack(text: bytes) -> Block:
    """Return a text as a block."""
    # a text of some kilobytes: to read its own code of characters takes as long as to unpack it
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW, zlib.DEF_MEM_LEVEL, zlib.Z_FIXED)
    packed = compressor.compress(text) + compressor.flush(zlib.Z_FULL_FLUSH)
    return Block(packed, len(text), zlib.crc32(text))


def unpacked(blocks: Iterable[bytes]) -> bytes:
    """Return the text that blocks are one after the other; DamagedError if they are none."""
    return bytes(isal_zlib.decompressobj(RAW).decompress(b"".join(blocks)))


def gzipped(text: bytes) -> bytes:
    """Return a text as gzip, made for who waits for it: fast, and not as small as it could be."""
    return bytes(isal_zlib.compress(text, FAST, GZIP))


class Member:
    """A gzip member, handed on piece by piece: blocks one after the other, then ``close``."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write, self._crc, self._size = write, 0, 0
        write(BEGINNING)

    def add(self, block: Block) -> None:
        """Append a block."""
        self._crc = isal_zlib.crc32_combine(self._crc, block.crc, block.size)
        self._size += block.size
        self._write(block.packed)

    def close(self) -> None:
        """End the member; whoever unpacks it compares checksum and size."""
        self._write(LAST_BLOCK + struct.pack("<II", self._crc, self._size % SIZES))
