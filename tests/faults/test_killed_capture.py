"""kill -9 while facilitators capture: what is sent again is saved once, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys

import ckan.model as model
import pytest
from ckan.common import config
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.entities.captured import CapturedLine

CAPTURE = """
(user,) = arguments
line = {"key": "una-clave-del-navegador", "workshop": "charla", "entity": "problem",
        "title": "Calles oscuras", "municipality": "0115"}
with app._wsgi_app.test_request_context():
    print(tk.get_action("gobiernoabierto_line_create")({"user": user}, line)["code"])
"""


@pytest.fixture
def capture(clean_site, dying):
    """Capture a line in a process of its own, which is killed when it gets to ``step``."""
    public = {"visibility": "published"}
    call_action("gobiernoabierto_department_create", code="01", name="Guatemala", **public)
    villa_nueva = {"code": "0115", "name": "Villa Nueva", "department": "01", **public}
    call_action("gobiernoabierto_municipality_create", **villa_nueva)
    data = {"code": "charla", "title": "Charla", "kind": "co_creation", "municipalities": ["0115"]}
    call_action("gobiernoabierto_workshop_create", **data, state="planned", **public)
    user = factories.Sysadmin()["name"]

    def run(step=""):
        return dying(CAPTURE, user, step=step)

    return run


def counted():
    """Return the number of problems and of keys."""
    keys = model.Session.query(CapturedLine).count()
    model.Session.rollback()
    return call_action("gobiernoabierto_problem_list")["count"], keys


@pytest.mark.parametrize(
    ("step", "there"),
    [
        ("ckanext.gobiernoabierto.entities.numbering:next_code", 0),
        ("ckanext.gobiernoabierto.entities.history:record", 0),
        ("ckan.model:repo.commit", 0),
        ("builtins:print", 1),
    ],
)
def test_wherever_the_server_dies_a_line_is_saved_once(capture, step, there):
    """Before the commit neither the problem nor its key is there; after it a resend finds both."""
    capture(step)
    assert counted() == (there, there)
    for _ in range(2):
        assert capture().stdout.split()[-1].startswith("0115-P")
        assert counted() == (1, 1)


def test_a_workshop_of_300_lines_survives_two_deaths_of_the_server(clean_site, checkout):
    """20 facilitators at once: 0 lost, 0 doubled, one row of history for each."""
    command = [sys.executable, str(checkout / "benchmarks/capture.py"), config["__file__"]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["lost"], figures["doubled"]) == (0, 0)
    assert figures["lines"] == figures["history_rows"] == figures["keys"] == 300
    assert figures["sent_again"] > 0, "the server was killed while nobody was sending"
    assert figures["server_killed"] == 2
