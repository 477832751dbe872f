"""Pieces: what each fragment gives to pages and dumps, written in every syntax and compressed with the event.

Both are such pieces one after the other, so that nothing is parsed or compressed when somebody asks. What a
fragment says of something else (a place, a word of a vocabulary) is a piece of its own, which all that say
the same share: a page has it once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.dcat.utils import catalog_uri
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.lib import deflate, ntriples
from ckanext.gobiernoabierto.rdf import authority
from ckanext.gobiernoabierto.rdf.addresses import Addresses
from rdflib import URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

from . import planned
from .fingerprint import fingerprint
from .model import DATASET, Entry, PackedFragment, SharedPiece, published_now
from .render import named_by, paths
from .syntax import SYNTAXES, Lines, Syntax
from .writing import writing

PACKED, SHARED = PackedFragment.__table__, SharedPiece.__table__
BLOCK = re.compile(rb"<([^>]*)> [^\n]*\n(?:<\1> [^\n]*\n)*")
"""Lines of one subject; sorted, they are together."""
TYPE = re.compile(rb"<[^>]*> <%b> " % re.escape(str(RDF.type)).encode())
IDENTIFIER = b"> <%b> " % str(DCTERMS.identifier).encode()
"""What a whole description has; one that has it not says what a thing is called, as the whole one does."""
CALLED = " called"
"""How the address ends of what has no whole description."""
FOR_PAGES = (PACKED.c.packed, sa.func.array_to_string(PACKED.c.shared, " ").label("shared"))
FOR_DUMPS = tuple(PACKED.c[name] for name in ("packed", "size", "crc"))
DIGEST = 15
"""Bytes of a digest: no more, because a page reads thousands of them, and such that base64 fills none up."""
REMEMBERED = 2000
"""Shared pieces of a syntax that a process remembers: some hundreds of kilobytes."""
_REMEMBERED: dict[str, dict[str, Packed]] = {name: {} for name in SYNTAXES}
AT_ONCE = 200
"""Fragments that are packed in one transaction."""


@dataclass(frozen=True)
class Shared:
    """What a fragment says of something else, as N-Triples."""

    about: str
    """Its address; of a bare type, that too; with ``CALLED`` if it is only said what it is called."""
    told: bool
    """Whether that has a fragment of its own: a dump has what that one says."""
    lines: bytes

    def digest(self, made_with: str) -> str:
        """Return what it is known by."""
        digest = hashlib.sha256(made_with.encode() + self.lines).digest()
        return base64.urlsafe_b64encode(digest[:DIGEST]).decode()


@dataclass(frozen=True)
class Piece:
    """What a fragment gives to a page in one syntax, compressed, and the digests of what it shares: words."""

    seq: int
    packed: bytes
    shared: str


@dataclass(frozen=True)
class Packed:
    """A shared piece in one syntax."""

    about: str
    packed: bytes


# -- Writing ------------------------------------------------------------------------------------------


def write(events: Iterable[Mapping[str, Any]], made_with: str) -> None:
    """Write the pieces of events that have just been appended, in the writer's transaction."""
    own, others = _made(events, made_with)
    if not own:
        return
    Session.execute(sa.insert(PACKED), own)
    there = sa.select(SHARED.c.digest).distinct().where(SHARED.c.digest.in_(list(others)))
    known = set(Session.execute(there).scalars())
    lacking = {digest: other for digest, other in others.items() if digest not in known}
    if lacking:
        Session.execute(sa.insert(SHARED), _shared_rows(lacking))


def _made(
    events: Iterable[Mapping[str, Any]], made_with: str
) -> tuple[list[dict[str, Any]], dict[str, Shared]]:
    """Return the rows of the pieces of events, and {digest: what they share}."""
    rows: list[dict[str, Any]] = []
    others: dict[str, Shared] = {}
    for each in events:
        if each["body"] is not None:
            own, shared = divided(each["kind"], each["subject"], each["address"], each["body"])
            digests = {other.digest(made_with): other for other in shared}
            about = {"seq": each["seq"], "fingerprint": made_with, "shared": list(digests)}
            rows += [{**about, **piece} for piece in _packed(own)]
            others |= digests
    return rows, others


def _shared_rows(others: Mapping[str, Shared]) -> list[dict[str, Any]]:
    return [
        {"digest": digest, "about": other.about, "told": other.told, **piece}
        for digest, other in others.items()
        for piece in _packed(other.lines)
    ]


def forget(positions: Iterable[int]) -> None:
    """Remove the pieces of events whose bodies are erased, in the writer's transaction."""
    Session.execute(sa.delete(PACKED).where(PACKED.c.seq.in_(list(positions))))


def sweep(wait: float) -> int:
    """Remove what no piece shares any more, and return how many pieces that were."""
    shared = sa.select(sa.func.unnest(PACKED.c.shared).label("digest")).distinct().subquery()
    with writing(wait):
        unused = sa.delete(SHARED).where(SHARED.c.digest.not_in(sa.select(shared.c.digest)))
        return int(Session.execute(unused).rowcount)


def anew(wait: float) -> int:
    """Pack all that is published once more, and return how many fragments that were."""
    with writing(wait):
        Session.execute(sa.delete(PACKED))
        Session.execute(sa.delete(SHARED))
    return fill(wait)


def damaged(events: Iterable[Mapping[str, Any]]) -> set[int]:
    """Return the positions of those of these events whose pieces are not what their bodies say.

    What this program has not packed is not asked.
    """
    own, others = _made(events, fingerprint())
    of_events = PACKED.c.seq.in_({each["seq"] for each in own}), PACKED.c.fingerprint == fingerprint()
    there = {(row.seq, row.syntax): row for row in Session.execute(sa.select(PACKED).where(*of_events))}
    asked = sa.select(SHARED).where(SHARED.c.digest.in_(list(others)))
    shared = {(row.digest, row.syntax): row for row in Session.execute(asked)}
    wrong = {
        row["digest"]
        for row in _shared_rows(others)
        if _differs(shared.get((row["digest"], row["syntax"])), row)
    }
    packed = [(there[key], row) for row in own if (key := (row["seq"], row["syntax"])) in there]
    return {
        row["seq"]
        for found, row in packed
        if _differs(found, row) or found.shared != row["shared"] or not wrong.isdisjoint(row["shared"])
    }


def _differs(found: Any, made: Mapping[str, Any]) -> bool:
    """Tell whether a piece of the database is another text, or not what is said of it."""
    said = ("size", "crc")
    if found is None or any(getattr(found, name) != made[name] for name in said):
        return True
    try:
        return deflate.unpacked([found.packed]) != deflate.unpacked([made["packed"]])
    except deflate.DamagedError:
        return True


def fill(wait: float) -> int:
    """Pack what is published and was not packed by this program; return how many fragments that were."""
    done = 0
    while True:
        with writing(wait):
            number = _fill_some()
        done += number
        if number < AT_ONCE:
            return done


def _fill_some() -> int:
    made_with = fingerprint()
    there = sa.select(PACKED.c.seq).where(PACKED.c.seq == Entry.seq, PACKED.c.fingerprint == made_with)
    lacking = sa.select(Entry.__table__).where(*published_now())
    lacking = lacking.where(~there.exists())
    rows = Session.execute(lacking.limit(AT_ONCE)).mappings().all()
    forget(row["seq"] for row in rows)
    write(rows, made_with)
    return len(rows)


def _packed(text: bytes) -> list[dict[str, Any]]:
    lines = Lines(text)
    blocks = ((name, deflate.pack(syntax.piece(lines))) for name, syntax in SYNTAXES.items())
    # not asdict(), which copies for longer than it takes to pack
    return [{"syntax": name, **vars(block)} for name, block in blocks]


def block(syntax: Syntax, text: bytes) -> deflate.Block:
    """Return N-Triples as a piece of a document."""
    return deflate.pack(syntax.piece(Lines(text)))


def divided(kind: str, subject: str, address: str, body: bytes) -> tuple[bytes, list[Shared]]:
    """Return what a fragment says of its subject, and what it says of what others name too.

    A dataset says that it is of the catalogue, too.
    """
    own, places = f"{kind}:{subject}", paths()
    kept: list[bytes] = []
    shared: list[Shared] = []
    vocabularies = (*authority.VOCABULARIES, str(Addresses(config.site_url()).scheme("")))
    for found in BLOCK.finditer(body):
        about = found[1].decode()
        named = named_by(about, places)
        if named == own or (named is None and not about.startswith(vocabularies)):
            kept.append(found[0])
            continue
        lines = found[0].splitlines(keepends=True)
        # bare types describe nothing: in the place of a description they would leave it without a name
        if not all(TYPE.match(line) for line in lines):
            ending = CALLED if named is not None and IDENTIFIER not in found[0] else ""
            shared.append(Shared(about + ending, named is not None, found[0]))
        elif named is None:
            shared += [Shared(_bare(line), False, line) for line in lines]
        else:
            kept += lines
    if kind == DATASET:
        line = ntriples.line(URIRef(catalog_uri()), DCAT.dataset, URIRef(address))
        kept.append(f"{line}\n".encode())
    return b"".join(kept), shared


def _bare(line: bytes) -> str:
    """Return what a bare type is about: the thing and the type."""
    return " ".join(line.decode().split(" ")[::2])


# -- Reading ------------------------------------------------------------------------------------------


def with_pieces(rows: Any, syntax: Syntax, columns: Iterable[Any]) -> Any:
    """Return the select of events (seq, kind, subject, address) with columns of their pieces.

    Of a piece that this program has not packed all is None. To be given: ``made_with``, its fingerprint.
    """
    piece = sa.and_(
        PACKED.c.seq == rows.c.seq,
        PACKED.c.syntax == syntax.name,
        PACKED.c.fingerprint == sa.bindparam("made_with"),
    )
    about = (rows.c.seq, rows.c.kind, rows.c.subject, rows.c.address)
    found = sa.select(*about, *columns)
    return found.select_from(sa.outerjoin(rows, PACKED, piece)).order_by(rows.c.kind, rows.c.subject)


def pieces(
    syntax: Syntax, rows: Iterable[Any], connection: Any = Session
) -> tuple[list[Any], dict[str, Packed]]:
    """Return the pieces of rows of ``with_pieces``, and {digest: what they share}.

    A row that has one stands for it: position, piece and digests have the same names. What was erased since
    the rows were read is not among what they share.
    """
    found: list[Any] = []
    made: dict[str, Packed] = {}
    rows = list(rows)
    made_with, texts = _unpacked(rows, connection)
    for row in rows:
        if row.packed is not None:
            found.append(row)
        elif row.seq in texts:
            own, others = divided(row.kind, row.subject, row.address, texts[row.seq])
            digests = {each.digest(made_with): each for each in others}
            found.append(Piece(row.seq, block(syntax, own).packed, " ".join(digests)))
            made |= {
                key: Packed(each.about, block(syntax, each.lines).packed) for key, each in digests.items()
            }
    lacking = {digest for digests in {each.shared for each in found} for digest in digests.split()}
    return found, made | _shared(syntax, lacking - made.keys(), connection)


def _unpacked(rows: Iterable[Any], connection: Any) -> tuple[str, dict[int, bytes]]:
    """Return the fingerprint and {position: body}, if there are rows that this program has not packed."""
    lacking = [row.seq for row in rows if row.packed is None]
    return (fingerprint(), bodies(lacking, connection)) if lacking else ("", {})


def _shared(syntax: Syntax, digests: Iterable[str], connection: Any) -> dict[str, Packed]:
    """Return {digest: shared piece}, from memory or the table: what a digest is of never changes."""
    known = _REMEMBERED[syntax.name]
    found = {digest: known[digest] for digest in digests if digest in known}
    lacking = [digest for digest in digests if digest not in found]
    if lacking:
        rows = connection.execute(_ASKED, {"syntax": syntax.name, "digests": lacking})
        asked = {row.digest: Packed(row.about, bytes(row.packed)) for row in rows}
        found |= asked
        if len(known) + len(asked) > REMEMBERED:
            known.clear()
        known |= asked
    return found


def bodies(positions: Iterable[int], connection: Any = Session) -> dict[int, bytes]:
    """Return {position: body} of those of the events that have one."""
    wanted = list(positions)
    found = sa.select(Entry.seq, Entry.body).where(Entry.seq.in_(wanted), Entry.body.isnot(None))
    return {row.seq: row.body for row in connection.execute(found)} if wanted else {}


_ASKED = planned.once(
    sa.select(SHARED.c.digest, SHARED.c.about, SHARED.c.packed).where(
        SHARED.c.syntax == sa.bindparam("syntax"),
        SHARED.c.digest == sa.any_(sa.bindparam("digests", type_=sa.ARRAY(sa.Text))),
    )
)


def vocabulary(syntax: Syntax) -> Any:
    """Return the select of what published fragments share and no fragment tells, each thing once."""
    lists = sa.select(PACKED.c.shared).distinct().join(Entry, Entry.seq == PACKED.c.seq)
    lists = lists.where(
        *published_now(), PACKED.c.syntax == syntax.name, PACKED.c.fingerprint == fingerprint()
    )
    # many have the same list, of dozens: to compare the lists first is the lesser work
    used = sa.select(sa.func.unnest(lists.subquery().c.shared).label("digest")).distinct().subquery()
    about = SHARED.c.about.collate("C")  # as Python sorts what nobody has packed yet
    found = sa.select(SHARED).join(used, used.c.digest == SHARED.c.digest).distinct(about)
    found = found.where(SHARED.c.syntax == syntax.name, SHARED.c.told.is_(False))
    return found.order_by(about, SHARED.c.digest)
