"""The one Spanish catalogue that CKAN loads, compiled out of the three files that people edit.

Only polib is needed here, because ``setup.py`` compiles with this module at every install, before
CKAN is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polib

DOMAIN = "ckanext-gobiernoabierto"
LOCALE = "es"
FOLDER = Path(__file__).parent

OURS = f"{DOMAIN}.po"
UPSTREAM = "upstream.po"
WORDS = "words.po"
SOURCES = (OURS, UPSTREAM, WORDS)

# CKAN's own three forms: Flask-Babel counts every catalogue with the rule of the one merged last.
PLURAL_FORMS = "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;"
METADATA = {
    "Language": LOCALE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": PLURAL_FORMS,
}

Key = tuple[str, str | None]


class RepeatedMessageError(ValueError):
    """One message stands in two source files, so nobody could say which translation wins."""


def key(entry: polib.POEntry) -> Key:
    """Return what identifies a message: its English text and its context, if it has one."""
    return entry.msgid, entry.msgctxt


def source_path(name: str, folder: Path = FOLDER) -> Path:
    """Return where the source file ``name`` (one of ``SOURCES``) is."""
    return folder / LOCALE / "LC_MESSAGES" / name


def mo_path(folder: Path = FOLDER) -> Path:
    """Return where the compiled catalogue is, which is where CKAN looks for it."""
    return folder / LOCALE / "LC_MESSAGES" / f"{DOMAIN}.mo"


def read_source(name: str, folder: Path = FOLDER) -> polib.POFile:
    """Return one of the source files; an empty one if it does not exist yet."""
    path = source_path(name, folder)
    return polib.pofile(str(path)) if path.exists() else new_file()


def new_file() -> polib.POFile:
    """Return an empty file with our header: no dates and no tool, so that nothing conflicts in it."""
    po = polib.POFile(wrapwidth=100)
    po.metadata = dict(METADATA)
    return po


def merged(folder: Path = FOLDER) -> polib.POFile:
    """Return all the translated messages of the source files in one.

    :raises RepeatedMessageError: a message stands in two files
    """
    one, seen = new_file(), dict[Key, str]()
    for name, entry in _entries(folder):
        if key(entry) in seen:
            where = f"{seen[key(entry)]} and in {name}"
            raise RepeatedMessageError(f"{entry.msgid!r} stands in {where}: run bin/translate")
        seen[key(entry)] = name
        one.append(entry)
    return one


def compile_catalogue(folder: Path = FOLDER) -> Path:
    """Write the ``.mo``, and the ``.pot`` by which CKAN knows what a browser's scripts show.

    :returns: where the ``.mo`` is
    :raises RepeatedMessageError: a message stands in two files
    """
    one = merged(folder)
    mo_path(folder).write_bytes(one.to_binary())
    template = new_file()
    for entry in read_source(OURS, folder):
        template.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgctxt=entry.msgctxt,
                msgid_plural=entry.msgid_plural,
                occurrences=entry.occurrences,
            )
        )
    template.save(str(folder / f"{DOMAIN}.pot"))
    return mo_path(folder)


def _entries(folder: Path) -> Iterator[tuple[str, polib.POEntry]]:
    for name in SOURCES:
        for entry in read_source(name, folder).translated_entries():
            yield name, entry
