"""What somebody uploaded never runs on this site, and never leaves it without permission."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories, helpers
from tests.remembered import remembered
from werkzeug.datastructures import FileStorage
from werkzeug.test import Client

SCRIPT = b"<script>document.title = 'tomado'</script>"
HOSTILE = {
    "pagina.html": SCRIPT,
    "imagen.svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "datos.csv;.html": SCRIPT,
    "datos.xml": b'<x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>alert(1)</h:script></x>',
    "guion.js": b"document.title = 'tomado'",
    "estilo.css": b"body { display: none }",
    "datos.csv": b"a,b\n1,2\n",
}


def upload(dataset: dict[str, Any], name: str, content: bytes, **fields: str) -> str:
    """Upload a file and return its address."""
    file = FileStorage(io.BytesIO(content), filename=name)
    resource = factories.Resource(package_id=dataset["id"], upload=file, url="", **fields)
    return urlsplit(resource["url"]).path


@pytest.fixture
@remembered
def dataset(site: Any, publishable: dict[str, Any]) -> dict[str, Any]:
    """Return a public dataset without files."""
    return factories.Dataset(**publishable)


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_is_saved_and_never_shown(visitor: Client, dataset: dict[str, Any], name: str):
    """Attachment, no guessing of its type, no script or style of our origin, a sandbox around it."""
    answer = visitor.get(upload(dataset, name, HOSTILE[name]))
    assert answer.status_code == 200
    assert answer.data == HOSTILE[name]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "javascript" not in answer.content_type
    assert "css" not in answer.content_type


def test_its_type_is_not_the_uploaders_choice(visitor: Client, dataset: dict[str, Any]):
    """The API lets anyone write `mimetype`: it still is an attachment in a sandbox."""
    answer = visitor.get(upload(dataset, "datos.csv", SCRIPT, mimetype="text/html"))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_the_saved_file_keeps_its_name(visitor: Client, dataset: dict[str, Any]):
    """A person finds `datos.csv` among the downloads, not the resource's id."""
    answer = visitor.get(upload(dataset, "datos.csv", b"a\n1\n"))
    assert "datos.csv" in answer.headers["Content-Disposition"]


@pytest.mark.long
def test_a_private_file_stays_private_in_every_cache(
    sign_in: Any, visitor: Client, secrets: Any, editor: Any
):
    """Its editor may read it, nobody keeps a copy, and a visitor is told that it does not exist."""
    resource = helpers.call_action("resource_show", id=secrets.datasets[0]["resources"][0]["id"])
    address = f"/dataset/{resource['package_id']}/resource/{resource['id']}/download/x.csv"
    answer = sign_in(editor).get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    refused = visitor.get(address)
    assert refused.status_code == 404
    # a page of ours, which Chromium shows as nothing at all if it is to be saved
    assert "Content-Disposition" not in refused.headers
    assert "sandbox" not in refused.headers["Content-Security-Policy"]


def test_no_file_is_served_past_the_permissions(visitor: Client, secrets: Any):
    """What lies in the storage folder has no address of its own there."""
    id_ = secrets.datasets[0]["resources"][0]["id"]
    for address in (f"/resources/{id_[:3]}/{id_[3:6]}/{id_[6:]}", f"/{id_[:3]}/{id_[3:6]}/{id_[6:]}"):
        assert visitor.get(address).status_code == 404


@pytest.mark.parametrize("name", ["logo.svg", "logo.html", "logo.png"])
def test_an_organizations_image_is_an_image(site: Any, name: str):
    """These folders are served to anybody as they are: no SVG, no HTML, whatever the file is called."""
    file = FileStorage(io.BytesIO(HOSTILE["imagen.svg"]), filename=name, content_type="image/png")
    with pytest.raises(tk.ValidationError):
        factories.Organization(image_upload=file, image_url="")


def test_an_uploaded_image_is_in_a_sandbox_too(visitor: Client, site: Any):
    """An image cannot be made to run as a page of ours."""
    pixel = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4"
        b"\x89\x00\x00\x00\rIDATx\x9cc\xf8\x0f\x00\x01\x01\x01\x00\x18\xdd\x8d\xb0\x00\x00\x00\x00IEND\xaeB`\x82"
    )
    file = FileStorage(io.BytesIO(pixel), filename="logo.png", content_type="image/png")
    organization = factories.Organization(image_upload=file, image_url="")
    address = organization["image_display_url"].partition("/uploads/")[2]
    answer = visitor.get(f"/uploads/{address}")
    assert answer.status_code == 200
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
