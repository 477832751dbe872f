"""The private folder of the documents: bytes under names of our own, handed out by one view."""

from __future__ import annotations

import logging
from typing import IO, Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import document
from ckanext.gobiernoabierto.intake import folder, staging
from ckanext.gobiernoabierto.lib.document_types import TYPES, document_type

log = logging.getLogger(__name__)


def media_type(staged: Any) -> str:
    """Return the media type of a staged file; ValidationError under ``upload`` if it can be no document."""
    found = document_type(staged.name, staged.media_type)
    if found is None:
        message = tk._("A document is one of these: {types}. This file is none, whatever its name says")
        raise tk.ValidationError(
            {"upload": [message.format(types=", ".join(name.upper() for name in TYPES))]}
        )
    return found


def keep(staged: Any) -> folder.Kept:
    """Copy a staged file into the folder of the documents; ValidationError under ``upload`` if it cannot."""
    with staging.open_file(staged) as stream:
        try:
            return folder.keep(config.documents_path(), stream, config.max_upload_bytes())
        except (folder.RefusedFileError, OSError) as error:
            raise staging.refuse_unfit(error) from error


def open_file(found: Any) -> IO[bytes]:
    """Return the bytes of a document; ObjectNotFound if they are gone."""
    try:
        return (config.documents_path() / found.file).open("rb")
    except OSError:
        log.error("The file %s of the document %s is gone", found.file, found.id)
        raise tk.ObjectNotFound(tk._("Not found")) from None


def remove(file: str) -> None:
    """Remove the file of a document that is gone; call it after the commit."""
    folder.remove(config.documents_path(), file)


def sweep() -> int:
    """Remove the files that no document has, and return how many.

    They were left by a process that was killed, or by an entity that was deleted with its documents.
    """
    old = set(folder.names_older_than(config.documents_path(), staging.ORPHAN_SECONDS))
    orphans = old - document.files(old)
    for name in orphans:
        remove(name)
    return len(orphans)
