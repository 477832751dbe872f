"""English that reaches people though no call of ``_()`` names it: error pages, and names of fields.

CKAN translates some texts that it puts together while it runs; those of Werkzeug and Flask-WTF go
through our error page. None of them can be extracted, so they are asked for here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask_wtf
from babel.messages.extract import extract_from_dir
from werkzeug.exceptions import default_exceptions
from werkzeug.http import HTTP_STATUS_CODES

# What stands before an error of CKAN's own forms (ckan.logic.ValidationError makes it out of the
# field's name), and the states that its pages print. The forms of datasets and organizations are
# scheming's, which shows the labels of the schema.
FIELDS = (
    *("Author email", "Capacity", "Captcha", "Fullname", "Id", "Image upload", "License id"),
    *("Maintainer email", "Message", "Notes", "Old password", "Owner org", "Parent", "Password1"),
    *("Password2", "Reset key", "Tag string", "Unit", "View type"),
)
STATES = ("active", "deleted", "draft", "pending")

# How flask_wtf.csrf refuses a form that was forged or left open for too long.
REFUSALS = {"ValidationError": None, "_error_response": None}


def runtime_texts() -> Iterator[tuple[str, str]]:
    """Yield each text with the file that it comes from, as installed."""
    for code, error in default_exceptions.items():
        yield HTTP_STATUS_CODES[code], "werkzeug/http.py"
        yield str(error.description), "werkzeug/exceptions.py"
    folder = str(Path(flask_wtf.__file__).parent)
    for name, _line, text, *_rest in extract_from_dir(folder, [("csrf.py", "python")], keywords=REFUSALS):
        yield str(text), f"flask_wtf/{name}"
    for text in (*FIELDS, *STATES):
        yield text, "ckan/logic/__init__.py"
    yield "Internal server error", "ckan/config/middleware/flask_app.py"
