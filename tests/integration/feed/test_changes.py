"""The stream of changes: complete, in order, kept for ever where it is closed, without what is gone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pyoxigraph
import pytest
from ckan import model
from ckanext.gobiernoabierto.feed import changes
from ckanext.gobiernoabierto.feed.compact import compact, dt

AS, LDES, TREE = (str(each) for each in (changes.AS, changes.LDES, changes.TREE))
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SITE = "http://test.ckan.net"
EVENT = f"{SITE}/catalog/changes/"
SYNTAXES = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
    "xml": pyoxigraph.RdfFormat.RDF_XML,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "trig": pyoxigraph.RdfFormat.TRIG,
}
FOR_EVER = "public, max-age=31536000, immutable"


class Node:
    """A page of a stream, parsed strictly."""

    def __init__(self, answer: Any, ending: str) -> None:
        assert answer.status_code == 200, answer.data
        self.answer = answer
        self.quads = list(pyoxigraph.parse(answer.data, SYNTAXES[ending]))
        assert not any(isinstance(each.subject, pyoxigraph.BlankNode) for each in self.quads)

    def of(self, subject: str, predicate: str) -> list[str]:
        """What is said of something, in the default graph."""
        return [
            each.object.value
            for each in self.quads
            if (each.subject.value, each.predicate.value) == (subject, predicate)
            and isinstance(each.graph_name, pyoxigraph.DefaultGraph)
        ]

    def objects(self, predicate: str) -> list[str]:
        """What is said by a predicate, of whatever."""
        return [each.object.value for each in self.quads if each.predicate.value == predicate]

    @property
    def members(self) -> list[str]:
        """The events."""
        return self.objects(f"{TREE}member")

    def bounds(self, node: str) -> dict[str, str]:
        """From which moment to which the events of another page are, as this one says."""
        relations = [
            each for each in self.objects(f"{TREE}relation") if self.of(each, f"{TREE}node") == [node]
        ]
        assert {path for each in relations for path in self.of(each, f"{TREE}path")} == {f"{AS}published"}
        return {self.of(each, TYPE)[0]: self.of(each, f"{TREE}value")[0] for each in relations}

    def text(self, event: str) -> bytes:
        """The triples in the graph of an event."""
        graph = pyoxigraph.NamedNode(event)
        named = [each.triple for each in self.quads if each.graph_name == graph]
        return bytes(pyoxigraph.serialize(named, format=pyoxigraph.RdfFormat.N_TRIPLES) or b"")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four events on a page, two pages in a group."""
    monkeypatch.setattr(changes, "PAGE", 4)
    monkeypatch.setattr(changes, "GROUP", 2)
    monkeypatch.setattr(changes, "SIZES", {"page": 4, "group": 8})


@pytest.fixture
def read(app: Any) -> Callable[..., Node]:
    """Read one page."""
    return lambda path, ending="nt": Node(app.get(path), ending)


@pytest.fixture
def crawl(app: Any) -> Callable[..., Iterator[tuple[str, Node]]]:
    """Read a whole stream from its root on, as it says where its pages are."""

    def run(path: str, ending: str = "nt") -> Iterator[tuple[str, Node]]:
        seen, found = set(), [(SITE + path, {})]
        while found:
            address, bounds = found.pop(0)
            assert address not in seen
            seen.add(address)
            parts = urlsplit(address)
            node = Node(app.get(f"{parts.path}?{parts.query}"), ending)
            assert f"{TREE}Node" in node.of(address, TYPE)
            within(node, bounds)
            yield address, node
            following = dict.fromkeys(node.objects(f"{TREE}node"))
            found += [(each, node.bounds(each)) for each in following]

    return run


def within(node: Node, bounds: dict[str, str]) -> None:
    """Assert that the events of a page are where the way to it says that they are."""
    moments = node.objects(f"{AS}published")
    assert moments == sorted(set(moments))
    if bounds and moments:
        assert min(moments) >= bounds[f"{TREE}GreaterThanOrEqualToRelation"]
        assert max(moments) <= bounds.get(f"{TREE}LessThanOrEqualToRelation", max(moments))


def lines(answer: Any) -> list[dict[str, Any]]:
    """The events of an answer in JSON lines."""
    assert answer.status_code == 200, answer.data
    return [json.loads(each) for each in answer.body.splitlines()]


def following(answer: Any) -> str:
    """Where an answer says to go on: path and question."""
    address, _, rel = answer.headers["Link"].partition("; ")
    assert rel == 'rel="next"'
    parts = urlsplit(address.strip("<>"))
    return f"{parts.path}?{parts.query}"


@pytest.mark.long
@pytest.mark.parametrize("ending", SYNTAXES)
def test_a_reader_finds_every_event_once_and_in_order(
    crawl: Any, three: None, small: None, log: Any, ending: str
):
    """In every syntax, by groups and pages, each within the moments that the way to it told."""
    events = log()
    nodes = list(crawl(f"/catalog/changes.{ending}", ending))
    members = [each for _address, node in nodes for each in node.members]
    assert sorted(members) == sorted(f"{EVENT}{event.seq}" for event in events)
    assert [address.partition("?")[2] for address, _node in nodes][:4] == ["", "group=1", "page=3", "page=4"]
    told = {each: node for _address, node in nodes for each in node.members}
    for event in events:
        name = f"{EVENT}{event.seq}"
        said = told[name].of(name, TYPE) + told[name].of(name, f"{AS}object")
        assert said == [f"{AS}{event.op.title()}", event.address]
        assert told[name].of(event.address, TYPE)


def test_the_root_says_what_the_stream_is(read: Any, three: None):
    """As DCAT-AP Feeds demand, in which order events come, and where the texts are."""
    root = read("/catalog/changes.nt")
    stream = f"{SITE}/catalog/changes#stream"
    assert root.of(stream, TYPE) == [f"{LDES}EventStream"]
    assert root.of(stream, f"{TREE}view") == [f"{SITE}/catalog/changes.nt"]
    assert root.of(stream, f"{LDES}timestampPath") == [f"{AS}published"]
    assert root.of(stream, f"{LDES}versionOfPath") == [f"{AS}object"]
    assert not root.objects(f"{LDES}retentionPolicy")
    (other,) = root.objects("http://www.w3.org/2000/01/rdf-schema#seeAlso")
    assert other == f"{SITE}/catalog/feed"


def test_a_closed_page_stays_as_it_is_whatever_happens_to_what_it_tells(
    app: Any, call: Any, change: Any, three: None, small: None, log: Any
):
    """Edited, renamed, taken back, compacted: the same bytes, which any cache may keep for a year."""
    log()
    closed = [f"/catalog/changes.{ending}?page={n}" for ending in ("ttl", "jsonld") for n in (1, 2, 3)]
    before = {each: app.get(each) for each in [*closed, "/catalog/changes.ttl?group=1"]}
    for answer in before.values():
        assert answer.headers["Cache-Control"] == FOR_EVER
    told = b"".join(answer.data for answer in before.values())
    assert not [each for each in (b"Alumbrado", b"Luminarias", b"Mixco", b"Villa Nueva") if each in told]
    call("package_patch", id="d0", title="Canario")
    change("municipality", "0115")(name="Canario")
    log()
    call("dataset_purge", id="d1")
    call("package_patch", id="d0", private=True)
    assert len(log()) > 16
    compact(dt.timedelta(0))
    for path, answer in before.items():
        again = app.get(path)
        assert (again.data, again.headers["ETag"]) == (answer.data, answer.headers["ETag"])
        assert app.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert (
            "immutable"
            in app.get(path, headers={"If-None-Match": answer.headers["ETag"]}).headers["Cache-Control"]
        )


def test_the_open_page_and_the_root_are_asked_about_each_time(
    app: Any, call: Any, three: None, small: None, log: Any, queries: Any
):
    """304 by one query until something happens; then the same page has more."""
    last = len(log())
    for path in ("/catalog/changes.nt", f"/catalog/changes.nt?page={-(-last // 4)}"):
        answer = app.get(path)
        assert "no-cache" in answer.headers["Cache-Control"]
        tag = {"If-None-Match": answer.headers["ETag"]}
        with queries() as sent:
            assert app.get(path, headers=tag).status_code == 304
        assert len(sent) == 1
        call("package_patch", id="d0", title=f"Otro {path}")
        assert app.get(path, headers=tag).status_code == 200


def test_a_page_costs_the_same_however_much_there_is(app: Any, three: None, log: Any, queries: Any):
    """Two queries of the feed's for a page, and three for the root or a page with texts."""
    log()
    for path, most in (
        ("/catalog/changes.ttl?page=1", 3),
        ("/catalog/changes.ttl", 2),
        ("/catalog/feed.trig?page=1", 3),
    ):
        with queries() as sent:
            app.get(path)
        assert len([each for each in sent if "gobiernoabierto_feed" in each]) <= most, path


def test_the_stream_with_texts_has_what_is_there(
    crawl: Any, app: Any, call: Any, three: None, small: None, log: Any
):
    """Of each dataset, organization and the catalogue the last event, its fragment in the event's graph."""
    log()
    call("package_patch", id="d0", title="Otro")
    call("package_patch", id="d1", private=True)
    last = {event.seq: event for event in log() if event.superseded_by is None}
    wanted = {seq: event for seq, event in last.items() if event.kind in changes.OF_DCAT}
    for ending in ("trig", "jsonld"):
        nodes = dict(crawl(f"/catalog/feed.{ending}", ending))
        found = {each: node for node in nodes.values() for each in node.members}
        assert sorted(found) == sorted(f"{EVENT}{seq}" for seq in wanted)
        for seq, event in wanted.items():
            node, name = found[f"{EVENT}{seq}"], f"{EVENT}{seq}"
            assert node.of(name, TYPE) == [f"{AS}{event.op.title()}"]
            assert sorted(node.text(name).splitlines()) == sorted((event.body or b"").splitlines())
            assert {each.predicate.value for each in node.quads if each.subject.value == name} == {
                *(TYPE, f"{AS}object", f"{AS}published")
            }
    assert {event.op for event in wanted.values()} == {"create", "update", "delete"}
    root = nodes[f"{SITE}/catalog/feed.jsonld"]
    assert root.objects(f"{TREE}shape") == [str(changes.SHAPE)]
    assert root.objects(f"{LDES}amount") == ["1"]


def test_what_is_taken_back_is_in_no_page_with_texts(app: Any, call: Any, three: None, small: None, log: Any):
    """Closed pages too: readers need not come again, but no cache may keep one unasked."""
    closed = [f"/catalog/feed.trig?page={n}" for n in range(1, len(log()) // 4 + 1)]
    before = [app.get(each) for each in closed]
    assert any("Luminarias" in each for each in before)
    assert {each.headers["Cache-Control"] for each in before} == {"public, no-cache, immutable"}
    for name in ("d0", "d1", "d2"):
        call("package_patch", id=name, private=True)
    tags = [each.headers["ETag"] for each in before]
    after = [app.get(path, headers={"If-None-Match": tag}) for path, tag in zip(closed, tags, strict=True)]
    assert {each.status_code for each in after} == {200}
    assert not any("Luminarias" in each for each in after)


def test_an_event_leads_to_the_present_text(app: Any, call: Any, dataset: dict[str, Any], log: Any):
    """Of its subject, whatever happened since; 410 once it is taken back, 404 for what never was."""
    (first,) = log("dataset")
    path = f"/catalog/changes/{first.seq}"
    assert "Luminarias" in app.get(f"{path}.ttl").body
    by_accept = app.get(path, headers={"Accept": "application/ld+json"})
    assert by_accept.headers["Content-Type"] == "application/ld+json"
    tag = {"If-None-Match": app.get(f"{path}.nt").headers["ETag"]}
    assert app.get(f"{path}.nt", headers=tag).status_code == 304
    call("package_patch", id=dataset["id"], title="Otro")
    moved = app.get(f"{path}.nt", headers=tag, follow_redirects=False)
    second = log("dataset")[-1]
    assert (moved.status_code, moved.headers["Location"]) == (303, f"{EVENT}{second.seq}.nt")
    found = app.get(f"{path}.nt", follow_redirects=True)
    assert second.body in found.data
    call("dataset_purge", id=dataset["id"])
    gone = app.get(f"{path}.nt", follow_redirects=True)
    assert (gone.status_code, gone.json["address"]) == (410, f"{SITE}/dataset/{dataset['id']}")
    assert "Otro" not in gone.body
    for unknown in ("99999", "9" * 40, "0", "x"):
        assert app.get(f"/catalog/changes/{unknown}.nt").status_code == 404
    assert app.get(f"{path}.csv").status_code == 404


def test_lines_are_for_who_reads_on(app: Any, call: Any, three: None, log: Any):
    """By position, as many as one likes, with the address of the next ones; to the end, and on from there."""
    events = log()
    found, path = [], "/catalog/changes.jsonl?limit=4"
    while more := lines(answer := app.get(path)):
        found += more
        path = following(answer)
    assert [each["position"] for each in found] == [event.seq for event in events]
    assert [each["address"] for each in found] == [event.address for event in events]
    assert all(app.get(urlsplit(each["text"]).path).status_code == 200 for each in found[-2:])
    assert following(app.get(path)) == path
    call("package_patch", id="d1", private=True)
    (new,) = lines(app.get(path))
    assert (new["op"], new["kind"], new["text"]) == ("delete", "dataset", None)
    superseded = [each for each in lines(app.get("/catalog/changes.jsonl")) if each["superseded_by"]]
    assert [(each["id"], each["superseded_by"], each["text"]) for each in superseded] == [
        (new["id"], new["position"], None)
    ]
    told = [text for each in lines(app.get("/catalog/changes.jsonl")) for text in each.values()]
    assert not {"d1", "http://test.ckan.net/dataset/d1"} & {text for text in told if isinstance(text, str)}


def test_one_may_ask_for_some_kinds(app: Any, crawl: Any, three: None, small: None, log: Any):
    """In every form; who asks for few of them goes on where the log stands all the same."""
    events = log("dataset") + log("organization")
    asked = "kind=dataset&kind=organization"
    members = [
        each for _, node in crawl("/catalog/changes.nt?kind=organization,dataset") for each in node.members
    ]
    assert sorted(members) == sorted(f"{EVENT}{event.seq}" for event in events)
    answer = app.get(f"/catalog/changes.jsonl?{asked}")
    assert {each["kind"] for each in lines(answer)} == {"dataset", "organization"}
    assert f"after={len(log())}" in following(answer)
    assert {each["kind"] for each in lines(app.get("/catalog/changes.jsonl?kind=dataset"))} == {"dataset"}
    texts = [
        each for _, node in crawl("/catalog/feed.trig?kind=municipality", "trig") for each in node.members
    ]
    assert len(texts) == len(log("municipality"))


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("changes.jsonl?after=99999", "after"),
        ("changes.jsonl?after=-1", "after"),
        ("changes.jsonl?after=x", "after"),
        ("changes.jsonl?after=" + "9" * 300, "after"),
        ("changes.jsonl?limit=0", "limit"),
        ("changes.jsonl?limit=99999", "limit"),
        ("changes.jsonl?kind=persona", "kind"),
        ("changes.ttl?kind=dataset,x", "kind"),
        ("changes.jsonl?kind=", "kind"),
        ("changes.jsonl?kind=,", "kind"),
        ("changes.ttl?page=0", "page"),
        ("changes.ttl?page=1e3", "page"),
        ("changes.ttl?page=1&group=1", "group"),
        ("feed.trig?group=-1", "group"),
    ],
)
def test_what_cannot_be_understood_is_told_by_its_name(app: Any, organization: Any, asked: str, name: str):
    """400 with an explanation, as data."""
    answer = app.get(f"/catalog/{asked}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(f"{name}: ")


def test_what_is_not_there_is_not_found(app: Any, dataset: dict[str, Any], log: Any):
    """A page that nothing has come to yet, another ending, a syntax that nobody offers."""
    log()
    for path in ("changes.ttl?page=2", "changes.ttl?group=1", "changes.csv", "feed.ttl", "feed.trig?page=9"):
        assert app.get(f"/catalog/{path}").status_code == 404, path
    for path in ("changes", "feed", "changes/1"):
        assert app.get(f"/catalog/{path}", headers={"Accept": "image/png"}).status_code == 406, path


def test_an_empty_log_is_a_stream_of_nothing(app: Any, read: Any, clean_site: None):
    """Before anything was published."""
    model.Session.execute("DELETE FROM gobiernoabierto_feed_mark")
    model.Session.commit()
    assert read("/catalog/changes.nt").objects(f"{TREE}node") == []
    assert app.get("/catalog/changes.jsonl").data == b""


def test_it_answers_by_accept_and_stays_in_the_syntax(app: Any, dataset: dict[str, Any]):
    """Whoever negotiates is led to pages that are negotiated: their names are their addresses."""
    for path, accept, ending in (
        ("changes", "text/turtle", "ttl"),
        ("changes", "application/trig;q=0.9, application/ld+json;q=0.1", "trig"),
        ("changes", "*/*", "ttl"),
        ("feed", "application/ld+json", "jsonld"),
        ("feed", "*/*", "trig"),
    ):
        answer = app.get(f"/catalog/{path}", headers={"Accept": accept})
        node = Node(answer, ending)
        assert answer.headers["Content-Type"].startswith(
            {"ttl": "text/turtle", "trig": "application/trig"}.get(ending, "")
        )
        assert node.objects(f"{TREE}node")[0] == f"{SITE}/catalog/{path}?page=1"
        assert "Accept" in answer.headers["Vary"].split(", ")
        other = "application/ld+json" if ending != "jsonld" else "application/trig"
        held = {"Accept": other, "If-None-Match": answer.headers["ETag"]}
        assert app.get(f"/catalog/{path}", headers=held).status_code == 200
        person = {"Accept": "text/html,*/*;q=0.8"}
        assert app.get(f"/catalog/{path}", headers=person).request.path == "/datos-abiertos"


def test_it_is_packed_and_open_and_head_has_no_body(app: Any, dataset: dict[str, Any]):
    """As every answer of the feed."""
    for path in ("changes.ttl", "changes.jsonl", "feed.trig?page=1", "changes/1.nt"):
        plain = app.get(f"/catalog/{path}")
        packed = app.get(f"/catalog/{path}", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.data) == plain.data
        assert plain.headers["Access-Control-Allow-Origin"] == "*"
        head = app.test_client().head(f"/catalog/{path}")
        assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", plain.headers["ETag"])
