"""Documents of entities: minutes, letters, evidence. Their bytes lie in a private folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto import config
from sqlalchemy import orm

from . import forms, history
from .base import DRAFT, PUBLISHED, BaseModel, EntityType, Values, now
from .history import Actor

SCHEMA = "document.yaml"
TOLD = ("id", "title", "kind", "name", "media_type", "size", "sha256")
MOST = 100
"""Documents of one entity."""


class Document(BaseModel):
    """A document of the entity that it names; who may read it depends on both."""

    __tablename__ = "gobiernoabierto_document"

    id = sa.Column(sa.Text, primary_key=True)
    entity = sa.Column(sa.Text, nullable=False)
    code = sa.Column(sa.Text, nullable=False)
    title = sa.Column(sa.Text, nullable=False)
    kind = sa.Column(sa.Text, nullable=False)
    visibility = sa.Column(sa.Text, nullable=False, default=DRAFT, server_default=DRAFT)
    version = sa.Column(sa.Integer, nullable=False, default=1, server_default="1")
    """The one that the form or the caller read is compared under the lock, as an entity's is."""
    file = sa.Column(sa.Text, nullable=False, unique=True)
    """Name in the private folder."""
    name = sa.Column(sa.Text, nullable=False)
    """The name that people save it under."""
    media_type = sa.Column(sa.Text, nullable=False)
    size = sa.Column(sa.BigInteger, nullable=False)
    sha256 = sa.Column(sa.Text, nullable=False)
    created = sa.Column(sa.TIMESTAMP(timezone=True), nullable=False, default=now)
    user_id = sa.Column(sa.Text)
    """Who sent it."""

    __table_args__ = (sa.Index("gobiernoabierto_document_of", "entity", "code"),)

    @property
    def public(self) -> bool:
        """Tell whether everybody may read it who may read its entity."""
        return bool(self.visibility == PUBLISHED)

    @property
    def kind_label(self) -> str:
        """Return what its kind is called in Spanish."""
        return forms.choice_label(_kind_field(), self.kind)

    def told(self) -> Values:
        """Return it as everybody may read it, once it is public."""
        told = {name: getattr(self, name) for name in TOLD}
        return {**told, "created": self.created, "url": f"{config.site_url()}/documento/{self.id}"}

    def full(self) -> Values:
        """Return all of it, for those who may edit its entity."""
        of = {name: getattr(self, name) for name in ("entity", "code", "visibility", "version")}
        return history.plain({**self.told(), **of, "user_id": self.user_id})


def documents_of(entity: str, model: str) -> Any:
    """Return the relationship of the ``model`` of an entity to its documents, the oldest first."""
    return orm.relationship(
        Document,
        primaryjoin=f"and_(Document.entity == '{entity}', foreign(Document.code) == {model}.code)",
        order_by=(Document.created, Document.id),
        viewonly=True,
        lazy="selectin",
    )


def kinds(entity: EntityType) -> list[forms.Field]:
    """Return the kinds of documents that an entity takes, as choices of the form."""
    return [choice for choice in _kind_field()["choices"] if choice["value"] in entity.documents]


def personal_kinds(entity: EntityType) -> dict[str, str]:
    """Return {kind: its label} of the documents that often name people: one is published with a reason."""
    return {each["value"]: each["label"] for each in kinds(entity) if each.get("personal")}


def _kind_field() -> forms.Field:
    return forms.schema_of(SCHEMA)["by_name"]["kind"]


def has(values: Mapping[str, Any], *wanted: str) -> bool:
    """Tell whether a rule's ``values`` come with a public document of one of these kinds."""
    return any(each["kind"] in wanted for each in values.get("documents") or ())


def locked(document_id: str) -> Any:
    """Return a document under ``FOR UPDATE``, read afresh, or None."""
    found = sa.select(Document).where(Document.id == document_id).with_for_update()
    return Session.execute(found.execution_options(populate_existing=True)).scalar_one_or_none()


def add(row: Any, document: Any, actor: Actor) -> None:
    """Give an entity a document; the caller has validated and kept the file, and commits."""
    Session.add(document)
    _record(row, "attach", document, None, document.full(), actor)


def change(row: Any, document: Any, values: Mapping[str, Any], actor: Actor) -> None:
    """Change title, kind or visibility of a document; nothing differs, nothing is written."""
    before, was_public = document.full(), document.public
    for name, value in values.items():
        setattr(document, name, value)
    if document.full() != before:
        document.version += 1
        _record(row, "change_document", document, before, document.full(), actor, was_public)


def remove(row: Any, document: Any, actor: Actor) -> None:
    """Take a document away from its entity; its file goes after the commit."""
    _record(row, "detach", document, document.full(), None, actor, document.public)
    Session.delete(document)
    Session.flush()
    Session.expire(row, ["documents"])


def remove_all(entity: str, code: str) -> None:
    """Take away the documents of an entity that is deleted; the sweep removes their files."""
    Session.execute(sa.delete(Document).where(Document.entity == entity, Document.code == code))


def follow(entity: str, old: str, new: str) -> None:
    """Let the documents of an entity follow its new code."""
    Session.execute(
        sa.update(Document).where(Document.entity == entity, Document.code == old).values(code=new)
    )


def files(names: Iterable[str]) -> set[str]:
    """Return those of the names in the private folder that are a document's."""
    found = sa.select(Document.file).where(Document.file.in_(list(names)))
    return set(Session.execute(found).scalars())


def _record(
    row: Any, verb: str, document: Any, before: Any, after: Any, actor: Actor, was_public: bool = False
) -> None:
    """Write the row of history, which is public as far as the document is or was; its content never is."""
    row.modified = now()
    Session.flush()
    Session.expire(row, ["documents"])
    told = row.visibility == PUBLISHED and (document.public or was_public)
    history.record(
        document.entity,
        row.code,
        verb,
        {"documents": [before, after]},
        actor,
        version=row.version,
        visibility=PUBLISHED if told else DRAFT,
    )
