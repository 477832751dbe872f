"""Bytes in the private folder, and the names that people give to files."""

from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path

import pytest
from ckanext.gobiernoabierto.intake import folder


def test_kept_file_has_its_bytes_its_checksum_and_what_they_look_like(tmp_path: Path):
    """The name on the disk is ours, and nobody else of the machine may read it."""
    content = b"municipio,casos\n0115,3\n" * 10_000
    kept = folder.keep(tmp_path, io.BytesIO(content), len(content))
    path = tmp_path / kept.file
    assert path.read_bytes() == content
    assert (kept.size, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert kept.media_type in ("text/csv", "text/plain", "application/csv")
    assert path.stat().st_mode & 0o777 == 0o600


def test_media_type_is_that_of_the_bytes_and_not_of_the_name(tmp_path: Path):
    """HTML stays HTML however it is called."""
    page = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    assert folder.keep(tmp_path, io.BytesIO(page), 1000).media_type == "text/html"


class Endless(io.RawIOBase):
    """A stream without an end, that counts what was read of it."""

    given = 0

    def seek(self, *_):
        """Stay: there is no beginning."""
        return 0

    def read(self, size=-1):
        """Give as much as is asked for."""
        assert size > 0, "all of it would be read into memory"
        self.given += size
        return b"x" * size


def test_too_large_a_file_is_refused_after_its_limit_and_leaves_nothing(tmp_path: Path):
    """Nobody waits for the end of it."""
    stream = Endless()
    with pytest.raises(folder.TooLargeError):
        folder.keep(tmp_path, stream, 1_000_000)
    assert stream.given < 1_200_000
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_exactly_the_limit_is_kept(tmp_path: Path):
    """The limit itself is allowed."""
    assert folder.keep(tmp_path, io.BytesIO(b"x" * 1000), 1000).size == 1000


def test_an_empty_file_is_refused_and_leaves_nothing(tmp_path: Path):
    """No bytes are no data."""
    with pytest.raises(folder.EmptyFileError):
        folder.keep(tmp_path, io.BytesIO(b""), 1000)
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path):
    """Half a file is no file."""

    class Broken(Endless):
        def read(self, size=-1):
            if self.given:
                raise OSError("gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        folder.keep(tmp_path, Broken(), 1_000_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("datos.csv", "datos.csv"),
        ("Inversión municipal 2017.csv", "Inversión municipal 2017.csv"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/abs/olute.csv", "olute.csv"),
        ("..", "archivo"),
        ("...", "archivo"),
        ("", "archivo"),
        (None, "archivo"),
        ("datos\0.csv", "datos.csv"),
        ("da\r\ntos\x1b.csv", "datos.csv"),
        ("\u202efdp.csv", "fdp.csv"),
        ("datos.csv;.html", "datos.csv_.html"),
        ('da"tos<b>.csv', "da_tos_b_.csv"),
        (".htaccess", "htaccess"),
        ("sin extension", "sin extension"),
        ("a/", "archivo"),
    ],
)
def test_names_lose_what_is_no_name_and_keep_their_ending(given, shown):
    """No path, nothing invisible, and nothing that ends a header or a shell word."""
    assert folder.safe_name(given) == shown


@pytest.mark.parametrize("given", ["ñ" * 5000 + ".csv", "x" * 5000, "x." + "y" * 5000, "💧" * 300 + ".xlsx"])
def test_very_long_names_are_cut_and_keep_their_ending(given):
    """A hundred characters are enough, and every file system takes them."""
    name = folder.safe_name(given)
    assert len(name) <= 100
    if given.endswith((".csv", ".xlsx")):
        assert name.endswith(given[given.rindex(".") :])


def test_only_files_that_nobody_writes_to_are_old(tmp_path: Path):
    """What is being sent right now is left alone."""
    for name in ("old", "new", "unfinished.part"):
        (tmp_path / name).touch()
    for name in ("old", "unfinished.part"):
        os.utime(tmp_path / name, (time.time() - 100, time.time() - 100))
    assert sorted(folder.names_older_than(tmp_path, 50)) == ["old", "unfinished.part"]
    assert list(folder.names_older_than(tmp_path / "nowhere", 50)) == []
