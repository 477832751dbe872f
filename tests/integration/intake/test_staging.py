"""A file waits for its form: kept once, used once, seen by its owner, removed in the end."""

from __future__ import annotations

import hashlib
import io
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import ckan.lib.jobs as jobs
import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
import redis
import sqlalchemy as sa
from ckan.cli.cli import ckan
from ckan.exceptions import CkanConfigurationException
from ckan.tests import factories, helpers
from ckanext.gobiernoabierto import config, hourly
from ckanext.gobiernoabierto.intake import staging, sweeping
from ckanext.gobiernoabierto.intake.staged_upload import StagedUpload
from tests.remembered import remembered

SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"


def act(action, user, **data):
    """Call an action as a user."""
    return tk.get_action(action)({"user": user["name"]}, data)


@pytest.fixture
@remembered
def dataset(officer):
    """A draft of the officer's organization, which may lack everything."""
    return factories.Dataset(owner_org=officer["organization"]["id"], state="draft")


@pytest.fixture
def expire():
    """Let the time of everything that waits be over."""

    def now():
        model.Session.execute(
            sa.update(StagedUpload).values(expires=sa.func.now() - sa.text("interval '1s'"))
        )
        model.Session.commit()

    return now


@pytest.fixture
def hour(clean_site, monkeypatch):
    """Turn the clock of the sweep to an hour that no other test has, and then on."""
    start = uuid.uuid4().int % 10**12

    def turn(hours=0):
        clock = SimpleNamespace(time=lambda: (start + hours) * hourly.HOUR)
        monkeypatch.setattr(hourly, "time", clock)

    hourly._enqueue.cache_clear()
    turn()
    return turn


def refused_with_file(officer, dataset, sent, token=""):
    """Send a resource's form with an error in it; return what the form holds when it comes back."""
    form = {"package_id": dataset["id"], "upload": sent, "upload_token": token}
    form["created"] = "yesterday"
    context = {"user": officer["name"]}
    with pytest.raises(tk.ValidationError):
        tk.get_action("resource_create")(context, form)
    return form


class TestForm:
    def test_file_is_kept_when_the_form_comes_back(self, officer, dataset, sent, csv, private_files):
        """The form holds a token and says what was received; the upload itself is gone from it."""
        form = refused_with_file(officer, dataset, sent())
        staged = form["upload_staged"]
        assert (staged["name"], staged["size"]) == ("datos.csv", len(csv))
        assert form["upload_token"] == staged["token"]
        assert "upload" not in form
        assert len(private_files()) == 1

    def test_next_post_uses_the_file_that_waits(self, officer, dataset, sent, csv, stored, private_files):
        """Nothing is sent again; the bytes, their size and checksum are those of the first post."""
        token = refused_with_file(officer, dataset, sent())["upload_token"]
        made = act("resource_create", officer, package_id=dataset["id"], upload_token=token)
        assert stored(made["id"]) == csv
        assert made["hash"] == hashlib.sha256(csv).hexdigest()
        assert (made["hash_algorithm"], made["size"]) == (SHA256, len(csv))
        assert made["url"].endswith("/download/datos.csv")
        assert made["format"] == "CSV"
        assert not {"upload_token", "upload_staged", "link"} & set(made)
        assert private_files() == []

    def test_another_file_takes_the_place_of_the_one_that_waits(
        self, officer, dataset, sent, stored, private_files
    ):
        """She may change her mind; the first file is removed."""
        token = refused_with_file(officer, dataset, sent())["upload_token"]
        again = refused_with_file(officer, dataset, sent(b"other", "otro.csv"), token)
        assert again["upload_staged"]["name"] == "otro.csv"
        assert len(private_files()) == 1
        made = act("resource_create", officer, package_id=dataset["id"], upload_token=token)
        assert stored(made["id"]) == b"other"

    def test_token_of_another_person_finds_nothing(self, officer, colleague, dataset, sent, private_files):
        """Even a colleague who may write the same dataset cannot use it, nor spoil it."""
        token = refused_with_file(officer, dataset, sent())["upload_token"]
        with pytest.raises(tk.ValidationError) as refused:
            act("resource_create", colleague, package_id=dataset["id"], upload_token=token)
        assert list(refused.value.error_dict) == ["upload"]
        assert staging.find(officer["id"], token)
        assert len(private_files()) == 1

    def test_who_may_not_write_the_dataset_leaves_no_file(self, officer, dataset, sent, private_files):
        """The question comes before the copying."""
        stranger = factories.User()
        with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
            act("resource_create", stranger, package_id=dataset["id"], upload=sent(), upload_token="")
        assert private_files() == []

    def test_same_form_sent_twice_makes_one_resource(self, officer, dataset, sent, csv):
        """The second answer is the first one's resource."""
        token = staging.new_token()
        form = {"package_id": dataset["id"], "upload_token": token}
        first = act("resource_create", officer, **form, upload=sent())
        second = act("resource_create", officer, **form, upload=sent())
        assert first["id"] == second["id"]
        assert len(act("package_show", officer, id=dataset["id"])["resources"]) == 1

    def test_same_form_sent_many_times_at_once_makes_one_resource(
        self, app, officer, dataset, csv, private_files
    ):
        """Whoever comes second waits, and finds what the first one made."""
        url = "/api/action/resource_create"
        token = staging.new_token()

        def post(_number):
            data = {"package_id": dataset["id"], "upload_token": token, "upload": _file(csv)}
            return app.flask_app.test_client().post(
                url, data=data, headers=officer["headers"], content_type="multipart/form-data"
            )

        with ThreadPoolExecutor(4) as people:
            answers = list(people.map(post, range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.json["result"]["id"] for answer in answers}) == 1
        model.Session.expire_all()
        assert len(act("package_show", officer, id=dataset["id"])["resources"]) == 1
        assert private_files() == []

    def test_used_token_takes_a_new_file_as_a_new_form(self, officer, dataset, sent):
        """The browser's back button, and then another file: a second resource."""
        token = staging.new_token()
        form = {"package_id": dataset["id"], "upload_token": token}
        first = act("resource_create", officer, **form, upload=sent())
        second = act("resource_create", officer, **form, upload=sent(b"b", "b.csv"))
        assert first["id"] != second["id"]

    def test_form_with_neither_file_nor_address_says_so_beside_the_file(self, officer, dataset):
        """Not beside a field that the form does not have."""
        with pytest.raises(tk.ValidationError) as refused:
            act("resource_create", officer, package_id=dataset["id"], upload_token="")
        assert list(refused.value.error_dict) == ["upload"]

    def test_address_instead_of_a_file(self, officer, dataset):
        """A file that lies elsewhere stays there."""
        link = "https://example.org/a.csv"
        made = act("resource_create", officer, package_id=dataset["id"], upload_token="", link=link)
        assert made["url"] == link
        assert not made.get("url_type")


class TestUpdate:
    def test_change_of_words_keeps_file_size_and_checksum(self, officer, dataset, sent, csv, stored):
        """The form sends none of these."""
        made = act("resource_create", officer, package_id=dataset["id"], upload=sent())
        changed = act(
            "resource_update", officer, id=made["id"], name="Otro nombre", format="CSV", upload_token=""
        )
        same = ("url", "url_type", "size", "hash", "hash_algorithm", "mimetype")
        assert {name: changed[name] for name in same} == {name: made[name] for name in same}
        assert changed["name"] == "Otro nombre"
        assert stored(made["id"]) == csv

    def test_another_file_survives_an_error_and_replaces_the_first(self, officer, dataset, sent, stored):
        """Until the form is right, the public keeps the file that it had."""
        made = act("resource_create", officer, package_id=dataset["id"], upload=sent())
        form = {"id": made["id"], "upload": sent(b"new", "nuevo.csv"), "upload_token": "", "created": "x"}
        with pytest.raises(tk.ValidationError):
            tk.get_action("resource_update")({"user": officer["name"]}, form)
        assert stored(made["id"]) != b"new"
        changed = act("resource_update", officer, id=made["id"], upload_token=form["upload_token"])
        assert stored(made["id"]) == b"new"
        assert (changed["size"], changed["hash"]) == (3, hashlib.sha256(b"new").hexdigest())

    @pytest.mark.long
    def test_address_in_place_of_the_file_takes_its_checksum_away(self, officer, dataset, sent):
        """They were true of other bytes."""
        made = act("resource_create", officer, package_id=dataset["id"], upload=sent())
        link = "https://example.org/a.csv"
        changed = act("resource_update", officer, id=made["id"], upload_token="", link=link)
        assert changed["url"] == link
        assert not changed.get("hash")
        assert not changed.get("size")


class TestRefused:
    def test_too_large_says_how_much_is_allowed(self, officer, dataset, sent, ckan_config, private_files):
        """Beside the file, in Spanish, by form and by API."""
        ckan_config["ckan.max_resource_size"] = 1
        for token in ({"upload_token": ""}, {}):
            with pytest.raises(tk.ValidationError) as refused:
                act(
                    "resource_create",
                    officer,
                    package_id=dataset["id"],
                    upload=sent(b"x" * (1 << 20) + b"x"),
                    **token,
                )
            assert list(refused.value.error_dict) == ["upload"]
        assert private_files() == []

    def test_empty_is_refused_by_form_and_by_api(self, officer, dataset, sent, private_files):
        """A file without bytes is a mistake that only its sender can see."""
        for token in ({"upload_token": ""}, {}):
            with pytest.raises(tk.ValidationError) as refused:
                act("resource_create", officer, package_id=dataset["id"], upload=sent(b""), **token)
            assert list(refused.value.error_dict) == ["upload"]
        assert private_files() == []

    @pytest.mark.long
    @pytest.mark.parametrize("name", ["../../../etc/cron.d/x", "datos.csv;.html", "da\0tos.csv", "x" * 5000])
    def test_no_name_leads_out_of_the_folder(self, officer, dataset, sent, csv, stored, name):
        """The bytes lie under an id; the name is only what the address ends in."""
        made = act(
            "resource_create", officer, package_id=dataset["id"], upload=sent(name=name), upload_token=""
        )
        assert stored(made["id"]) == csv
        assert "/" not in made["url"].split("/download/")[1]
        assert "\0" not in made["url"]


class TestDownload:
    @pytest.fixture
    def address(self, officer, dataset, sent):
        """Where the waiting file can be seen."""
        html = b"<script>alert(1)</script>"
        form = refused_with_file(officer, dataset, sent(html, "datos.csv;.html"))
        return f"/publicar/archivo/{form['upload_token']}"

    def test_owner_gets_bytes_that_no_browser_runs(self, app, officer, address):
        """An attachment without a type, with a policy that forbids everything."""
        answer = app.get(address, headers=officer["headers"])
        assert answer.data == b"<script>alert(1)</script>"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "no-store" in answer.headers["Cache-Control"]

    def test_who_has_read_the_token_gets_their_own_file_and_no_other(
        self, app, officer, colleague, sysadmin, address, sent
    ):
        """Whoever sends a file of their own with another person's token, and whichever row comes first."""
        token = address.rsplit("/", 1)[1]
        for person in (colleague, sysadmin):
            act("gobiernoabierto_upload_create", person, upload=sent(b"own", "mio.csv"), upload_token=token)
            assert app.get(address, headers=person["headers"]).data == b"own"
            assert act("gobiernoabierto_upload_show", person, token=token)["name"] == "mio.csv"
        assert app.get(address, headers=officer["headers"]).data == b"<script>alert(1)</script>"
        assert act("gobiernoabierto_upload_show", officer, token=token)["name"] != "mio.csv"

    def test_nobody_else_learns_that_it_is_there(self, app, colleague, sysadmin, address):
        """A colleague, an administrator and a visitor get the answer of an address that never was."""
        for person in (colleague, sysadmin):
            assert app.get(address, headers=person["headers"]).status_code == 404
        assert app.get(address).status_code == 404
        assert app.get(address[:-1] + "!", headers=colleague["headers"]).status_code == 404

    def test_folder_is_not_among_those_that_ckan_hands_out(self, app, officer, address, private_files):
        """Neither by its name nor by a path."""
        (name,) = private_files()
        for path in (f"/staged/{name}", f"/uploads/{name}", f"/{name}", f"/uploads/../../staged/{name}"):
            assert app.get(path, headers=officer["headers"]).status_code == 404


class TestSweep:
    @pytest.mark.long
    def test_expired_goes_away_with_its_row(self, officer, dataset, sent, expire, private_files, cli):
        """By the command, whenever somebody runs it."""
        token = refused_with_file(officer, dataset, sent())["upload_token"]
        expire()
        assert staging.find(officer["id"], token) is None
        done = cli.invoke(ckan, ["gobiernoabierto", "uploads", "sweep"])
        assert done.exit_code == 0, done.output
        assert "1" in done.output
        assert private_files() == []
        assert model.Session.query(StagedUpload).count() == 0

    @pytest.mark.long
    def test_worker_sweeps_once_an_hour_without_being_told(
        self, app, hour, officer, dataset, sent, expire, private_files
    ):
        """Whoever asks for whatever page puts it into the queue, once for all processes."""
        refused_with_file(officer, dataset, sent())
        expire()
        for _visitor in range(3):
            app.get("/about")
            hourly._enqueue.cache_clear()  # another process of the site
        assert str(helpers.call_action("job_list")).count(sweeping.TITLE) == 1
        jobs.Worker().work(burst=True)
        assert private_files() == []
        hour(1)
        app.get("/about")
        assert str(helpers.call_action("job_list")).count(sweeping.TITLE) == 1

    def test_site_answers_while_there_is_no_queue(self, app, hour, ckan_config, monkeypatch):
        """The sweep waits; the visitor does not."""
        nowhere = redis.ConnectionPool.from_url("redis://127.0.0.1:1/0")
        monkeypatch.setattr("ckan.lib.redis._connection_pool", nowhere)
        assert app.get("/about").status_code == 200

    def test_what_waits_stays(self, officer, dataset, sent, private_files):
        """However often the sweeper comes, and however old the file looks."""
        token = refused_with_file(officer, dataset, sent())["upload_token"]
        (name,) = private_files()
        long_ago = time.time() - 10 * staging.ORPHAN_SECONDS
        os.utime(config.uploads_path() / name, (long_ago, long_ago))
        assert staging.sweep() == (0, 0)
        assert staging.find(officer["id"], token)

    @pytest.mark.parametrize("name", ["0123456789abcdef", "0123456789abcdef.part"])
    def test_what_a_killed_process_left_is_removed_when_it_is_old(self, officer, private_files, name):
        """Killed before the row was written, or while the bytes were: a file that no row names."""
        place = config.uploads_path()
        place.mkdir(exist_ok=True)
        (place / name).touch()
        assert staging.sweep() == (0, 0)
        long_ago = time.time() - 2 * staging.ORPHAN_SECONDS
        os.utime(place / name, (long_ago, long_ago))
        assert staging.sweep() == (0, 1)
        assert private_files() == []

    def test_expired_token_asks_for_the_file_again(self, officer, dataset, sent, expire):
        """It does not fail, and it uses nothing that is about to be removed."""
        token = refused_with_file(officer, dataset, sent())["upload_token"]
        expire()
        staging.sweep()
        with pytest.raises(tk.ValidationError) as refused:
            act("resource_create", officer, package_id=dataset["id"], upload_token=token)
        assert list(refused.value.error_dict) == ["upload"]


def test_folder_that_ckan_hands_out_is_refused(clean_site, ckan_config):
    """A site that is set up so does not work at all."""
    storage = ckan_config["ckan.storage_path"]
    for open_folder in ("storage", "storage/uploads/x", "resources", "other/../storage"):
        ckan_config["ckanext.gobiernoabierto.uploads.path"] = f"{storage}/{open_folder}"
        with pytest.raises(CkanConfigurationException):
            config.uploads_path()


def test_api_gets_size_and_checksum_without_asking(officer, sent, csv, publishable):
    """By ``resource_create`` and ``package_revise``, whatever the caller says of them."""
    dataset = factories.Dataset(**{**publishable, "owner_org": officer["organization"]["id"]})
    made = act("resource_create", officer, package_id=dataset["id"], upload=sent(), hash="wrong", size=1)
    checksum = hashlib.sha256(csv).hexdigest()
    assert (made["hash"], made["hash_algorithm"], made["size"]) == (checksum, SHA256, len(csv))
    revised = helpers.call_action(
        "package_revise",
        {"user": officer["name"]},
        match={"id": dataset["id"]},
        update__resources__0__upload=sent(b"new"),
    )["package"]["resources"][0]
    assert (revised["hash"], revised["size"]) == (hashlib.sha256(b"new").hexdigest(), 3)


def _file(content: bytes):
    return (io.BytesIO(content), "datos.csv")
