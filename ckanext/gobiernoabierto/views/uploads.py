"""The file that a person has sent with an unfinished form, for that person to look at."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.intake import staging
from flask import Blueprint, send_file

uploads = Blueprint("gobiernoabierto_uploads", __name__)

ANY_BYTES = "application/octet-stream"


@uploads.route("/publicar/archivo/<token>")
def download(token: str) -> Response:
    """Answer the bytes as an attachment, whatever they are; 404 to everybody else."""
    context: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user}
    try:
        known = tk.get_action("gobiernoabierto_upload_show")(context, {"token": token})
        stream = staging.open_file(staging.waiting(token)[0])
    except (tk.NotAuthorized, tk.ObjectNotFound, tk.ValidationError):
        tk.abort(404, tk._("Not found"))
    answer = send_file(stream, mimetype=ANY_BYTES, as_attachment=True, download_name=known["name"])
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
