"""Files that came with a form wait here until the form is right, so that nobody sends them twice."""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets
from typing import IO, Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.intake import folder
from ckanext.gobiernoabierto.intake.staged_upload import StagedUpload
from ckanext.gobiernoabierto.lib.formats import file_size
from sqlalchemy.dialects.postgresql import insert
from werkzeug.datastructures import FileStorage

log = logging.getLogger(__name__)

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
ORPHAN_SECONDS = 6 * 3600
"""No copying takes longer: an older file without a row was left by a process that was killed."""


def new_token() -> str:
    """Return an unguessable token for a form that is shown for the first time."""
    return secrets.token_urlsafe(32)


def known_token(value: Any) -> str:
    """Return the token that a form sent back, or a new one for anything that cannot be one of ours."""
    return value if isinstance(value, str) and TOKEN.fullmatch(value) else new_token()


def _expiry() -> dt.datetime:
    return now() + dt.timedelta(hours=config.upload_hours())


def refuse_unfit(error: Exception) -> tk.ValidationError:
    """Return what to tell the person whose file was not kept, under ``upload``."""
    if isinstance(error, folder.TooLargeError):
        limit = file_size(config.max_upload_bytes())
        message = tk._("The file is larger than {limit}: divide it, or compress it as ZIP")
        return tk.ValidationError({"upload": [message.format(limit=limit)]})
    if isinstance(error, folder.EmptyFileError):
        return tk.ValidationError({"upload": [tk._("The file is empty: choose the one that has the data")]})
    if isinstance(error, folder.ProgramError):
        return tk.ValidationError(
            {"upload": [tk._("The file is a program: choose the one that has the data")]}
        )
    log.error("A file could not be kept: %s", error)
    return tk.ValidationError({"upload": [tk._("The file could not be kept: try again in a few minutes")]})


def stage(user_id: str, token: str, upload: FileStorage) -> str:
    """Keep the file that a form has sent, as a unit of its own, and return the form's token.

    The same bytes sent again change nothing. Another file takes the place of the former one, and a
    new token if that one was used already. Raises ValidationError under ``upload``.
    """
    place = config.uploads_path()
    try:
        kept = folder.keep(place, upload.stream, config.max_upload_bytes())
    except (folder.RefusedFileError, OSError) as error:
        raise refuse_unfit(error) from error
    unneeded: str | None = kept.file
    try:
        token, unneeded = _remember(user_id, token, kept, folder.safe_name(upload.filename))
    finally:
        if unneeded:
            folder.remove(place, unneeded)
    return token


def _remember(user_id: str, token: str, kept: folder.Kept, name: str) -> tuple[str, str | None]:
    """Write the row of a kept file; return its token and the file that nobody needs any more."""
    table = StagedUpload.__table__
    with model.meta.engine.begin() as connection:
        row = _own_row(connection, user_id, token)
        if row.sha256 == kept.sha256 and (row.claimed or row.name == name):
            return token, kept.file
        if row.claimed:
            token = new_token()
            row = _own_row(connection, user_id, token)
        connection.execute(
            sa.update(table)
            .where(table.c.user_id == user_id, table.c.token == token)
            .values(
                file=kept.file,
                name=name,
                size=kept.size,
                sha256=kept.sha256,
                media_type=kept.media_type,
                expires=_expiry(),
            )
        )
        return token, row.file


def _own_row(connection: Any, user_id: str, token: str) -> Any:
    """Return the form's row, made if need be, locked in the transaction of ``connection``."""
    table = StagedUpload.__table__
    connection.execute(
        insert(table)
        .values(user_id=user_id, token=token, created=now(), expires=_expiry())
        .on_conflict_do_nothing()
    )
    own = sa.select(table).where(table.c.user_id == user_id, table.c.token == token)
    return connection.execute(own.with_for_update()).one()


def locked(user_id: str, token: str) -> Any:
    """Return the form's row, made if need be; it is ours until the session's transaction ends.

    Who sends the same form at the same time waits here, and then finds what it has made.
    """
    _own_row(model.Session.connection(), user_id, token)
    return model.Session.execute(StagedUpload.of_form(user_id, token)).scalar_one()


def waiting(user_id: str, token: Any) -> Any:
    """Return the person's row with this token if its file waits for its form, or None.

    A token alone says nothing of whose file it is: whoever has read another person's may use it too.
    """
    row = of_form(user_id, token)
    return row if row is not None and row.file and not row.claimed else None


def of_form(user_id: str, token: Any) -> Any:
    """Return the person's row with this token if its time is not over, or None."""
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        return None
    return model.Session.execute(StagedUpload.by_key(user_id, token)).scalar_one_or_none()


def described(row: Any) -> dict[str, Any]:
    """Return what people and callers may know of a waiting file."""
    return {
        "token": row.token,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "media_type": row.media_type,
        "created": row.created.isoformat(),
        "expires": row.expires.isoformat(),
    }


def find(user_id: str, token: str) -> dict[str, Any] | None:
    """Return what is known of the file of a person's form, or None if it has sent none yet."""
    row = waiting(user_id, token)
    return described(row) if row is not None else None


def claim(row: Any, package_id: str | None, resource_id: str | None) -> None:
    """Say what has been made of a form, in the session's transaction: a document has no package."""
    row.claimed, row.package_id, row.resource_id = now(), package_id, resource_id


def open_file(row: Any) -> IO[bytes]:
    """Return the bytes of a waiting file; ValidationError under ``upload`` if they are gone."""
    try:
        return (config.uploads_path() / row.file).open("rb")
    except OSError:
        log.error("The staged file %s is gone", row.file)
        message = tk._("The file that you sent is not here any more: choose it again")
        raise tk.ValidationError({"upload": [message]}) from None


def remove_claimed(user_id: str, token: str) -> None:
    """Remove the file of a form that has been used; call it after the commit."""
    row = model.Session.execute(StagedUpload.by_key(user_id, token)).scalar_one_or_none()
    if row is not None and row.claimed and row.file:
        folder.remove(config.uploads_path(), row.file)


def sweep() -> tuple[int, int]:
    """Remove what has expired, and files that have no row; return how many rows and files.

    Rows go first: a process that is killed in between leaves files without a row, which the next
    sweep finds.
    """
    place, rows = config.uploads_path(), model.Session.execute(StagedUpload.expired()).scalars().all()
    files = {row.file for row in rows if row.file}
    for row in rows:
        model.Session.delete(row)
    model.repo.commit()
    old = set(folder.names_older_than(place, ORPHAN_SECONDS))
    waiting = sa.select(StagedUpload.file).where(StagedUpload.file.in_(old), StagedUpload.claimed.is_(None))
    orphans = old - set(model.Session.execute(waiting).scalars())
    for name in files | orphans:
        folder.remove(place, name)
    return len(rows), len(files | orphans)
