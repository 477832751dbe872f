"""Files of unfinished forms: they arrive while the form is filled in, and their sender may look at them."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.intake import staging
from ckanext.gobiernoabierto.lib import formats
from ckanext.gobiernoabierto.views.attachments import attachment
from ckanext.gobiernoabierto.views.entities import visitor
from flask import Blueprint, jsonify, request

uploads = Blueprint("gobiernoabierto_uploads", __name__)


@uploads.route("/publicar/archivo", methods=["POST"])
def receive() -> Response | tuple[Response, int]:
    """Keep a file for the form that sends it ahead; answer its token, or what is wrong with it, as JSON."""
    sent = {"upload": request.files.get("upload"), "upload_token": request.form.get("upload_token")}
    try:
        return jsonify(tk.get_action("gobiernoabierto_upload_create")(visitor(), sent))
    except tk.ValidationError as error:
        return jsonify(error=formats.sentences(error.error_dict["upload"])), 422
    except tk.NotAuthorized:
        return jsonify(error=tk._("Sign in first")), 403


@uploads.route("/publicar/archivo/<token>")
def download(token: str) -> Response:
    """Answer the bytes as an attachment, whatever they are; 404 to everybody else."""
    try:
        known = tk.get_action("gobiernoabierto_upload_show")(visitor(), {"token": token})
        stream = staging.open_file(staging.waiting(tk.current_user.id, token))
    except (tk.NotAuthorized, tk.ObjectNotFound, tk.ValidationError):
        tk.abort(404, tk._("Not found"))
    return attachment(stream, known["name"])
