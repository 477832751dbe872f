"""What a site sets by itself: the lines of ``own.ini`` in its folder, which no start writes over."""

from __future__ import annotations

import configparser
import hashlib

import ckan_site as site
from place import Place, ProblemError

FIRST = """\
; Settings of this site alone, one NAME = VALUE a line. bin/serve takes them up at its next start
; (bin/serve --stop, then bin/serve), and they win over ckanext/gobiernoabierto/profile.ini. The database, the
; services and the secrets are bin/serve's own. A % in a value is written %%. More in docs/operate.md.
; For example, without the semicolon:
;
; smtp.server = mail.example.gob.gt:587
; smtp.starttls = true
; smtp.user = catalogo
; smtp.password = ...
; smtp.mail_from = catalogo@example.gob.gt
; ckanext.gobiernoabierto.proposals.open = true
"""


def settings(place: Place) -> dict[str, str]:
    """Return the settings of the site's own; a new site gets a file that explains itself.

    :raises ProblemError: for what is no setting, or not for a site to set.
    """
    if not place.own.exists():
        place.write(place.own, FIRST)
    try:
        text = place.own.read_text("utf-8-sig")
    except OSError as error:
        raise ProblemError(f"cannot read {place.own}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProblemError(f"{place.own} is not written in UTF-8") from error
    found = _read(place, text)
    for name in found:
        if name in site.STANDS_ON:
            raise ProblemError(f"{place.own}: {name} is set by bin/serve itself, remove that line")
    return found


def _read(place: Place, text: str) -> dict[str, str]:
    """Return the lines as CKAN will read them, as they are written."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            raise ProblemError(f"{place.own}, line {number}: write NAME = VALUE, without [sections]")
    parser = configparser.ConfigParser({"here": str(place.root).replace("%", "%%")})
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(f"[app:main]\n{text}")
        values = parser["app:main"]
        for name in values:
            values.get(name)
    except configparser.DuplicateOptionError as error:
        where = f"{place.own}, line {(error.lineno or 1) - 1}"
        raise ProblemError(f"{where}: {error.option} is there a second time") from error
    except configparser.ParsingError as error:
        raise ProblemError(f"{place.own}, line {error.errors[0][0] - 1}: write NAME = VALUE") from error
    except configparser.InterpolationError as error:
        raise ProblemError(f"{place.own}: {error.option}: a % in a value is written %%") from error
    return {name: values.get(name, raw=True) for name in values if name not in parser.defaults()}


def check(place: Place, found: dict[str, str]) -> None:
    """Let CKAN look at the values, once for each state of the file; the services have to run.

    :raises ProblemError: for a value that is none.
    """
    mark, key = place.root / "run" / "own-checked", hashlib.sha256(repr(found).encode()).hexdigest()
    if not found or (mark.exists() and mark.read_text() == key):
        return
    try:
        site.ckan(place, f"taking up {place.own}", "config", "validate")
    except ProblemError as problem:
        said = next((line for line in problem.output.splitlines() if line.partition(": ")[0] in found), "")
        raise ProblemError(f"{place.own}: {said}", problem.log) if said else problem from None
    place.write(mark, key)
