"""The source of what runs here, for whoever uses it over the network (AGPL-3.0, section 13)."""

from __future__ import annotations

import io
import zipfile
from importlib import metadata, resources
from pathlib import Path

from ckan.types import Response
from flask import Blueprint, current_app

source_archive = Blueprint("gobiernoabierto_source", __name__)

DISTRIBUTION = "ckanext-gobiernoabierto"
# setup.py installs them into the package, wherever a checkout has them.
PARTS = ("ckanext.gobiernoabierto", "ckanext.gobiernoabierto.schemas", "ckanext.gobiernoabierto.i18n")
LEFT_OUT = {"__pycache__", ".webassets-cache"}


def archive() -> bytes:
    """Return a zip of the installed package, with local changes if there are any."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as zipped:
        for part in PARTS:
            _add(zipped, part)
        for file in metadata.files(DISTRIBUTION) or []:
            if file.name in ("LICENSE", "METADATA"):
                zipped.writestr(file.name, file.read_text())
    return written.getvalue()


def _add(zipped: zipfile.ZipFile, part: str) -> None:
    folder = Path(str(resources.files(part)))
    for path in sorted(folder.rglob("*")):
        name = f"{part.replace('.', '/')}/{path.relative_to(folder).as_posix()}"
        if path.is_file() and not LEFT_OUT & set(path.parts) and name not in zipped.namelist():
            zipped.write(path, name)


@source_archive.route("/codigo-fuente.zip", methods=["GET"])
def download() -> Response:
    """Return the archive."""
    answer: Response = current_app.response_class(archive(), mimetype="application/zip")
    name = f"{DISTRIBUTION}-{metadata.version(DISTRIBUTION)}.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
