"""Jobs and commands speak Spanish and know the site's address, as the pages do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from ckan.common import config
from ckan.lib import jobs
from ckan.plugins import toolkit as tk
from ckan.tests import helpers
from ckanext.gobiernoabierto.spanish import in_spanish, spanish

# What a job of ours does, and one that forgot the wrapper; a worker imports them by name.
MODULE = '''
import json, pathlib
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.spanish import in_spanish

def plain(path):
    """Write down what is said without the wrapper."""
    pathlib.Path(path).write_text(json.dumps([tk._("Dataset"), tk._("no data")]))

@in_spanish
def told(path):
    """Write down what is said, and where the site is."""
    addresses = [tk.h.url_for("home.about", qualified=True), tk.h.url_for("home.about")]
    pathlib.Path(path).write_text(json.dumps([tk._("Dataset"), tk._("no data"), *addresses]))
'''
SPANISH = ["Conjunto de datos", "sin dato", "http://test.ckan.net/about", "/about"]


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module of two jobs that this process and the worker's can import."""
    (tmp_path / "jobs_of_a_test.py").write_text(MODULE)
    tmp_path.chmod(0o777)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture
def ckan(module):
    """Run one of CKAN's commands as a process of its own, and return what it printed."""

    def ckan(*arguments):
        done = subprocess.run(
            [str(Path(sys.executable).parent / "ckan"), "-c", config["__file__"], *arguments],
            env={**os.environ, "PYTHONPATH": str(module)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return ckan


@pytest.fixture
def work(ckan):
    """Run the worker until its queue is empty; it forks for each job."""
    return lambda: ckan("jobs", "worker", "--burst")


@pytest.mark.usefixtures("with_plugins", "clean_queues")
class TestJob:
    @pytest.mark.long
    def test_a_job_of_the_worker_speaks_spanish_and_knows_the_site(self, module, work):
        """In the worker as it runs on a site: the ckan command, and a fork for each job."""
        tk.enqueue_job("jobs_of_a_test.told", [str(module / "told")])
        work()
        assert json.loads((module / "told").read_text()) == SPANISH

    @pytest.mark.long
    def test_without_the_wrapper_a_job_speaks_english(self, module, work):
        """Should CKAN ever do it by itself, the wrapper may go."""
        tk.enqueue_job("jobs_of_a_test.plain", [str(module / "plain")])
        work()
        assert json.loads((module / "plain").read_text()) == ["Dataset", "no data"]

    @pytest.mark.usefixtures("with_test_worker")
    def test_a_job_speaks_spanish_in_a_process_that_is_not_the_ckan_command(self, module):
        """A worker that somebody starts in another way, and the tests of other parts."""
        import jobs_of_a_test

        tk.enqueue_job(jobs_of_a_test.told, [str(module / "told")])
        jobs.Worker().work(burst=True)
        assert json.loads((module / "told").read_text()) == SPANISH


@pytest.mark.usefixtures("with_plugins")
class TestBlock:
    def test_a_command_speaks_spanish(self, cli):
        """Decorated under click's own decorators."""

        @click.command()
        @click.argument("name")
        @in_spanish
        def command(name):
            """Say what something is called."""
            click.echo(tk._(name))

        assert cli.invoke(command, ["Dataset"]).output == "Conjunto de datos\n"

    @pytest.mark.long
    def test_the_command_of_the_reference_rows_speaks_spanish(self, ckan):
        """As an operator runs it: what it prints is for people."""
        assert "Fue una prueba: no se escribió nada" in ckan(
            "gobiernoabierto", "reference", "load", "--dry-run"
        )

    def test_within_a_request_that_request_goes_on(self, app):
        """An action that a page calls may be wrapped too: the visitor stays who she is."""
        with app.flask_app.test_request_context("/about?who=ana"), spanish():
            assert tk.request.args["who"] == "ana"

    def test_a_failure_is_told_and_leaves_nothing_behind(self):
        """The next job begins without the context of the one that failed."""
        with pytest.raises(ZeroDivisionError), spanish():
            raise ZeroDivisionError
        assert tk._("Dataset") == "Dataset"

    def test_an_address_begins_with_the_sites_own(self):
        """In mails and feeds: not localhost, and not http where the site is https."""
        with helpers.changed_config("ckan.site_url", "https://datos.example.gt"), spanish():
            assert tk.h.url_for("home.about", qualified=True) == "https://datos.example.gt/about"
            assert tk.h.url_for("home.about", _external=True) == "https://datos.example.gt/about"

    def test_an_action_can_be_called_in_it(self):
        """Its refusals are Spanish, as on a page."""
        with spanish(), pytest.raises(tk.ValidationError) as refused:
            helpers.call_action("user_create", name="a")
        assert "Falta el valor" in str(refused.value.error_dict)
