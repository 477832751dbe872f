"""CKAN's own keeper of resource files, which also says how large a file is and what its checksum is."""

from __future__ import annotations

from typing import Any

from ckan.lib.uploader import ALLOWED_UPLOAD_TYPES, ResourceUpload
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.intake import folder, staging

SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
"""SPDX's name of the algorithm, which DCAT-AP asks for."""
FILE_FIELDS = ("size", "hash", "hash_algorithm", "mimetype")
"""What is true of one file only."""


class ReceivedName(str):
    """The name of a file that came with this very call: no caller can write one in JSON."""


class CheckedUpload(ResourceUpload):
    """A resource's file: refused if it is empty, too large or a program before anything is written.

    ``hash`` (hex), ``hash_algorithm``, ``size`` (bytes) and ``mimetype`` of the resource are those of the
    bytes that came, whatever the caller says. Every way in comes through here: form, API,
    ``package_revise``.
    """

    def __init__(self, resource: dict[str, Any]) -> None:
        super().__init__(resource)
        if getattr(self, "filename", None):
            self._check()
            resource["size"] = self.filesize
            resource["hash"] = folder.digest_of(self.upload_file)
            resource["hash_algorithm"] = SHA256
            resource["mimetype"] = folder.media_type(self.upload_file, self.filename)
            resource["url"] = ReceivedName(resource["url"])
        elif getattr(self, "clear", None):
            # what is left out keeps its value; the empty text takes it away
            resource.update({"size": "", "hash": "", "hash_algorithm": "", "mimetype": self.mimetype or ""})

    def _check(self) -> None:
        if self.filesize > config.max_upload_bytes():
            raise staging.refuse_unfit(folder.TooLargeError())
        if not self.filesize:
            raise staging.refuse_unfit(folder.EmptyFileError())
        if folder.media_type(self.upload_file, "") in folder.PROGRAMS:
            raise staging.refuse_unfit(folder.ProgramError())


def uploader(resource: dict[str, Any]) -> CheckedUpload:
    """Return what keeps the resource's file; takes ``upload`` out of the resource."""
    upload = resource.get("upload")
    if isinstance(upload, ALLOWED_UPLOAD_TYPES) and upload.filename:
        upload.filename = folder.safe_name(upload.filename)
    return CheckedUpload(resource)
