"""Documents of entities: kept whole, handed out to those who may read them, gone with their entity."""

from __future__ import annotations

import os
import time

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
from bs4 import BeautifulSoup
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.document import Document
from ckanext.gobiernoabierto.intake import sweeping
from rdflib import Graph

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
CODE = "ideaton-villa-nueva-2017"
PATH = f"/taller/{CODE}"


class TestReading:
    def test_a_public_one_is_saved_and_never_shown(self, add, municipality, get, sent, pdf):
        """Attachment under its own name, its type from its bytes, in a sandbox."""
        made = add(municipality, visibility="published", upload=sent(name="../acta;del taller.pdf"))
        answer = get(f"/documento/{made['id']}")
        assert answer.status_code == 200
        assert answer.data == pdf
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert made["name"] == "acta_del taller.pdf"
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "max-age=0" in answer.headers["Cache-Control"]  # it may be withdrawn
        signed_in = get(f"/documento/{made['id']}", municipality)
        assert signed_in.headers["Cache-Control"] == "private, no-store"
        assert (made["size"], made["media_type"]) == (len(pdf), "application/pdf")

    @pytest.mark.long
    def test_a_draft_is_there_for_those_alone_who_may_edit(
        self, add, call, municipality, organization_editor, sysadmin, get
    ):
        """Bytes, what is known of it, lists, pages and formats: 404, or not a word."""
        made = add(municipality, title="Lista secreta")
        own = (municipality, sysadmin, organization_editor(coordinator=True))
        for user in own:
            assert get(f"/documento/{made['id']}", user).status_code == 200
            assert call("document_show", user, id=made["id"])["title"] == "Lista secreta"
            assert len(call("document_list", user, entity="workshop", code=CODE)) == 1
            assert "Lista secreta" in get(PATH, user).body
        others = (organization_editor(municipality="0108"), organization_editor(), None)
        for user in others:
            assert get(f"/documento/{made['id']}", user).status_code == 404
            with pytest.raises(tk.ObjectNotFound):
                call("document_show", user, id=made["id"])
            assert call("document_list", user, entity="workshop", code=CODE) == []
        for ending in ("", ".json", ".csv", ".xlsx", ".ttl", ".jsonld", ".rdf", ".nt"):
            data = get(PATH + ending).data + get("/talleres" + ending).data
            assert made["id"].encode() not in data
            assert b"Lista secreta" not in data
        for verb in ("show", "history"):
            assert "Lista secreta" not in str(call(f"workshop_{verb}", code=CODE))
        assert "Lista secreta" in str(call("workshop_history", municipality, code=CODE))

    def test_one_of_a_draft_is_not_there_either(self, add, call, municipality, get):
        """Published or not: its workshop is withdrawn, and so is it."""
        made = add(municipality, visibility="published")
        call("workshop_update", municipality, code=CODE, version=1, visibility="draft")
        assert get(f"/documento/{made['id']}").status_code == 404
        assert get(f"/documento/{made['id']}", municipality).status_code == 200

    def test_one_of_what_is_deleted_is_not_there(self, add, call, municipality, sysadmin, get, files):
        """For nobody; the sweep takes its file."""
        made = add(municipality, visibility="published")
        call("workshop_delete", sysadmin, code=CODE, version=1)
        for user in (None, municipality, sysadmin):
            assert get(f"/documento/{made['id']}", user).status_code == 404
        assert model.Session.query(Document).count() == 0
        later = time.time() - 7 * 3600
        for name in files():
            os.utime(config.documents_path() / name, (later, later))
        assert sweeping.sweep_all()[1] == 1
        assert files() == []

    def test_it_follows_a_new_code(self, add, call, municipality, sysadmin, get):
        """A mistyped code is replaced, the address of the document stays."""
        made = add(municipality, visibility="published")
        call("code_replace", sysadmin, entity="workshop", code=CODE, new_code="ideaton-2017", version=1)
        assert get(f"/documento/{made['id']}").status_code == 200
        assert made["id"] in get("/taller/ideaton-2017").body

    @pytest.mark.parametrize("given", ["", "nada", "a\0b", ["x"], None, {"a": 1}, 7])
    def test_what_is_no_document_is_not_found(self, call, clean_site, given):
        """Whatever stands where an id should."""
        with pytest.raises(tk.ObjectNotFound):
            call("document_show", id=given)

    def test_the_page_the_json_and_the_rdf_list_it(self, add, municipality, get):
        """Title, address and type; who sent it is nobody's business."""
        made = add(municipality, visibility="published")
        page = BeautifulSoup(get(PATH).body, "html.parser").select_one("section[aria-labelledby=documents]")
        assert page.select_one("a")["href"] == f"/documento/{made['id']}"
        assert "Acta o minuta" in page.get_text()
        told = get(f"{PATH}.json").json["documents"]
        assert [each["url"] for each in told] == [made["url"]]
        assert "user_id" not in told[0]
        graph = Graph().parse(data=get(f"{PATH}.ttl").body, format="turtle")
        answer = graph.query(
            "SELECT ?title ?type WHERE"
            " { ?w foaf:page ?d . ?d a foaf:Document ; dct:title ?title ; dct:format ?type }",
            initNs=dict(graph.namespaces()),
        )
        assert [(str(row.title), str(row.type).rsplit("/", 1)[-1]) for row in answer] == [
            ("Acta del ideatón", "pdf")
        ]

    def test_the_invited_municipality_reads_its_letter(
        self, add, invitation, call, sysadmin, get, organization_editor
    ):
        """A scan of a letter names people: it is a draft, which only coordinators and the invited read."""
        letter = add(sysadmin, "invitation", invitation["code"], kind="letter", title="Oficio")
        path = f"/documento/{letter['id']}"
        assert get(path, organization_editor(municipality="0108")).status_code == 200
        assert get(path, organization_editor(municipality="0115")).status_code == 404
        assert get(path).status_code == 404


ROLES = {
    "coordinator": {"coordinator": True},
    "municipality": {"municipality": "0115"},
    "other municipality": {"municipality": "0108"},
    "institution": {"institution": "infom"},
    "user": {},
}
OWNERS = {
    "workshop": CODE,
    "problem": "0115-P1",
    "idea": "0115-I1",
    "commitment": "3-11",
    "milestone": "3-11-H1",
    "invitation": "ger-1530-2016",
}
WRITERS = {
    "coordinator": set(OWNERS),
    "municipality": {"workshop", "problem", "idea"},
    "other municipality": set(),
    "institution": {"milestone"},
    "user": set(),
}


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_who_may_change_an_entity_writes_its_documents(
    add, call, idea, invitation, milestone, sysadmin, organization_editor, get, role
):
    """Role by entity by verb: actions refuse, buttons and forms are there, just as the table says."""
    user = organization_editor(**ROLES[role])
    found, shown = {}, {}
    for entity, code in OWNERS.items():
        made = add(sysadmin, entity, code, kind="other", visibility="published")
        allowed = []
        for verb in ("create", "update", "delete"):
            try:
                if verb == "create":
                    add(user, entity, code, kind="other")
                else:
                    changed = {"title": "Otro"} if verb == "update" else {}
                    call(f"document_{verb}", user, id=made["id"], version=len(allowed), **changed)
                allowed.append(verb)
            except tk.NotAuthorized:
                pass
        found[entity] = allowed
        row = get(f"/{registry.entity_type(entity).path}/{code}", user)
        shown[entity] = f"/{code}/documentos" in row.body
    assert found == {e: ["create", "update", "delete"] if e in WRITERS[role] else [] for e in OWNERS}
    assert shown == {e: e in WRITERS[role] for e in OWNERS}


class TestWriting:
    @pytest.mark.parametrize(
        ("content", "name", "said"),
        [
            (b"", "vacio.pdf", "vacío"),
            (b"<html><script>alert(1)</script></html>", "acta.pdf", "PDF"),
            (b"<html><script>alert(1)</script></html>", "acta.html", "PDF"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "foto.svg", "PDF"),
            (b"MZ\x90\0programa", "programa.exe", "PDF"),
            (PDF, "acta", "PDF"),
            (PDF, "acta.docx", "PDF"),
        ],
    )
    def test_what_is_no_document_is_refused_beside_the_file(
        self, add, municipality, files, content, name, said, sent
    ):
        """Empty, or of a type that is none whatever its name says; nothing is kept."""
        with pytest.raises(tk.ValidationError) as refused:
            add(municipality, upload=sent(content, name))
        assert said in refused.value.error_dict["upload"][0]
        assert files() == []

    def test_a_file_that_is_too_large_is_refused(self, add, municipality, files, sent, pdf, monkeypatch):
        """With the limit, and nothing is kept."""
        monkeypatch.setitem(tk.config, "ckan.max_resource_size", 1)
        with pytest.raises(tk.ValidationError) as refused:
            add(municipality, upload=sent(pdf + b"\n" * (1 << 20)))
        assert "1 MB" in refused.value.error_dict["upload"][0].replace("\N{NO-BREAK SPACE}", " ").replace(
            ".0", ""
        )
        assert files() == []

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("title", "x" * 10_000_000),
            ("title", "Una\u202eacta"),
            ("title", "con\0nulo"),
            ("title", ["x"]),
            ("kind", "letter"),
            ("kind", None),
            ("kind", ["minutes"]),
            ("visibility", "public"),
            ("reason", "x" * 1001),
            ("path", "/etc/passwd"),
            ("size", 3),
        ],
    )
    def test_bad_input_is_refused_in_its_place(self, add, call, municipality, files, field, value):
        """The error stands under its field; no document is made."""
        with pytest.raises(tk.ValidationError) as refused:
            add(municipality, **{field: value})
        assert set(refused.value.error_dict) == {field}
        assert call("document_list", municipality, entity="workshop", code=CODE) == []
        assert files() == []

    @pytest.mark.parametrize(
        "name", ["a\0cta.pdf", "\u202efdp.acta.pdf", "../../../etc/acta.pdf", "C:\\acta.pdf"]
    )
    def test_a_hostile_name_becomes_a_plain_one(self, add, municipality, name, sent):
        """No path, no invisible character."""
        made = add(municipality, upload=sent(name=name))
        assert made["name"].isprintable()
        assert made["name"].endswith("acta.pdf")
        assert not set(made["name"]) & set("/\\:")

    def test_what_names_people_is_published_with_a_reason(self, add, call, municipality, sysadmin):
        """Of a photograph, an answer or a letter; the reason is in the history."""
        with pytest.raises(tk.ValidationError) as refused:
            add(municipality, kind="photograph", visibility="published")
        assert list(refused.value.error_dict) == ["reason"]
        made = add(municipality, kind="photograph")
        with pytest.raises(tk.ValidationError) as refused:
            call("document_update", municipality, id=made["id"], version=1, visibility="published")
        assert list(refused.value.error_dict) == ["reason"]
        why = "Se ve solo el salón"
        published = {"visibility": "published", "reason": why}
        told = call("document_update", municipality, id=made["id"], version=1, **published)
        assert told["visibility"] == "published"
        assert call("workshop_history", municipality, code=CODE)[-1]["reason"] == why

    def test_a_closed_workshop_keeps_its_minutes(self, add, call, municipality, sent, pdf):
        """Closed costs public minutes or a report, which then cannot be withdrawn or removed."""
        close = {"code": CODE, "version": 1, "state": "closed"}
        made = add(municipality)
        with pytest.raises(tk.ValidationError) as refused:
            call("workshop_update", municipality, **close)
        assert list(refused.value.error_dict) == ["state"]
        call("document_update", municipality, id=made["id"], version=1, visibility="published")
        assert call("workshop_update", municipality, **close)["state"] == "closed"
        for action, data, field in (
            ("update", {"visibility": "draft"}, "visibility"),
            ("update", {"kind": "other"}, "visibility"),
            ("delete", {}, "id"),
        ):
            with pytest.raises(tk.ValidationError) as refused:
                call(f"document_{action}", municipality, id=made["id"], version=2, **data)
            assert list(refused.value.error_dict) == [field]
        add(municipality, kind="report", visibility="published", upload=sent(pdf + b"\n"))
        call("document_delete", municipality, id=made["id"], version=2)

    def test_a_milestone_is_completed_by_a_document(self, add, call, milestone, sysadmin):
        """A public one that is evidence is something that one can open."""
        complete = {"code": milestone["code"], "version": 1, "state": "completed"}
        with pytest.raises(tk.ValidationError):
            call("milestone_update", sysadmin, **complete)
        add(sysadmin, "milestone", milestone["code"], kind="evidence", visibility="published")
        assert call("milestone_update", sysadmin, **complete)["state"] == "completed"

    def test_each_change_is_in_the_history_and_its_content_for_editors_alone(self, add, call, municipality):
        """Added, changed, removed: everybody learns that, editors learn what."""
        made = add(municipality, visibility="published", reason="Acta firmada")
        call("document_update", municipality, id=made["id"], version=1, title="Acta corregida")
        call("document_delete", municipality, id=made["id"], version=2)
        told = call("workshop_history", code=CODE)
        assert [row["verb"] for row in told][1:] == ["attach", "change_document", "detach"]
        assert "Acta corregida" not in str(told)
        whole = call("workshop_history", municipality, code=CODE)[1:]
        assert [[each and each["title"] for each in row["changes"]["documents"]] for row in whole] == [
            [None, "Acta del ideatón"],
            ["Acta del ideatón", "Acta corregida"],
            ["Acta corregida", None],
        ]

    def test_removed_it_leaves_nothing(self, add, call, municipality, files, get):
        """Neither its row nor its bytes."""
        made = add(municipality, visibility="published")
        assert len(files()) == 1
        call("document_delete", municipality, id=made["id"], version=1)
        assert files() == []
        assert get(f"/documento/{made['id']}", municipality).status_code == 404

    def test_a_commit_that_fails_leaves_only_an_orphan(self, add, call, municipality, files, monkeypatch):
        """The file is kept first: without its row it is nobody's, and the sweep takes it."""

        def fails():
            raise OSError("the database went away")

        with monkeypatch.context() as patch:
            patch.setattr(model.repo, "commit", fails)
            with pytest.raises(OSError, match="went away"):
                add(municipality, visibility="published")
        assert call("document_list", municipality, entity="workshop", code=CODE) == []
        assert len(files()) == 1
        assert sweeping.sweep_all()[1] == 0  # it could be one that is just being written
        later = time.time() - 7 * 3600
        os.utime(config.documents_path() / files()[0], (later, later))
        assert sweeping.sweep_all()[1] == 1
        assert files() == []

    def test_the_sweep_leaves_documents_alone(self, add, municipality, files, get, pdf):
        """However old they are."""
        made = add(municipality, visibility="published")
        os.utime(config.documents_path() / files()[0], (0, 0))
        assert sweeping.sweep_all() == (0, 0)
        assert get(f"/documento/{made['id']}").data == pdf
