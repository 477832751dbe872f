"""What a lead institution reports as completed, and what ideas show: by the same rules as milestones."""

from __future__ import annotations

import datetime as dt

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.participation import local_today
from ckanext.gobiernoabierto.links import evidence


@pytest.fixture
def infom(organization_editor, chain):
    """An editor of the institution that leads commitment 3-11."""
    return organization_editor(institution="infom")


@pytest.fixture
def report(call, infom):
    """Return a function that reports that the commitment is completed, with these addresses."""

    def say(*urls, version=1, **further):
        rows = [{"text": f"Informe {number}", "url": url} for number, url in enumerate(urls)]
        given = {"code": "3-11", "version": version, "self_report": "completed", **further}
        return call("commitment_self_report", infom, **given, **({"evidence": rows} if rows else {}))

    return say


@pytest.mark.long
def test_completed_is_reported_with_an_address_that_answers_only(call, known, opened, report):
    """Without any, with a text alone, and with one that does not answer nothing is stored."""
    opened.status["/nada"] = 404
    for further in ({}, {"evidence": [{"text": "Un informe"}]}):
        with pytest.raises(tk.ValidationError) as refused:
            report(**further)
        assert list(refused.value.error_dict) == ["evidence"]
    with pytest.raises(tk.ValidationError) as refused:
        report(f"{opened.url}/informe", f"{opened.url}/nada")
    assert [bool(each) for each in refused.value.error_dict["evidence"]] == [False, True]
    assert call("commitment_show", code="3-11")["self_report"] is None
    done = report(f"{opened.url}/informe")
    assert (done["self_report"], done["evidence"][0]["url"]) == ("completed", f"{opened.url}/informe")
    assert known(f"{opened.url}/informe").state == "there"


def test_less_than_completed_needs_none(opened, report):
    """And what it shows is not asked for when it is reported."""
    assert report(self_report="limited")["evidence"] == []
    assert report(f"{opened.url}/x", version=2, self_report="substantial")["self_report"] == "substantial"
    assert not opened.asked


def test_a_public_document_of_the_commitment_shows_it_too(add, call, infom, report, sysadmin):
    """Just as of a milestone; a draft does not."""
    made = add(sysadmin, "commitment", "3-11", kind="evidence")
    with pytest.raises(tk.ValidationError):
        report()
    call("document_update", sysadmin, id=made["id"], version=1, visibility="published")
    assert report()["self_report"] == "completed"


def test_what_was_reported_before_it_had_to_be_shown_stays(call, chain, report, sysadmin):
    """Until it is reported anew; then it has to be shown."""
    table = registry.entity_type("commitment").table
    told = {"self_report": "completed", "self_report_date": dt.date(2018, 6, 30)}
    model.Session.execute(table.update().values(**told))
    model.Session.commit()
    changed = call("commitment_update", sysadmin, code="3-11", version=1, objective="Otro")
    assert (changed["self_report"], changed["objective"]) == ("completed", "Otro")
    with pytest.raises(tk.ValidationError) as refused:
        report(version=2)
    assert list(refused.value.error_dict) == ["evidence"]


@pytest.mark.long
def test_the_form_of_the_report_holds_what_stood_there_and_replaces_it(call, opened, person, infom, report):
    """With an error at the address of which it speaks."""
    report(f"{opened.url}/uno", self_report="limited")
    opened.status["/uno"] = 404
    somebody, path = person(infom), "/compromiso/3-11/informar"
    _, page = somebody.get(path)
    held = {"evidence-0-text": "Informe 0", "evidence-0-url": f"{opened.url}/uno"}
    assert somebody.typed(page).items() >= held.items()
    typed = {"version": "2", "self_report": "completed", **held}
    typed |= {"evidence-1-text": "Informe final", "evidence-1-url": f"{opened.url}/dos"}
    status, page, _ = somebody.send(path, **typed)
    assert (status, somebody.wrong(page)) == (422, ["#field-evidence-0-url"])
    assert somebody.typed(page).items() >= {name: typed[name] for name in typed if "-" in name}.items()
    typed |= {"evidence-0-text": "", "evidence-0-url": ""}
    assert somebody.send(path, **typed)[0] == 302
    assert [each["text"] for each in call("commitment_show", code="3-11")["evidence"]] == ["Informe final"]


def test_the_page_and_every_format_of_a_commitment_show_it(app, known, opened, report):
    """With the mark of what stopped answering."""
    url = f"{opened.url}/informe"
    report(url)
    opened.status["/informe"] = 410
    list(evidence.recheck())
    assert known(url).outcome == "410"
    page = app.get("/compromiso/3-11").body
    assert f'<a href="{url}" rel="nofollow">Informe 0</a>' in page
    assert f"ya no responde desde el {tk.h.gobiernoabierto_date(local_today())}" in page
    for path in ("/compromiso/3-11.csv", "/compromisos.json", "/plan/3/tablero.csv"):
        assert url in app.get(path).body
    assert f"dct:references <{url}>" in app.get("/compromiso/3-11.ttl").body


# -- What problems and ideas show ------------------------------------------------------------------------


@pytest.mark.long
def test_the_evidence_of_ideas_is_asked_by_the_job_and_marked(app, call, idea, opened, sysadmin):
    """What the municipality shows need not answer before it is done; whether it does, everybody reads."""
    url = f"{opened.url}/acta"
    rows = [{"text": "Acta", "url": url}, {"text": "Una foto"}]
    call("idea_update", sysadmin, code="0115-I1", version=1, state="in_progress", evidence=rows)
    assert not opened.asked
    assert "dirección aún sin comprobar" in app.get("/idea/0115-I1").body
    assert told(call, url)["state"] == "unchecked"
    opened.status["/acta"] = 404
    evidence.recheck_due()
    assert (
        f"ya no responde desde el {tk.h.gobiernoabierto_date(local_today())}" in app.get("/idea/0115-I1").body
    )
    check = told(call, url)
    assert (check["state"], check["outcome"], check["since"]) == ("missing", "404", local_today().isoformat())
    assert app.get("/idea/0115-I1.json").json["evidence_checks"] == {url: check}


def told(call, url):
    """Return what the action says of an address of the idea."""
    return call("idea_show", code="0115-I1")["evidence_checks"][url]


@pytest.mark.long
def test_nobody_is_asked_for_what_only_a_draft_names(call, idea, known, opened, sysadmin):
    """And what became a draft is forgotten."""
    rows = [{"text": "Acta", "url": f"{opened.url}/secreta"}]
    call("idea_update", sysadmin, code="0115-I1", version=1, evidence=rows, visibility="draft")
    evidence.recheck_due()
    assert not opened.asked
    call("idea_update", sysadmin, code="0115-I1", version=2, visibility="published")
    evidence.recheck_due()
    assert opened.asked == ["/secreta"]
    call("idea_update", sysadmin, code="0115-I1", version=3, visibility="draft")
    evidence.recheck_due()
    assert known(rows[0]["url"]) is None
