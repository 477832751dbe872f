"""The codes of problems and ideas as people copy them from paper: ``0115-I12``."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_plus

MUNICIPALITY_DIGITS = 4
# what a hand or an eye takes for a digit, and for one of the letters
AS_DIGIT = str.maketrans("OQDILZSB", "00011258")
AS_LETTER = str.maketrans("1L", "II")

# the addresses of a receipt, whole or not: /recibo?codigo=0115-I12, /proponer/recibo/0115-I12
_IN_ADDRESS = re.compile(r"[?&]codigo=([^&#\s]*)|/recibo/([^/?#\s]+)", re.I)
_CODE = re.compile(r"([0-9]{4})([PI])([0-9]{1,6})", re.A)
_WRITTEN_OUT = re.compile(r"\s*[0-9]{4}[\s-]*[PI][\s-]*[0-9]{1,6}\s*", re.A | re.I)
# P is taken for no digit; I in the fourth place is the letter where nothing parts it from the rest
_THREE_DIGITS = re.compile(r".{3}P.*|[0-9]{3}I[0-9]+", re.A)


def read_code(text: str) -> str | None:
    """Return the code that somebody typed, or None where it is none.

    With or without hyphens and spaces, in capitals or not, O for 0 and I or L for 1: the place in the
    code says whether a letter or a digit is meant. A first part of three digits has lost its zero, also
    where nothing stands between it and the letter. The address of a receipt is read for the code in it, and
    letters and digits of other widths are those that they look like (Unicode NFKC).
    """
    address = _IN_ADDRESS.search(text)
    typed = unquote_plus(address[1] or address[2] or "") if address else text
    parts = re.findall(r"[0-9A-Z]+", unicodedata.normalize("NFKC", typed).upper())
    lost_zero = len(parts) > 1 and len(parts[0]) == MUNICIPALITY_DIGITS - 1
    lost_zero = lost_zero or _THREE_DIGITS.fullmatch("-".join(parts)) is not None
    plain = "0" * lost_zero + "".join(parts)
    municipality, letter, number = (
        plain[:MUNICIPALITY_DIGITS],
        plain[MUNICIPALITY_DIGITS : MUNICIPALITY_DIGITS + 1],
        plain[MUNICIPALITY_DIGITS + 1 :],
    )
    meant = municipality.translate(AS_DIGIT) + letter.translate(AS_LETTER) + number.translate(AS_DIGIT)
    found = _CODE.fullmatch(meant)
    return f"{found[1]}-{found[2]}{int(found[3])}" if found else None


def code_written_out(text: str) -> str | None:
    """Return the code that a text is beyond doubt; None for "2016 15", which ``read_code`` takes for one."""
    return read_code(text) if _WRITTEN_OUT.fullmatch(text) else None
