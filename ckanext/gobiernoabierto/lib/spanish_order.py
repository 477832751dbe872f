"""Names in the order of a Spanish dictionary: accents and capitals do not count, ñ comes after n."""

from __future__ import annotations

import unicodedata

TILDE = "\N{COMBINING TILDE}"
LAST = "\N{LATIN SMALL LETTER Z}\N{LATIN SMALL LETTER Z}"
"""After an n, it sorts behind every other letter that can follow one."""


def key(text: str) -> str:
    """Return what sorts a name where people look for it."""
    decomposed = unicodedata.normalize("NFD", text.casefold()).replace(f"n{TILDE}", f"n{LAST}")
    return "".join(each for each in decomposed if not unicodedata.combining(each))
