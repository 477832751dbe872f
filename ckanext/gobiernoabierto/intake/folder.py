"""The private folder of files that are sent and not yet published: bytes under names of our own."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import time
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import magic

CHUNK = 1 << 16
PART = ".part"
MAX_NAME = 100
MAX_SUFFIX = 12
CONTAINERS = frozenset(
    {"application/octet-stream", "application/zip", "application/json", "application/xml", "application/gzip"}
)
"""What the first bytes of very different formats look like."""
PROGRAMS = frozenset(
    {
        *("application/x-dosexec", "application/x-msdownload", "application/x-mach-binary"),
        *("application/vnd.microsoft.portable-executable", "application/x-executable"),
        *("application/x-pie-executable", "application/x-sharedlib"),
    }
)
"""What the first bytes of a program look like, whatever its name."""
FORBIDDEN = set('<>:"/\\|?*;%')
"""Characters that separate, quote or end a file name somewhere: in a path, a header, a shell."""


class RefusedFileError(ValueError):
    """A file that is not kept."""


class TooLargeError(RefusedFileError):
    """It has more bytes than are allowed."""


class EmptyFileError(RefusedFileError):
    """It has no bytes at all."""


class ProgramError(RefusedFileError):
    """It is a program: who downloads it from a government's site would trust it."""


@dataclass(frozen=True)
class Kept:
    """What is known of a file once its bytes are safe on the disk."""

    file: str
    """Its name in the folder, which has nothing to do with the name that people see."""
    size: int
    sha256: str
    media_type: str


def digest_of(stream: IO[bytes]) -> str:
    """Return the SHA-256 of a stream from its beginning, in hex; it stands at its beginning again."""
    stream.seek(0)
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()


def keep(folder: Path, stream: IO[bytes], limit: int) -> Kept:
    """Copy a stream into the folder, chunk by chunk, and return what it was.

    The file has its name only once all its bytes are on the disk. Raises TooLargeError as soon as
    ``limit`` bytes are passed, EmptyFileError and ProgramError; OSError if the disk refuses.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    part = folder / f"{name}{PART}"
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            size, digest, head = _copy(stream, target, limit)
            target.flush()
            os.fsync(target.fileno())
        seen = magic.from_buffer(head, mime=True)
        if seen in PROGRAMS:
            raise ProgramError
        part.rename(folder / name)
    finally:
        part.unlink(missing_ok=True)
    return Kept(name, size, digest, seen)


def media_type(stream: IO[bytes], name: str) -> str | None:
    """Return the media type of a stream that is called ``name``; it stands at its beginning again.

    The first bytes say so where they are unmistakable. Of texts and containers they tell less than the
    name's ending: ``datos.csv`` looks like any text, a map in KMZ like any ZIP.
    """
    stream.seek(0)
    seen = magic.from_buffer(stream.read(CHUNK), mime=True)
    stream.seek(0)
    named = mimetypes.guess_type(name)[0]
    return named if named and (seen in CONTAINERS or seen.startswith("text/")) else seen


def _copy(stream: IO[bytes], target: IO[bytes], limit: int) -> tuple[int, str, bytes]:
    """Return (size, SHA-256, first chunk) of what was copied."""
    stream.seek(0)
    size, digest, head = 0, hashlib.sha256(), b""
    while chunk := stream.read(CHUNK):
        head = head or chunk
        size += len(chunk)
        if size > limit:
            raise TooLargeError
        digest.update(chunk)
        target.write(chunk)
    if not size:
        raise EmptyFileError
    return size, digest.hexdigest(), head


def names_older_than(folder: Path, seconds: float) -> Iterator[str]:
    """Yield the names of the files that nobody has written to for so long, unfinished ones too."""
    if not folder.is_dir():
        return
    before = time.time() - seconds
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < before:
                yield path.name
        except FileNotFoundError:
            continue


def remove(folder: Path, name: str) -> None:
    """Remove a file; one that is gone already is fine."""
    (folder / name).unlink(missing_ok=True)


def safe_name(given: str | None) -> str:
    """Return the name to show and to save under: no path, no invisible character, at most 100 long.

    The ending is kept as it is, because it tells the format; ``datos.csv;.html`` stays HTML.
    """
    text = unicodedata.normalize("NFC", given or "").replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join("_" if c in FORBIDDEN else c for c in text if unicodedata.category(c)[0] != "C")
    text = " ".join(text.split()).lstrip(".")
    stem, dot, suffix = text.rpartition(".")
    if not stem or len(suffix) > MAX_SUFFIX:
        stem, dot, suffix = text, "", ""
    return f"{stem[: MAX_NAME - len(suffix) - len(dot)].rstrip() or 'archivo'}{dot}{suffix}"
