"""The kinds of files that can be a document: what people open to read, and nothing that runs."""

from __future__ import annotations

from pathlib import PurePosixPath

_ZIP = frozenset({"application/zip", "application/octet-stream"})
_OLE = frozenset({"application/x-ole-storage", "application/CDFV2", "application/vnd.ms-office"})
_TEXT = frozenset({"text/plain", "text/csv", "application/csv"})
_OPEN = "application/vnd.oasis.opendocument"
_OFFICE = "application/vnd.openxmlformats-officedocument"

TYPES: dict[str, tuple[str, frozenset[str]]] = {
    "pdf": ("application/pdf", frozenset()),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _ZIP),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    "pptx": (f"{_OFFICE}.presentationml.presentation", _ZIP),
    "doc": ("application/msword", _OLE),
    "xls": ("application/vnd.ms-excel", _OLE),
    "ppt": ("application/vnd.ms-powerpoint", _OLE),
    "odt": (f"{_OPEN}.text", _ZIP),
    "ods": (f"{_OPEN}.spreadsheet", _ZIP),
    "odp": (f"{_OPEN}.presentation", _ZIP),
    "jpg": ("image/jpeg", frozenset()),
    "jpeg": ("image/jpeg", frozenset()),
    "png": ("image/png", frozenset()),
    "txt": ("text/plain", _TEXT),
    "csv": ("text/csv", _TEXT),
}
"""{ending of the name: (its media type, what else its first bytes can look like)}."""


def document_type(name: str, seen: str) -> str | None:
    """Return the media type of a file called ``name`` whose first bytes look like ``seen``.

    None for a file that cannot be a document, also where its name says something else than its bytes.
    """
    media_type, also = TYPES.get(PurePosixPath(name).suffix.lower().lstrip("."), ("", frozenset()))
    return media_type if media_type and (seen == media_type or seen in also) else None
