"""What is said of an uploaded file is true of its bytes, whoever says something else."""

from __future__ import annotations

import io
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action
from tests.remembered import remembered
from werkzeug.datastructures import FileStorage

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
CLAIM = {"url_type": "upload", "url": "datos.csv"}


@pytest.fixture
@remembered
def dataset(publishable: dict[str, Any]) -> dict[str, Any]:
    """Return a dataset without files."""
    return factories.Dataset(**publishable)


def upload(dataset: dict[str, Any], name: str, content: bytes, **fields: Any) -> dict[str, Any]:
    """Add a file and return its resource."""
    file = FileStorage(io.BytesIO(content), filename=name)
    return call_action("resource_create", package_id=dataset["id"], upload=file, **fields)


class TestClaimedFile:
    """A resource that says it has a file of ours, and has none."""

    def test_is_refused_in_a_new_resource(self, dataset: dict[str, Any]):
        """Its address would answer 404 for ever."""
        with pytest.raises(tk.ValidationError) as refused:
            call_action("resource_create", package_id=dataset["id"], **CLAIM)
        assert list(refused.value.error_dict) == ["upload"]

    def test_is_refused_in_a_new_dataset(self, publishable: dict[str, Any]):
        """``package_create`` takes no files."""
        with pytest.raises(tk.ValidationError) as refused:
            call_action("package_create", **publishable, title="Agua", notes="Pozos", resources=[CLAIM])
        assert list(refused.value.error_dict["resources"][0]) == ["upload"]

    def test_is_refused_where_an_address_stood(self, dataset: dict[str, Any]):
        """A link does not become a file by saying so."""
        link = call_action("resource_create", package_id=dataset["id"], url="https://example.org/a.csv")
        with pytest.raises(tk.ValidationError) as refused:
            call_action("resource_patch", id=link["id"], **CLAIM)
        assert list(refused.value.error_dict) == ["upload"]

    def test_is_refused_with_the_id_of_another_datasets_file(
        self, dataset: dict[str, Any], publishable: dict[str, Any]
    ):
        """Nobody takes over the file of somebody else."""
        other = upload(factories.Dataset(**publishable), "a.csv", b"a,b\n")
        with pytest.raises(tk.ValidationError):
            call_action("package_patch", id=dataset["id"], resources=[{**CLAIM, "id": other["id"]}])

    def test_stays_where_there_is_one(self, dataset: dict[str, Any]):
        """What CKAN shows can be sent back as it is."""
        made = upload(dataset, "a.csv", b"a,b\n")
        call_action("package_update", **call_action("package_show", id=dataset["id"]))
        assert call_action("resource_patch", id=made["id"], name="Otro")["url"] == made["url"]


class TestMediaType:
    @pytest.mark.parametrize(
        ("name", "content", "media_type"),
        [
            ("datos.csv", b"a,b\n1,2\n", "text/csv"),
            ("datos.csv", PDF, "application/pdf"),
            ("datos", PDF, "application/pdf"),
            ("datos.geojson", b'{"type": "FeatureCollection"}', "application/geo+json"),
        ],
    )
    def test_is_that_of_the_file(self, dataset: dict[str, Any], name: str, content: bytes, media_type: str):
        """Of its bytes, and where they say little, of its name; never the caller's."""
        made = upload(dataset, name, content, mimetype="text/html")
        assert made["mimetype"] == media_type

    def test_cannot_be_changed_without_another_file(self, dataset: dict[str, Any]):
        """It changes with the file."""
        made = upload(dataset, "datos.csv", PDF)
        assert (
            call_action("resource_patch", id=made["id"], mimetype="text/html")["mimetype"]
            == "application/pdf"
        )
        file = FileStorage(io.BytesIO(b"a,b\n"), filename="datos.csv")
        assert call_action("resource_patch", id=made["id"], upload=file)["mimetype"] == "text/csv"

    def test_of_a_link_is_what_its_maker_says(self, dataset: dict[str, Any]):
        """Nobody has looked into it."""
        link = {"url": "https://example.org/a", "mimetype": "text/csv"}
        made = call_action("resource_create", package_id=dataset["id"], **link)
        assert made["mimetype"] == "text/csv"


def test_a_call_with_bytes_says_what_its_file_is_called(
    app: Any, officer: dict[str, Any], publishable: dict[str, Any], csv: bytes
):
    """Multipart holds texts only: the object is written as JSON."""
    data = {
        **publishable,
        "axis": "1-1",
        "owner_org": officer["organization"]["id"],
        "title": "Agua",
        "notes": "Pozos",
        "upload": (io.BytesIO(csv), "datos.csv"),
        "file": '{"name": "Pozos por aldea"}',
    }
    url = "/api/action/gobiernoabierto_dataset_publish"
    answer = app.post(url, data=data, headers=officer["headers"], content_type="multipart/form-data")
    (made,) = answer.json["result"]["resources"]
    assert (made["name"], made["format"]) == ("Pozos por aldea", "CSV")
