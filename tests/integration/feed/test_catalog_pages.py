"""The whole catalogue over HTTP: a crawl is of one moment, complete, and repeats nothing."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import itertools
from typing import Any
from urllib.parse import urlencode, urlsplit

import ckan.tests.factories as factories
import pyoxigraph
import pytest
from ckan import model
from ckanext.gobiernoabierto.feed import compact, flush, searches
from ckanext.gobiernoabierto.feed.model import Search
from ckanext.gobiernoabierto.rdf import formats
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage

HYDRA = "http://www.w3.org/ns/hydra/core#"
DCAT_DATASET = "http://www.w3.org/ns/dcat#dataset"
SYNTAXES = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
    "xml": pyoxigraph.RdfFormat.RDF_XML,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
}


COUNTER = itertools.count()


class Page:
    """A page of the catalogue, parsed strictly."""

    def __init__(self, answer: Any, ending: str = "nt"):
        self.answer = answer
        self.triples = {each.triple for each in pyoxigraph.parse(answer.data, SYNTAXES[ending])}

    def said(self, predicate: str) -> list[str]:
        """What is said by a predicate, of whatever."""
        return sorted(each.object.value for each in self.triples if each.predicate.value == predicate)

    @property
    def datasets(self) -> list[str]:
        """The ids of the datasets."""
        return [address.rpartition("/")[2] for address in self.said(DCAT_DATASET)]

    @property
    def following(self) -> str | None:
        """Where the next page is: path and question."""
        (found,) = self.said(HYDRA + "next") or [None]
        if found is None:
            return None
        assert self.said(HYDRA + "nextPage") == [found]
        parts = urlsplit(found)
        return f"{parts.path}?{parts.query}"


@pytest.fixture
def page(app: Any):
    """Read one page: ``page("nt", municipality="0115")``."""

    def read(ending: str = "nt", **asked: Any) -> Page:
        return Page(app.get(f"/catalog.{ending}?{urlencode(asked)}"), ending)

    return read


@pytest.fixture
def pages(app: Any):
    """Read page by page from a first address on; what is sent in between happens meanwhile."""

    def crawl(path: str = "/catalog.nt"):
        following: str | None = path
        while following:
            page = Page(app.get(following))
            following = page.following
            yield page

    return crawl


@pytest.mark.long
def test_a_page_says_all_and_names_nothing_that_it_does_not_describe(page: Any, dataset: dict[str, Any]):
    """Header, datasets and what they are about, each described once."""
    found = page()
    assert found.datasets == [dataset["id"]]
    assert found.said(HYDRA + "totalItems") == ["1"]
    subjects = {each.subject.value for each in found.triples}
    site = found.said("http://www.w3.org/ns/dcat#dataset")[0].partition("/dataset/")[0]
    for path in ("/municipio/0115", "/compromiso/3-11", "/taller/ideaton-villa-nueva-2017", "/eje/3-3"):
        assert f"{site}{path}" in subjects
    assert found.said("http://purl.org/dc/terms/publisher")


@pytest.mark.long
@pytest.mark.parametrize("ending", SYNTAXES)
def test_every_syntax_says_the_same(page: Any, dataset: dict[str, Any], ending: str):
    """But for the addresses of the page itself; twice the same bytes."""
    own = HYDRA
    plain, other = page("nt"), page(ending)
    without = [{t for t in each.triples if not t.predicate.value.startswith(own)} for each in (plain, other)]
    paged = [{t for t in each if ".nt?" not in str(t) and f".{ending}?" not in str(t)} for each in without]
    assert paged[0] == paged[1]
    assert other.answer.headers["Content-Type"].startswith(formats.RDF_FORMATS[ending].mimetype)
    assert page(ending).answer.data == other.answer.data


@pytest.mark.long
def test_a_crawl_is_complete_and_repeats_nothing(pages: Any, many: list[str]):
    """By keyset, to the last page, which leads nowhere."""
    found = list(pages())
    assert [len(each.datasets) for each in found] == [2, 2, 1]
    assert sorted(id for each in found for id in each.datasets) == many
    assert {tuple(each.said(HYDRA + "totalItems")) for each in found} == {("5",)}


MANNERS = ("edit", "rename", "create", "place")
CHANGES = st.lists(st.tuples(st.sampled_from(MANNERS), st.integers(0, 4)), max_size=3)


@pytest.mark.long
@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],  # the site goes on between examples: nothing could be shrunk
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(between=st.lists(CHANGES, min_size=2, max_size=2), flushed=st.booleans())
def test_whatever_is_edited_meanwhile_a_crawl_sees_one_moment(
    pages: Any, call: Any, fields: dict[str, Any], change: Any, many: list[str], between: Any, flushed: bool
):
    """Edits, new datasets and renamed places between any two requests: 0 lost, 0 repeated, no later word."""
    before = sorted(id for each in pages() for id in each.datasets)
    word = f"Canario{next(COUNTER)}"
    told = {
        "edit": lambda id: call("package_patch", id=id, notes=word),
        "rename": lambda id: call("package_patch", id=id, title=word),
        "create": lambda id: call("package_create", **{**fields, "title": word}),
        "place": lambda id: change("municipality", "0115")(name=word),
    }
    crawled = []
    for number, each in enumerate(pages()):
        assert word not in each.answer.body
        crawled += each.datasets
        for manner, which in between[number] if number < len(between) else ():
            told[manner](many[which])
        if flushed:
            next(pages())  # another reader, for whom it is flushed
    assert crawled == before


def test_who_flushes_by_reading_changes_no_address(app: Any, call: Any, dataset: dict[str, Any]):
    """The language in a reader's address is nobody else's, not even for an uploaded file."""
    upload = FileStorage(io.BytesIO(b"a,b\n1,2\n"), "luminarias.csv")
    call("resource_create", package_id=dataset["id"], name="Luminarias", upload=upload)
    token = factories.APIToken(user=factories.Sysadmin()["name"])["token"]
    read = app.get("/es/catalog.nt", headers={"Authorization": token})
    assert "luminarias.csv" in read.body
    assert "/es/" not in app.get("/catalog.nt").body


@pytest.mark.long
@pytest.mark.parametrize("hidden", [{"private": True}, {"state": "draft"}])
def test_what_is_taken_back_meanwhile_is_not_told(pages: Any, call: Any, many: list[str], hidden: Any):
    """Privacy beats the pinned snapshot: all else is there."""
    crawl = pages()
    first = next(crawl)
    call("package_patch", id=many[-1], title="Canario", **hidden)
    next(pages())  # another reader, for whom it is flushed
    rest = list(crawl)
    assert sorted(first.datasets + [id for each in rest for id in each.datasets]) == many[:-1]
    assert not [each for each in rest if "Canario" in each.answer.body]


@pytest.mark.long
def test_filters_come_from_the_log(page: Any, call: Any, fields: dict[str, Any], dataset: dict[str, Any]):
    """By what a dataset is about and by who publishes it; several at once; an earlier code too."""
    elsewhere = {"municipality": ["0108"], "workshop": [], "workshop_origin": "none"}
    other = call("package_create", **{**fields, **elsewhere, "title": "Otro"})
    for asked, found in (
        ({"municipality": "0115"}, [dataset["id"]]),
        ({"municipality": "0108"}, [other["id"]]),
        ({"commitment": "3-11"}, sorted([dataset["id"], other["id"]])),
        ({"axis": "3-3", "workshop": "ideaton-villa-nueva-2017"}, [dataset["id"]]),
        ({"organization": fields["owner_org"], "municipality": "0108"}, [other["id"]]),
    ):
        read = page(**asked)
        assert (read.datasets, read.said(HYDRA + "totalItems")) == (found, [str(len(found))])


@pytest.mark.long
def test_who_asks_the_same_again_keeps_nothing_twice(app: Any, many: list[str]):
    """Whatever the words of the question: a reader in a loop fills no table."""
    for question in ("q=Datos", "q=Datos", "q=title:Datos", "fq=municipality:0115"):
        assert app.get(f"/catalog.nt?{question}").status_code == 200
    assert model.Session.query(Search).count() == 1


@pytest.mark.long
def test_a_question_keeps_what_it_found(app: Any, pages: Any, call: Any, many: list[str]):
    """Its further pages do not ask the index again; when it is forgotten, 410 says where to begin."""
    crawl = pages("/catalog.nt?q=Datos&fq=municipality:0115")
    first = next(crawl)
    call("package_patch", id=many[4], title="Otra cosa", notes="Nada", tags=[])
    assert first.said(HYDRA + "totalItems") == ["5"]
    assert [id for each in crawl for id in each.datasets] == many[2:]
    searches.forget()
    assert app.get(first.following).status_code == 200
    model.Session.execute("UPDATE gobiernoabierto_feed_search SET created = created - interval '2 days'")
    model.Session.commit()
    searches.forget()
    assert model.Session.query(Search).count() == 0
    gone = app.get(first.following)
    assert (gone.status_code, gone.json["first"]) == (
        410,
        "http://test.ckan.net/catalog.nt?q=Datos&fq=municipality:0115",
    )


def test_modified_since_knows_time_zones(page: Any, dataset: dict[str, Any]):
    """By when a dataset was published anew; without a zone it is UTC."""
    assert page(modified_since="2016-01-01").datasets == [dataset["id"]]
    for moment in ("2016-01-01T00:00:00Z", "2016-01-01T00:00:00-06:00", "2016-01-01T00:00:00 06:00"):
        assert page(modified_since=moment).datasets == [dataset["id"]]
    assert page(modified_since="2999-01-01T00:00:00-06:00").datasets == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("modified_since=ayer", "modified_since"),
        ("page=2", "page"),
        ("snapshot=-1", "snapshot"),
        ("snapshot=99999", "snapshot"),
        ("snapshot=" + "9" * 300, "snapshot"),
        ("snapshot=1e3", "snapshot"),
        ("after=x", "after"),
        ("municipality=9999", "municipality"),
        ("organization=nobody", "organization"),
        ("workshop=" + "x" * 3000, "workshop"),
        ("q=" + "x" * 3000, "q"),
    ],
)
def test_what_cannot_be_understood_is_told_by_its_name(
    app: Any, dataset: dict[str, Any], asked: str, name: str
):
    """400 with an explanation, as data."""
    answer = app.get(f"/catalog.ttl?{asked}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(f"{name}: ")


@pytest.mark.long
@pytest.mark.parametrize("q", ["a b", "título:", "(", '"', "{!func}x", "*:*", "&fq=x", "á%&=#"])
def test_no_question_breaks_a_page_or_its_links(app: Any, pages: Any, many: list[str], q: str):
    """Understood or refused; the addresses in the page are addresses."""
    answer = app.get("/catalog.ttl?" + urlencode({"q": q}))
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        list(pages("/catalog.nt?" + urlencode({"q": q})))


@pytest.mark.long
@pytest.mark.parametrize("filtered", ["", "municipality=0115&"])
@pytest.mark.parametrize("visitor", [{}, {"Cookie": "visitor=1"}])
def test_a_link_that_was_cut_is_not_the_end_of_a_crawl(
    app: Any, pages: Any, call: Any, many: list[str], filtered: str, visitor: dict[str, str]
):
    """400: nothing would come after what is none of our ids. What was taken back since has been one."""
    client = app.test_client(use_cookies=False)
    link = next(pages(f"/catalog.nt?{filtered}")).following
    for cut in (link[:-1], link[:-30], link + "0", link.replace("after=", "after=xx")):
        answer = client.get(cut, headers=visitor)
        assert (answer.status_code, answer.json["error"][:7]) == (400, "after: "), cut
    call("dataset_purge", id=link.rpartition("=")[2])
    assert [id for each in pages(link) for id in each.datasets] == many[2:]


@pytest.mark.long
def test_an_expired_snapshot_is_gone(app: Any, pages: Any, call: Any, many: list[str]):
    """410, with the address at which to begin again."""
    first = next(pages("/catalog.nt?municipality=0115"))
    for title in ("Uno", "Dos"):
        call("package_patch", id=many[0], title=title)
        next(pages())
    compact.compact(dt.timedelta(seconds=-1))
    answer = app.get(first.following)
    assert answer.status_code == 410
    assert answer.json["first"] == "http://test.ckan.net/catalog.nt?municipality=0115"
    assert "empiece" in answer.json["error"].lower()


def test_who_has_it_gets_304_and_head_gets_no_body(
    app: Any, call: Any, dataset: dict[str, Any], queries: Any
):
    """By a strong tag, with one query of the feed's; a change gives another one."""
    flush.flush()
    first = app.get("/catalog.ttl")
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    assert first.headers["Last-Modified"]
    with queries() as sent:
        again = app.get("/catalog.ttl", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert len(sent) == 1
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert again.headers["Vary"] == "Accept-Encoding"
    assert "Content-Type" not in again.headers
    with queries() as sent:
        head = app.test_client().head("/catalog.ttl")
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
    assert len([each for each in sent if "gobiernoabierto_feed" in each]) == 1
    assert app.get("/catalog.rdf").headers["ETag"] != tag
    call("package_patch", id=dataset["id"], title="Otro")
    changed = app.get("/catalog.ttl", headers={"If-None-Match": tag})
    assert (changed.status_code, "Otro" in changed.body) == (200, True)


def test_it_is_packed_for_who_takes_it_so(app: Any, dataset: dict[str, Any]):
    """One gzip member, under a tag of its own; both tags answer 304."""
    plain = app.get("/catalog.ttl")
    packed = app.get("/catalog.ttl", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    for tag in (plain.headers["ETag"], packed.headers["ETag"]):
        assert app.get("/catalog.ttl", headers={"If-None-Match": tag}).status_code == 304


def test_any_page_may_read_it_and_a_signed_in_answer_is_not_kept(app: Any, dataset: dict[str, Any]):
    """CORS, Link and Cache-Control; the same bytes for a sysadmin as for a visitor."""
    answer = app.get("/catalog.ttl")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert 'rel="first"' in answer.headers["Link"]
    assert "public" in answer.headers["Cache-Control"]
    token = factories.APIToken(user=factories.Sysadmin()["name"])["token"]
    signed_in = app.get("/catalog.ttl", headers={"Authorization": token})
    assert signed_in.headers["Cache-Control"] == "private, no-store"
    assert signed_in.data == answer.data


def test_it_answers_by_accept(app: Any, dataset: dict[str, Any]):
    """People are led to the datasets; 406 and 404 before any work."""
    for accept, ending in (
        ("text/turtle", "ttl"),
        ("application/ld+json", "jsonld"),
        ("*/*", "ttl"),
        ("", "ttl"),
    ):
        answer = app.get("/catalog", headers={"Accept": accept})
        assert answer.data == app.get(f"/catalog.{ending}").data
        assert "Accept" in answer.headers["Vary"]
    person = app.get("/catalog", headers={"Accept": "text/html,*/*;q=0.8"}, follow_redirects=False)
    assert (person.status_code, urlsplit(person.headers["Location"]).path) == (303, "/dataset/")
    assert app.get("/catalog", headers={"Accept": "image/png"}).status_code == 406
    for ending in ("abc", "html", "csv"):
        assert app.get(f"/catalog.{ending}").status_code == 404


def test_an_empty_catalogue_is_a_page(page: Any, clean_site: None):
    """With nothing in it."""
    found = page()
    assert (found.datasets, found.following) == ([], None)
    assert found.said(HYDRA + "totalItems") == ["0"]
