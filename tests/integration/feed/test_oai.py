"""OAI-PMH: all verbs, all errors, and lists that stay what they were while officers edit."""

from __future__ import annotations

import datetime as dt
import gzip
from typing import Any
from urllib.parse import urlencode

import ckan.tests.factories as factories
import pyoxigraph
import pytest
from ckanext.gobiernoabierto.entities.base import DRAFT
from ckanext.gobiernoabierto.feed import compact
from ckanext.gobiernoabierto.views import oai, oai_tokens
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

PREFIXES = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}


class Answer:
    """An answer, checked against what the protocol wants of all."""

    def __init__(self, answer: Any, rules: etree.RelaxNG):
        assert answer.status_code == 200, answer.data
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        self.raw, self.root = answer, etree.fromstring(answer.data)
        rules.assertValid(self.root)

    def all(self, path: str) -> list[Any]:
        """What is at a path: elements, or texts."""
        return self.root.xpath(path, namespaces=PREFIXES)

    def texts(self, name: str) -> list[str]:
        """The texts of all elements of a name."""
        return [each.text or "" for each in self.all(f"//{name}")]

    @property
    def error(self) -> str | None:
        """The code of the error, if it is one."""
        return next(iter(self.all("//o:error/@code")), None)

    @property
    def ids(self) -> list[str]:
        """The local identifiers of the records that are there, a minus before those that are deleted."""
        found = self.all("//o:header")
        return [("-" if h.get("status") else "") + h[0].text.rpartition(":")[2] for h in found]

    @property
    def token(self) -> str | None:
        """Where the list goes on."""
        return next(iter(self.texts("o:resumptionToken")), "") or None


@pytest.fixture
def ask(app: Any, rules: etree.RelaxNG, monkeypatch: pytest.MonkeyPatch, ckan_config: Any):
    """Ask by GET: ``ask("ListRecords", metadataPrefix="dcat")``; ``from_`` stands for ``from``."""
    monkeypatch.setitem(ckan_config, "ckanext.gobiernoabierto.site.contact", "datos@example.org")

    def asked(verb: str | None = None, **arguments: str) -> Answer:
        pairs = [("verb", verb)] if verb else []
        pairs += [(name.rstrip("_"), value) for name, value in arguments.items()]
        return Answer(app.get("/oai?" + urlencode(pairs)), rules)

    return asked


@pytest.fixture
def headers(ask: Any):
    """Read a list of headers part by part; what is sent in between happens meanwhile."""

    def read(**arguments: str):
        answer = ask("ListIdentifiers", **{"metadataPrefix": "oai_dc", **arguments})
        yield answer
        while answer.token:
            answer = ask("ListIdentifiers", resumptionToken=answer.token)
            yield answer

    return read


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two records of one answer."""
    monkeypatch.setattr(oai, "SIZE", 2)


@pytest.fixture
def five(call: Any, fields: dict[str, Any], small: None, log: Any) -> list[str]:
    """Five datasets, in the order of their events; two of an answer."""
    found = []
    for number in range(5):
        found.append(call("package_create", **{**fields, "name": f"d{number}"})["id"])
        log()
    return found


# -- Verbs ---------------------------------------------------------------------------------------------


def test_it_says_who_it_is(ask: Any, dataset: dict[str, Any], ckan_config: Any):
    """In the words of the site's configuration."""
    found = ask("Identify")
    assert found.texts("o:repositoryName") == [ckan_config["ckan.site_title"]]
    assert found.texts("o:baseURL") == ["http://test.ckan.net/oai"]
    assert found.texts("o:adminEmail") == ["datos@example.org"]
    assert found.texts("o:earliestDatestamp") <= found.texts("o:responseDate")
    assert "oai:test.ckan.net:" in found.all("string(//o:description)")


def test_it_has_three_formats(ask: Any, dataset: dict[str, Any]):
    """The one that all have, ours, and ours by the name that data.europa.eu's harvester asks for."""
    assert ask("ListMetadataFormats").texts("o:metadataPrefix") == ["oai_dc", "dcat", "dcat_ap"]
    of_one = ask("ListMetadataFormats", identifier=f"oai:test.ckan.net:{dataset['id']}")
    assert of_one.texts("o:metadataPrefix") == ["oai_dc", "dcat", "dcat_ap"]


def test_its_sets_are_what_datasets_are_about(
    ask: Any, dataset: dict[str, Any], organization: dict[str, Any], change: Any, monkeypatch: Any
):
    """In parts, with those that contain them, as people call them; what is withdrawn is none any more."""
    monkeypatch.setattr(oai, "SIZE", 2)
    found, answer = [], ask("ListSets")
    assert answer.all("//o:resumptionToken/@completeListSize") == ["9"]
    while True:
        found += zip(answer.texts("o:setSpec"), answer.texts("o:setName"), strict=True)
        if not answer.token:
            break
        answer = ask("ListSets", resumptionToken=answer.token)
    assert found == [
        ("axis", "Ejes"),
        ("commitment", "Compromisos"),
        ("municipality", "Municipios"),
        ("organization", "Organizaciones"),
        ("axis:3-3", "Eje 3-3: Participación Ciudadana"),
        ("commitment:3-11", "Compromiso 3-11: Maratones de ideas"),
        ("municipality:0108", "Municipio 0108: Mixco"),
        ("municipality:0115", "Municipio 0115: Villa Nueva"),
        (f"organization:{organization['id']}", "Organización: Municipalidad de Villa Nueva"),
    ]
    change("municipality", "0108")(visibility=DRAFT)
    assert "Mixco" not in ask("ListSets").raw.text


def test_a_record_is_dublin_core(ask: Any, dataset: dict[str, Any]):
    """Its own texts, and what it names by what that is called."""
    found = ask("GetRecord", identifier=f"oai:test.ckan.net:{dataset['id']}", metadataPrefix="oai_dc")
    (root,) = found.all("//o:metadata/*")
    said = {name: found.texts(f"dc:{name}") for name in ("title", "subject", "coverage", "publisher", "type")}
    assert said == {
        "title": ["Alumbrado público"],
        "subject": ["alumbrado", "Participación Ciudadana"],
        "coverage": ["Villa Nueva"],
        "publisher": ["Municipalidad de Villa Nueva"],
        "type": ["Dataset"],
    }
    assert f"http://test.ckan.net/dataset/{dataset['id']}" in found.texts("dc:identifier")
    assert "https://example.org/a.csv" in found.texts("dc:relation")
    assert etree.QName(root).namespace == "http://www.openarchives.org/OAI/2.0/oai_dc/"


@pytest.mark.parametrize("prefix", ["dcat", "dcat_ap"])
def test_a_record_is_the_fragment_of_the_catalogue(ask: Any, app: Any, dataset: dict[str, Any], prefix: str):
    """The same triples as at its own address, parsed strictly out of what stands in the record."""
    found = ask("GetRecord", identifier=f"oai:test.ckan.net:{dataset['id']}", metadataPrefix=prefix)
    (root,) = found.all("//o:metadata/rdf:RDF")
    told = {each.triple for each in pyoxigraph.parse(etree.tostring(root), pyoxigraph.RdfFormat.RDF_XML)}
    own = app.get(f"/dataset/{dataset['name']}.nt").data
    assert told == {each.triple for each in pyoxigraph.parse(own, pyoxigraph.RdfFormat.N_TRIPLES)}


def test_no_character_breaks_a_record(ask: Any, call: Any, fields: dict[str, Any]):
    """In either format; ends of lines are those that were written."""
    call("package_create", **{**fields, "title": "A & <b> ]]>", "notes": "uno\r\ndos \U0001f600"})
    for prefix, space in (("oai_dc", "dc"), ("dcat", "dct")):
        found = ask("ListRecords", metadataPrefix=prefix)
        assert "A & <b> ]]>" in found.texts(f"{space}:title")
        assert "uno\r\ndos \U0001f600" in found.texts(f"{space}:description")


# -- Errors --------------------------------------------------------------------------------------------


WRONG: tuple[tuple[str | None, dict[str, str], str], ...] = (
    (None, {}, "badVerb"),
    ("Nada", {}, "badVerb"),
    ("Identify", {"set": "axis"}, "badArgument"),
    ("ListRecords", {}, "badArgument"),
    ("ListRecords", {"metadataPrefix": "marc"}, "cannotDisseminateFormat"),
    ("ListRecords", {"metadataPrefix": "dcat", "set": "axis:9-9"}, "noRecordsMatch"),
    ("ListRecords", {"metadataPrefix": "dcat", "set": "nada"}, "noRecordsMatch"),
    (
        "ListRecords",
        {"metadataPrefix": "dcat", "set": "workshop:ideaton-villa-nueva-2017"},
        "noRecordsMatch",
    ),
    ("ListRecords", {"metadataPrefix": "dcat", "until": "2001-01-01"}, "noRecordsMatch"),
    ("ListRecords", {"metadataPrefix": "dcat", "from_": "9999-01-01"}, "noRecordsMatch"),
    ("ListRecords", {"resumptionToken": "abc"}, "badResumptionToken"),
    ("GetRecord", {"metadataPrefix": "dcat", "identifier": "oai:test.ckan.net:no"}, "idDoesNotExist"),
    ("GetRecord", {"metadataPrefix": "dcat", "identifier": "oai:test.ckan.net:%00"}, "idDoesNotExist"),
    (
        "GetRecord",
        {"metadataPrefix": "marc", "identifier": "oai:test.ckan.net:no"},
        "cannotDisseminateFormat",
    ),
    ("ListMetadataFormats", {"identifier": "no"}, "idDoesNotExist"),
)


def test_what_is_wrong_has_the_protocols_code(ask: Any, dataset: dict[str, Any]):
    """In an ordinary answer; the request is repeated only where it was understood."""
    for verb, arguments, code in WRONG:
        found = ask(verb, **arguments)
        assert found.error == code
        (request,) = found.all("//o:request")
        assert bool(request.attrib) == (code not in ("badVerb", "badArgument"))


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [("2026-02-01", "2026-01-01", "después"), ("2026-01-01", "2026-02-01T00:00:00Z", "ambas")],
)
def test_two_dates_that_do_not_fit_are_told_together(
    ask: Any, clean_site: None, since: str, until: str, told: str
):
    """Each is well written by itself."""
    found = ask("ListRecords", metadataPrefix="dcat", from_=since, until=until)
    assert found.error == "badArgument"
    assert told in found.all("//o:error")[0].text


def test_a_draft_and_a_private_dataset_do_not_exist(ask: Any, call: Any, dataset: dict[str, Any], log: Any):
    """They never were public: nothing is told, not even that they are gone."""
    hidden = call(
        "package_create", **{**dataset, "id": None, "name": "oculto", "resources": [], "private": True}
    )
    found = ask("GetRecord", metadataPrefix="oai_dc", identifier=f"oai:test.ckan.net:{hidden['id']}")
    assert found.error == "idDoesNotExist"
    assert ask("ListIdentifiers", metadataPrefix="oai_dc").ids == [dataset["id"]]


NAMES = st.sampled_from(
    ["verb", "identifier", "metadataPrefix", "set", "from", "until", "resumptionToken", "x"]
)
VERBS = st.sampled_from([*oai.VERBS, ""])
WORDS = st.sampled_from(
    ["oai_dc", "dcat", "axis", "municipality:0115", "2026-01-01", "0001-01-01", "9999-12-31"]
)


@pytest.mark.long
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    verb=VERBS, pairs=st.lists(st.tuples(NAMES, st.one_of(WORDS, st.text())), max_size=4), post=st.booleans()
)
def test_whatever_is_asked_gets_an_answer(
    app: Any, dataset: dict[str, Any], ckan_config: Any, rules: Any, verb: str, pairs: Any, post: bool
):
    """Well-formed, valid, never an error of ours; by GET and by POST the same."""
    ckan_config["ckanext.gobiernoabierto.site.contact"] = "datos@example.org"
    question = urlencode([("verb", verb), *pairs], errors="surrogatepass").encode("ascii")
    if post:
        form = {"content_type": "application/x-www-form-urlencoded"}
        answer = app.test_client().post("/oai", data=question, **form)
    else:
        answer = app.test_client().get("/oai?" + question.decode())
    assert Answer(answer, rules).root is not None


# -- Lists ---------------------------------------------------------------------------------------------


def test_a_list_in_parts_is_whole_and_says_where_it_is(five: list[str], headers: Any):
    """Size, cursor, an end to its life, the date of its beginning, and an empty token at the end."""
    parts = list(headers())
    assert [each.ids for each in parts] == [five[:2], five[2:4], five[4:]]
    assert [each.all("//o:resumptionToken/@cursor") for each in parts] == [["0"], ["2"], ["4"]]
    assert {tuple(each.all("//o:resumptionToken/@completeListSize")) for each in parts} == {("5",)}
    assert [len(each.all("//o:resumptionToken/@expirationDate")) for each in parts] == [1, 1, 0]
    assert len({tuple(each.texts("o:responseDate")) for each in parts}) == 1


def test_a_list_stays_what_it_was_while_officers_edit(five: list[str], headers: Any, call: Any, fields: Any):
    """Nothing is lost or repeated; what changed meanwhile is in the next harvest."""
    list_ = headers()
    found = next(list_).ids
    for id in (five[0], five[3]):
        call("package_patch", id=id, title="Otro")
    call("package_create", **{**fields, "name": "nuevo"})
    for part in list_:
        found += part.ids
    assert found == five


def test_what_is_taken_back_between_two_parts_is_told_as_deleted(five: list[str], ask: Any, call: Any):
    """With nothing of what it said, though the list began before."""
    first = ask("ListRecords", metadataPrefix="oai_dc")
    call("package_patch", id=five[2], title="CANARIO")
    call("package_patch", id=five[2], private=True)
    call("package_patch", id=five[3], title="Otro")
    second = ask("ListRecords", resumptionToken=first.token)
    assert second.ids == [f"-{five[2]}", five[3]]
    assert "CANARIO" not in second.raw.text
    assert len(second.all("//o:metadata")) == 1


def test_a_token_is_good_for_its_own_list_and_its_own_time(
    five: list[str], ask: Any, call: Any, monkeypatch: pytest.MonkeyPatch
):
    """The same token gives the same part again; a forged, a foreign, an old one none."""
    token = ask("ListIdentifiers", metadataPrefix="oai_dc").token
    assert ask("ListIdentifiers", resumptionToken=token).ids == five[2:4]
    assert ask("ListIdentifiers", resumptionToken=token).ids == five[2:4]
    forged = token[:-9] + ("x" if token[-9] != "x" else "y") + token[-8:]
    for verb, text in (("ListRecords", token), ("ListSets", token), ("ListIdentifiers", forged)):
        assert ask(verb, resumptionToken=text).error == "badResumptionToken"
    monkeypatch.setattr(oai_tokens, "KEPT", -1)
    assert ask("ListIdentifiers", resumptionToken=token).error == "badResumptionToken"


def test_a_list_of_what_was_compacted_away_begins_again(five: list[str], ask: Any, call: Any, log: Any):
    """The token is told to be bad; nobody gets half a list."""
    token = ask("ListIdentifiers", metadataPrefix="oai_dc").token
    for title in ("Uno", "Dos"):
        call("package_patch", id=five[4], title=title)
        log()
    compact.compact(dt.timedelta(seconds=-1))
    assert ask("ListIdentifiers", resumptionToken=token).error == "badResumptionToken"


def test_a_part_costs_the_same_queries_however_long_the_list(
    five: list[str], ask: Any, queries: Any, monkeypatch: pytest.MonkeyPatch
):
    """One hundred records are no more of them than two."""
    counted = []
    for size in (2, 3):
        monkeypatch.setattr(oai, "SIZE", size)
        token = ask("ListRecords", metadataPrefix="dcat").token
        with queries() as sent:
            assert len(ask("ListRecords", resumptionToken=token).ids) == 2
        counted.append(len([each for each in sent if "gobiernoabierto_feed" in each]))
    assert counted[0] == counted[1] <= 5


# -- HTTP ----------------------------------------------------------------------------------------------


def test_post_says_the_same_as_get(app: Any, ask: Any, dataset: dict[str, Any]):
    """Without a token of ours; packed for who takes it so, and for HEAD no work is done."""
    form = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}
    posted = app.test_client().post("/oai", data=form)
    got = ask(form["verb"], metadataPrefix="oai_dc").raw
    assert (posted.status_code, len(posted.data)) == (200, len(got.data))
    assert posted.headers["Access-Control-Allow-Origin"] == "*"
    packed = app.get("/oai?verb=ListIdentifiers&metadataPrefix=oai_dc", headers={"Accept-Encoding": "gzip"})
    assert len(gzip.decompress(packed.data)) == len(got.data)
    head = app.test_client().head("/oai?verb=ListRecords&metadataPrefix=dcat")
    assert (head.status_code, head.data) == (200, b"")


def test_everybody_gets_the_same(app: Any, ask: Any, call: Any, dataset: dict[str, Any]):
    """A sysadmin sees nothing hidden here, and no cache keeps the answer."""
    call("package_create", **{**dataset, "id": None, "name": "oculto", "resources": [], "private": True})
    token = factories.APIToken(user=factories.Sysadmin()["name"])["token"]
    path = "/oai?verb=ListIdentifiers&metadataPrefix=oai_dc"
    signed_in = app.get(path, headers={"Authorization": token})
    assert signed_in.data.count(b"<header>") == 1
    assert signed_in.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "question", ["", "?verb=Identify", "?verb=GetRecord&identifier=oai%3Aa%2Fb&metadataPrefix=dcat"]
)
def test_with_a_slash_it_leads_to_the_address(app: Any, method: str, question: str):
    """Question and form are kept; no cache keeps it unasked."""
    answer = app.test_client().open(f"/oai/{question}", method=method, follow_redirects=False)
    assert answer.status_code == 308, answer.text
    assert answer.headers["Location"] == f"http://test.ckan.net/oai{question}"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    wrong = app.test_client().put("/oai/")
    assert (wrong.status_code, wrong.mimetype) == (405, "text/xml")


def test_without_a_database_it_says_come_back(app: Any, without_database: None):
    """503 and when, which harvesters wait for."""
    answer = app.test_client().get("/oai?verb=Identify")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "text/plain"
    assert "connection refused" not in answer.text
