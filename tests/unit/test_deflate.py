"""One gzip member of blocks: whatever they are, it unpacks to their texts, one after the other."""

from __future__ import annotations

import gzip
import io
import zlib

import pytest
from ckanext.gobiernoabierto.lib import deflate
from hypothesis import given
from hypothesis import strategies as st


def member(texts: list[bytes]) -> bytes:
    """Return the member of these texts."""
    written = io.BytesIO()
    made = deflate.Member(written.write)
    for text in texts:
        made.add(deflate.pack(text))
    made.close()
    return written.getvalue()


@given(st.lists(st.binary(max_size=300)))
def test_a_member_unpacks_to_its_texts(texts: list[bytes]):
    """Checksum and size included; nothing comes after the one member."""
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert reader.decompress(member(texts)) == b"".join(texts)
    assert (reader.eof, reader.unused_data) == (True, b"")


def test_blocks_may_be_put_into_any_order_and_be_long():
    """Nothing in a block refers to another one, and a size of many bits is no matter."""
    texts = [b"uno " * 70_000, b"", b"dos " * 3, b"\0" * 1_000_001]
    for order in (texts, texts[::-1]):
        assert gzip.decompress(member(order)) == b"".join(order)


def test_the_same_texts_give_the_same_bytes():
    """No time, no name."""
    assert member([b"a", b"b"]) == member([b"a", b"b"])


@given(st.lists(st.binary(max_size=300)))
def test_blocks_unpack_to_their_texts(texts: list[bytes]):
    """One after the other; what was packed by one library is unpacked by another."""
    blocks = [deflate.pack(text).packed for text in texts]
    assert deflate.unpacked(blocks) == b"".join(texts)


def test_what_is_no_block_is_said_to_be_damaged():
    """It is not taken for a text."""
    with pytest.raises(deflate.DamagedError):
        deflate.unpacked([deflate.pack(b"texto").packed, b"\xff\xff\xff\xff"])


@given(st.binary())
def test_what_is_packed_for_who_waits_is_gzip(text: bytes):
    """One member without a time, the same bytes for the same text."""
    made = deflate.gzipped(text)
    assert (gzip.decompress(made), made[4:8]) == (text, bytes(4))
    assert made == deflate.gzipped(text)
