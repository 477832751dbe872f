"""The headers of every answer: what a browser may load, run, frame, keep and tell to others."""

from __future__ import annotations

from http import HTTPStatus

import ckan.plugins.toolkit as tk
from ckan.types import CKANApp, Response
from ckanext.gobiernoabierto.web import caching
from werkzeug.wrappers import Response as BaseResponse

PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        # stock modules set widths and visibility by style attributes; inline <style> stays shut
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        # Bootstrap's icons are data: addresses
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
# CKAN's upload field works by onclick="..." alone; a <script> in these pages stays shut.
HANDLERS_TOO = f"{PAGE_POLICY}; script-src-attr 'unsafe-inline'"
PAGES_WITH_HANDLERS = ("resource.new", "resource.edit")
# Uploaded bytes belong to whoever uploaded them: no script, no form, no origin of ours.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"

ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    # our own pages need it for Flask-WTF's check over HTTPS; nobody else learns what is read here
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
A_YEAR = 31_536_000
# Answers of these are the same for everybody, signed in or not.
SHARED_ENDPOINTS = frozenset({"static", "webassets.index"})
UPLOADED_IMAGES = "/uploads/"
# As a <script src> or stylesheet of our own origin these would pass PAGE_POLICY.
ACTIVE_TYPES = ("javascript", "ecmascript", "css")


def install(app: CKANApp) -> None:
    """Finish every answer; first in the list, because Flask runs the first one last."""
    app.after_request_funcs.setdefault(None, []).insert(0, finish)


def finish(response: Response) -> Response:
    """Return the response with the site's headers on it."""
    if _is_download() and not _refuses(response):
        _detach(response)
    response.headers.setdefault("Content-Security-Policy", _policy(response))
    put_always(response)
    if chosen := tk.request.environ.get(caching.CHOSEN):
        response.headers["Cache-Control"] = chosen  # CKAN has put its own age there meanwhile
    else:
        caching.ask_again(response)
    if _is_personal():
        _keep_private(response)
    return response


def put_always(response: BaseResponse) -> None:
    """Put those headers on an answer that every answer has."""
    for name, value in ALWAYS:
        response.headers.setdefault(name, value)
    if tk.config["ckan.site_url"].startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}")


def _endpoint() -> str:
    return tk.request.endpoint or ""


def _refuses(response: Response) -> bool:
    # what stands there then is a page of ours, without a byte of what was uploaded
    return response.status_code >= HTTPStatus.BAD_REQUEST


def _policy(response: Response) -> str:
    if _is_uploaded() and not _refuses(response):
        return FILE_POLICY
    return HANDLERS_TOO if _endpoint().endswith(PAGES_WITH_HANDLERS) else PAGE_POLICY


def _is_download() -> bool:
    # dataset types of other plugins register the same view as <type>_resource.download
    return _endpoint().endswith("resource.download")


def _is_uploaded() -> bool:
    return _is_download() or tk.request.path.startswith(UPLOADED_IMAGES)


def _detach(response: Response) -> None:
    """Make a browser save the file, and never run or apply it from another page."""
    if "Location" in response.headers:
        return
    _, _, parameters = response.headers.get("Content-Disposition", "").partition(";")
    response.headers["Content-Disposition"] = f"attachment;{parameters}" if parameters else "attachment"
    if any(word in response.content_type.lower() for word in ACTIVE_TYPES):
        response.headers["Content-Type"] = "text/plain; charset=utf-8"


def _is_personal() -> bool:
    return tk.current_user.is_authenticated and _endpoint() not in SHARED_ENDPOINTS


def _keep_private(response: Response) -> None:
    """Let no cache keep what somebody saw with their own permissions; stock CKAN says `public`."""
    response.headers["Cache-Control"] = "private, no-store"
