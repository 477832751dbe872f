"""*Completed* is said with an address only where something answers; what stops answering is marked."""

from __future__ import annotations

import datetime as dt

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.cli.cli import ckan
from ckan.tests import factories
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.lib import endings, fetching
from ckanext.gobiernoabierto.links import evidence


@pytest.fixture
def complete(call, sysadmin, milestone):
    """Return a function that says that the milestone is completed, with these addresses."""

    def say(*urls, **further):
        rows = [{"text": f"Acta {number}", "url": url} for number, url in enumerate(urls)]
        given = {"code": milestone["code"], "version": 1, "state": "completed", "evidence": rows}
        return call("milestone_update", sysadmin, **{**given, **further})

    return say


def test_an_address_that_answers_completes_it(complete, known, opened):
    """And the day on which it did is kept."""
    assert complete(f"{opened.url}/acta")["state"] == "completed"
    check = known(f"{opened.url}/acta")
    assert (check.state, check.outcome, check.since) == ("there", "200", None)
    assert now() - check.checked < dt.timedelta(minutes=1)


@pytest.mark.long
@pytest.mark.parametrize("status", [404, 410, 403, 500, 503])
def test_one_that_does_not_is_refused_at_its_place_with_what_came_back(call, complete, known, opened, status):
    """The other addresses have no error, and nothing is stored."""
    opened.status["/nada"] = status
    with pytest.raises(tk.ValidationError) as refused:
        complete(f"{opened.url}/acta", f"{opened.url}/nada")
    first, second = refused.value.error_dict["evidence"]
    assert not first
    assert str(status) in second["url"][0]
    assert call("milestone_show", code="3-11-H1")["state"] == "not_started"
    assert known(f"{opened.url}/acta") is None


def test_a_private_network_is_not_asked(complete, site):
    """Unless the site is told to."""
    with pytest.raises(tk.ValidationError) as refused:
        complete(f"{site.url}/acta")
    assert "red privada" in refused.value.error_dict["evidence"][0]["url"][0]
    assert not site.asked


def test_what_is_not_completed_is_not_asked_for(complete, opened):
    """An address of work in progress may come to answer later."""
    complete(f"{opened.url}/acta", state="substantial")
    assert not opened.asked


def test_what_is_stored_stays_valid(call, complete, opened, sysadmin):
    """A later change of something else does not ask again; a new address does."""
    complete(f"{opened.url}/acta")
    opened.status["/acta"] = 404
    call("milestone_update", sysadmin, code="3-11-H1", version=2, title="Otro título")
    assert opened.asked == ["/acta"]
    opened.status["/nueva"] = 404
    with pytest.raises(tk.ValidationError) as refused:
        complete(f"{opened.url}/acta", f"{opened.url}/nueva", version=3)
    assert [bool(each) for each in refused.value.error_dict["evidence"]] == [False, True]


def test_without_a_connection_it_is_taken_and_asked_later(app, complete, known, monkeypatch, opened):
    """The author can do nothing about it; the page says that nobody has checked it yet."""
    url = f"{opened.url}/acta"

    def offline(url, *_args, **_options):
        raise fetching.FetchError(fetching.Reason.OFFLINE, url)

    with monkeypatch.context() as patched:
        patched.setattr(evidence, "fetch", offline)
        assert complete(url)["state"] == "completed"
    assert known(url).state == "unchecked"
    assert "dirección aún sin comprobar" in app.get("/hito/3-11-H1").body
    assert dict(evidence.recheck(10))[url].state == "there"
    assert "sin comprobar" not in app.get("/hito/3-11-H1").body


@pytest.mark.long
def test_pages_of_this_site_are_looked_up(app, call, complete, sysadmin, publishable):
    """It need not reach itself: a public dataset or entity is there, a draft or a private one is not."""
    shown, hidden = factories.Dataset(**publishable), factories.Dataset(private=True, **publishable)
    resource = factories.Resource(package_id=shown["id"])
    call("commitment_create", sysadmin, code="3-12", plan="3", number=12)
    there = [
        *(f"/dataset/{shown['name']}", f"/dataset/{shown['id']}/resource/{resource['id']}"),
        *("/compromiso/3-11", "/municipio/0115"),
        *(f"/compromiso/3-11.{ending}" for ending in endings.OF_EVERY_PAGE),
    ]
    missing = [
        *(f"/dataset/{hidden['name']}", "/dataset/nada", f"/dataset/{shown['name']}/resource/nada"),
        *("/compromiso/3-12", "/compromiso/3-99", "/documento/nada", "/nada", "/compromiso/%00"),
        *("/municipio/0115/", "/municipio//0115", f"/dataset/{shown['name']}/"),
        *("/", "/?nada", "/compromiso/3-11.zzz", "/compromiso/3-11/editar", "/municipio/0115/no/existe"),
    ]
    base = tk.config["ckan.site_url"]
    found = evidence.ask([f"{base}{path}" for path in [*there, *missing]])
    assert [url.removeprefix(base) for url, each in found.items() if each.state == "there"] == there
    assert {app.get(path).status_code for path in there if path.startswith("/compromiso")} == {200}
    assert complete(f"{base}/dataset/{shown['name']}")["state"] == "completed"


SPELLED = (
    *("/hito/3-11-H1", "/hito/3-11-H1.csv", "/hito/3-11-H1.xml", "/es/hito/3-11-H1", "/hito/3-11-H1?a=b"),
    *("/%68ito/3-11-%481", "/hito%2F3-11-H1", "/hito/3-11-H1#c"),
)
MENDED = ("//hito//3-11-H1", "/hito/3-11-H1/", "/compromiso/../hito/3-11-H1", "/hito/3-11-H1/editar")
"""What browsers and servers on the way make of it, or what only editors see."""


@pytest.mark.long
@pytest.mark.parametrize("path", [*SPELLED, *MENDED])
def test_its_own_page_shows_nothing(app, complete, milestone, path):
    """In any spelling; those that the router takes are pages, so that they would answer."""
    url = tk.config["ckan.site_url"]
    if path in SPELLED:
        assert app.get(path).status_code == 200
    with pytest.raises(tk.ValidationError) as refused:
        complete(f"{url}/municipio/0115", url + path)
    first, second = refused.value.error_dict["evidence"]
    assert not first
    assert "su propia página" in second["url"][0]


def test_a_page_by_an_earlier_code_or_name_is_its_own(call, complete, sysadmin, milestone):
    """A code that was replaced leads to it, and names of sites know no capitals."""
    call("code_replace", sysadmin, entity="milestone", code="3-11-H1", new_code="3-11-H7", version=1)
    own = tk.config["ckan.site_url"]
    for url in (f"{own}/hito/3-11-H1", own.replace("http://", "https://").upper() + "/hito/3-11-H7"):
        with pytest.raises(tk.ValidationError) as refused:
            complete(url, code="3-11-H7", version=2)
        assert "su propia página" in refused.value.error_dict["evidence"][0]["url"][0]


@pytest.mark.long
@pytest.mark.parametrize(("kind", "state"), [("idea", "done"), ("problem", "solved")])
def test_what_became_of_an_idea_or_a_problem_is_shown_by_an_address_that_answers(
    request, call, sysadmin, opened, kind, state
):
    """Or by a text alone. Before that state an address may come to answer later."""
    code, base = request.getfixturevalue(kind)["code"], tk.config["ckan.site_url"]
    opened.status["/nada"] = 404
    for wrong in (f"{opened.url}/nada", f"{base}/dataset/nada"):
        rows = [{"text": "Acta 3 del Concejo"}, {"text": "Nada", "url": wrong}]
        change = {"code": code, "version": 1, "evidence": rows}
        with pytest.raises(tk.ValidationError) as refused:
            call(f"{kind}_update", sysadmin, state=state, **change)
        first, second = refused.value.error_dict["evidence"]
        assert (first, "404" in second["url"][0]) == ({}, True)
    call(f"{kind}_update", sysadmin, **change)
    with pytest.raises(tk.ValidationError):  # said now, with the address that it holds
        call(f"{kind}_update", sysadmin, code=code, version=2, state=state)
    rows[1]["url"] = f"{opened.url}/acta"
    assert (
        call(f"{kind}_update", sysadmin, code=code, version=2, state=state, evidence=rows)["state"] == state
    )


def test_an_answer_is_told_which_address_does_not_answer(call, sysadmin, opened, idea):
    """Beside the parameter of the verb, and nothing is stored."""
    opened.status["/nada"] = 404
    answer = {"office": "Alcaldía", "text": "Ya está", "date": "2017-06-01", "state": "done"}
    rows = [{"text": "Acta", "url": f"{opened.url}/nada"}]
    with pytest.raises(tk.ValidationError) as refused:
        call("answer_create", sysadmin, entity="idea", code=idea["code"], version=1, **answer, evidence=rows)
    assert "404" in refused.value.error_dict["evidence"][0]["url"][0]
    assert not call("idea_show", code=idea["code"])["answers"]


@pytest.mark.parametrize(("kind", "state"), [("idea", "done"), ("problem", "solved")])
def test_an_idea_or_a_problem_is_not_its_own_evidence(request, call, sysadmin, kind, state):
    """Neither when it is made nor later; what it holds from before does not lock it."""
    code = request.getfixturevalue(kind)["code"]
    base, path = tk.config["ckan.site_url"], registry.entity_type(kind).path
    rows = [{"text": "Acta", "url": f"{base}/{path}/{code}"}]
    change = {"code": code, "version": 1, "state": state}
    with pytest.raises(tk.ValidationError) as refused:
        call(f"{kind}_update", sysadmin, **change, evidence=rows)
    assert "su propia página" in refused.value.error_dict["evidence"][0]["url"][0]
    guessed = [{"text": "Acta", "url": f"{base}/{path}/{code[:-1]}2"}]
    with pytest.raises(tk.ValidationError):
        call(f"{kind}_create", sysadmin, title="X", municipality="0115", evidence=guessed)
    call(f"{kind}_update", sysadmin, code=code, version=1, evidence=guessed)
    table = registry.entity_type(kind).model.row_fields()["evidence"].__table__
    with model.meta.engine.begin() as connection:
        connection.execute(table.update().values(url=rows[0]["url"]))
    held = call(f"{kind}_update", sysadmin, code=code, version=2, title="Otro", evidence=rows)
    assert (held["title"], held["evidence"]) == ("Otro", rows)


def test_the_report_of_a_commitment_is_not_shown_by_its_page(call, sysadmin, chain):
    """Nor may a report that is done begin with it."""
    url = f"{tk.config['ckan.site_url']}/compromiso/3-11.ttl"
    report = {"self_report": "completed", "self_report_date": "2018-06-30"}
    report["evidence"] = [{"text": "X", "url": url}]
    with pytest.raises(tk.ValidationError) as refused:
        call("commitment_update", sysadmin, code="3-11", version=1, **report)
    assert "su propia página" in refused.value.error_dict["evidence"][0]["url"][0]


@pytest.mark.long
def test_the_form_keeps_what_was_typed(call, opened, organization_editor, person, milestone):
    """The error stands beside the address, with what to do."""
    opened.status["/nada"] = 404
    infom = person(organization_editor(institution="infom"))
    typed = {"title": "Ocho talleres", "commitment": "3-11", "state": "completed", "version": "1"}
    rows = {"evidence-0-text": "El acta", "evidence-0-url": f"{opened.url}/nada"}
    status, page, _ = infom.send("/hito/3-11-H1/editar", **typed, **rows, save="publish")
    assert (status, infom.wrong(page)) == (422, ["#field-evidence-0-url"])
    assert "error 404" in page.select_one("#errors").text
    assert infom.typed(page).items() >= {**rows, "title": "Ocho talleres"}.items()


def test_too_many_addresses_are_refused(complete, opened):
    """One call does not make the site ask for hundreds."""
    with pytest.raises(tk.ValidationError) as refused:
        complete(*[f"{opened.url}/{number}" for number in range(evidence.MOST + 1)])
    assert "evidence" in refused.value.error_dict
    assert not opened.asked


@pytest.mark.long
def test_what_stops_answering_is_marked_with_the_first_day(app, cli, complete, known, opened):
    """On its page and on that of its commitment, until it answers again."""
    url = f"{opened.url}/acta"
    complete(url)
    opened.status["/acta"] = 404
    said = cli.invoke(ckan, ["gobiernoabierto", "evidence", "check"])
    assert f"{url}: respondió con el error 404" in said.output
    assert "no responden: 1" in said.output
    first = local_today() - dt.timedelta(days=3)
    known(url).since = first
    model.Session.commit()
    list(evidence.recheck())
    assert known(url).since == first
    for page in ("/hito/3-11-H1", "/compromiso/3-11"):
        assert f"ya no responde desde el {tk.h.gobiernoabierto_date(first)}" in app.get(page).body
    opened.status.clear()
    list(evidence.recheck())
    assert "ya no responde" not in app.get("/hito/3-11-H1").body


@pytest.mark.long
def test_the_job_asks_once_a_day_and_forgets_what_stands_nowhere(call, complete, known, opened, sysadmin):
    """And the command asks whenever it is run."""
    url = f"{opened.url}/acta"
    complete(url)
    evidence.recheck_due()
    assert len(opened.asked) == 1
    known(url).checked = now() - dt.timedelta(hours=25)
    model.Session.commit()
    evidence.recheck_due()
    assert len(opened.asked) == 2
    call("milestone_update", sysadmin, code="3-11-H1", version=2, state="limited", evidence=[])
    evidence.recheck_due()
    assert known(url) is None
    assert len(opened.asked) == 2


# -- Locks -----------------------------------------------------------------------------------------------


def test_nothing_is_locked_while_an_address_is_asked(complete, milestone, opened):
    """A site that keeps us waiting does not make others wait."""
    found = []

    def look():
        with model.meta.engine.begin() as connection:
            table = registry.entity_type("milestone").table
            found.append(connection.execute(table.select().with_for_update(nowait=True)).rowcount)

    opened.meanwhile = look
    assert complete(f"{opened.url}/acta")["state"] == "completed"
    assert found == [1]


def test_what_somebody_changed_meanwhile_is_not_overwritten(call, complete, known, milestone, opened):
    """The version is compared under the lock, after the address has answered."""
    table = registry.entity_type("milestone").table

    def change():
        with model.meta.engine.begin() as connection:
            connection.execute(table.update().values(version=2, title="Otro título"))

    opened.meanwhile = change
    with pytest.raises(tk.ValidationError) as refused:
        complete(f"{opened.url}/acta")
    assert list(refused.value.error_dict) == ["version"]
    shown = call("milestone_show", code="3-11-H1")
    assert (shown["state"], shown["title"]) == ("not_started", "Otro título")
    assert known(f"{opened.url}/acta") is None


def test_the_work_of_a_caller_who_commits_stays(call, milestone, opened, sysadmin, test_request_context):
    """What somebody wrote before in the same transaction is not undone to let go of its locks."""
    rows = [{"text": "Acta", "url": f"{opened.url}/acta"}]
    with test_request_context():
        for version, changed in ((1, {"title": "Otro"}), (2, {"state": "completed", "evidence": rows})):
            data = {"code": milestone["code"], "version": version, **changed}
            context = {"user": sysadmin, "defer_commit": True}
            tk.get_action("gobiernoabierto_milestone_update")(context, data)
        model.Session.commit()
    shown = call("milestone_show", code="3-11-H1")
    assert (shown["title"], shown["state"], shown["version"]) == ("Otro", "completed", 3)


def test_who_may_not_write_makes_the_site_ask_nothing(call, complete, opened, organization_editor):
    """Nor does a call that is refused for something else."""
    stranger = organization_editor(institution="infom", capacity="member")
    rows = [{"text": "Acta", "url": f"{opened.url}/acta"}]
    with pytest.raises(tk.NotAuthorized):
        call("milestone_update", stranger, code="3-11-H1", version=1, state="completed", evidence=rows)
    with pytest.raises(tk.ValidationError):
        complete(f"{opened.url}/acta", title="")
    assert not opened.asked
