"""kill -9 while an officer publishes: all of it is there, or nothing, and the file still waits."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
from ckan.common import config as ckan_config
from ckan.tests import factories
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.intake import staging
from ckanext.gobiernoabierto.intake.staged_upload import StagedUpload

CONTENT = b"a,b\n1,2\n"
PUBLISH = """
import io
from werkzeug.datastructures import FileStorage
user, organization, token, upload = arguments
data = {"title": "Matado", "notes": "x", "owner_org": organization, "coverage": "national",
        "workshop_origin": "none", "axis": ["3-3"], "upload_token": token}
if upload:
    data["upload"] = FileStorage(io.BytesIO(b"a,b\\n1,2\\n"), filename="a.csv")
with app._wsgi_app.test_request_context():
    print(tk.get_action("gobiernoabierto_dataset_publish")({"user": user}, data)["id"])
"""


@pytest.fixture
def publish(clean_site, dying):
    """Publish in a process of its own, which is killed when it gets to ``step``."""
    shutil.rmtree(config.uploads_path(), ignore_errors=True)
    user = factories.User()
    organization = factories.Organization(users=[{"name": user["name"], "capacity": "editor"}])
    sysadmin = {"ignore_auth": True, "user": ""}
    for entity, values in (
        ("plan", {"code": "3", "title": "Tercer Plan"}),
        ("axis", {"code": "3-3", "plan": "3", "number": 3, "name": "Participación"}),
    ):
        tk.get_action(f"gobiernoabierto_{entity}_create")(sysadmin, {"visibility": "published", **values})
    token = staging.new_token()

    def run(step="", upload=True):
        return dying(PUBLISH, user["name"], organization["id"], token, "yes" if upload else "", step=step)

    return run


def datasets():
    """Return all datasets of the database."""
    return model.Session.query(model.Package).filter_by(type="dataset").all()


def files():
    """Return what lies in the private folder."""
    return list(config.uploads_path().iterdir())


@pytest.mark.parametrize(
    ("step", "waits"),
    [
        ("ckanext.gobiernoabierto.intake.folder:_copy", False),
        ("ckanext.gobiernoabierto.intake.staging:_remember", False),
        ("ckanext.gobiernoabierto.logic.action.publish:_create", True),
        ("ckanext.gobiernoabierto.intake.staging:claim", True),
        ("ckan.lib.uploader:_copy_file", True),
        ("ckan.model:repo.commit", True),
    ],
)
def test_before_the_commit_there_is_nothing_and_the_file_waits(publish, step, waits):
    """Sent again, with the file only where it had not arrived, it is published once."""
    publish(step)
    assert datasets() == []
    publish(upload=not waits)
    (dataset,) = datasets()
    (resource,) = dataset.resources
    folder = Path(ckan_config["ckan.storage_path"]) / "resources"
    stored = folder / resource.id[:3] / resource.id[3:6] / resource.id[6:]
    assert stored.read_bytes() == CONTENT


def test_after_the_commit_only_the_sweeper_has_something_to_do(publish):
    """The dataset is there with its file; the copy that waited is removed when it is old."""
    publish("ckanext.gobiernoabierto.intake.staging:remove_claimed")
    (dataset,) = datasets()
    assert len(dataset.resources) == 1
    (left,) = files()
    long_ago = time.time() - 2 * staging.ORPHAN_SECONDS
    os.utime(left, (long_ago, long_ago))
    assert staging.sweep() == (0, 1)
    assert files() == []


def test_orphan_of_a_killed_copy_is_swept(publish):
    """No row names it."""
    publish("ckanext.gobiernoabierto.intake.staging:_remember")
    (orphan,) = files()
    assert model.Session.query(StagedUpload).count() == 0
    long_ago = time.time() - 2 * staging.ORPHAN_SECONDS
    os.utime(orphan, (long_ago, long_ago))
    assert staging.sweep() == (0, 1)
    assert files() == []
