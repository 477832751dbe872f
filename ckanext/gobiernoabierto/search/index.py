"""What Solr gets of a dataset's links: the codes as facets, and what people call the linked entities."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities import forms, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.links.model import LINKED, Links, links_of

NAMES = "linked_names"
KEPT_AS_JSON = (*LINKED, "theme", "language")
"""Fields that CKAN would copy to the searched text as JSON, with addresses that nobody types."""
KINDS = {"workshop": "kind"}
"""Entity -> its field with a choice whose Spanish label people search for (*ideatón*)."""


def _names_select(entity: EntityType) -> Any:
    """Return the select of (entity, code, texts, kind): all names of published entities, as one array."""
    texts: Any = sa.cast(sa.literal([]), sa.ARRAY(sa.Text))
    for name in (*entity.title, *entity.names):
        column = entity.table.c[name]
        is_list = getattr(column.type, "item_type", None) is not None
        texts = sa.func.array_cat(texts, column) if is_list else sa.func.array_append(texts, column)
    kind = KINDS.get(entity.name)
    return sa.select(
        sa.literal(entity.name).label("entity"),
        entity.table.c.code,
        texts.label("texts"),
        (entity.table.c[kind] if kind else sa.null().cast(sa.Text)).label("kind"),
    ).where(
        entity.table.c.code.in_(sa.bindparam(entity.name, expanding=True)),
        entity.table.c.visibility == PUBLISHED,
    )


@cache
def _names_statement() -> Any:
    """Return the one statement for all kinds: to build it costs more than to run it."""
    return sa.union_all(*[_names_select(registry.entity_type(name)) for name in LINKED])


def names_of(links: list[Links]) -> dict[tuple[str, str], list[str]]:
    """Return {(entity, code): names} of the published entities in all these links; one query.

    Names are every title, the other names, and the Spanish word for a workshop's kind.
    """
    wanted = {name: sorted({code for each in links for code in each[name]}) for name in LINKED}
    if not any(wanted.values()):
        return {}
    found = {}
    for row in Session.execute(_names_statement(), wanted):
        texts = [*row.texts, *([_kind_label(row.entity, row.kind)] if row.kind else [])]
        found[row.entity, row.code] = list(dict.fromkeys(text for text in texts if text))
    return found


def _kind_label(entity: str, kind: str) -> str:
    return forms.choice_label(forms.field_of(registry.entity_type(entity), KINDS[entity]), kind)


def solr_fields(links: Links, names: dict[tuple[str, str], list[str]]) -> dict[str, list[str]]:
    """Return what the index holds of a dataset with these links: the one place that says so."""
    chosen = [
        text for name in LINKED for code in links[name] for text in (code, *names.get((name, code), ()))
    ]
    return {**links, NAMES: list(dict.fromkeys(chosen))}


class SearchHooks:
    """The part of ``IPackageController`` that says what Solr gets."""

    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        """Put the links into the fields that Solr's schema declares for them."""
        shown = json.loads(pkg_dict["validated_data_dict"])
        links = links_of(shown)
        pkg_dict.update(solr_fields(links, names_of([links])))
        for name in KEPT_AS_JSON:
            pkg_dict.pop(f"extras_{name}", None)
        return pkg_dict
