"""What the pages of the entities show, gathered in a number of queries that no row adds to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import (
    forms,
    harvested,
    listing,
    participation,
    references,
    store,
    timeline,
)
from ckanext.gobiernoabierto.entities.base import DRAFT, PUBLISHED, EntityType, Values
from ckanext.gobiernoabierto.entities.references import Named, Reference, Related
from ckanext.gobiernoabierto.entities.timeline import Moment
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.links.mirror import Listed
from ckanext.gobiernoabierto.links.model import LINKED

Names = Mapping[tuple[str, str], Named]
Numbers = Mapping[str, Mapping[str, int]]
"""{filter with choices: {value: rows}}."""
MANY, SHORT = 8, 40
MOST_DATASETS = 10
MOST_OPTIONS = 350
"""All municipalities; of a field that names more things, the page of each leads to its list."""


def known_by_code(entity: EntityType) -> bool:
    """Tell whether people know the code: INE's, or the number of a plan or commitment; no made-up word."""
    schema = forms.form_schema(entity)
    return bool(schema.get("called_by_code") or schema.get("code_pattern"))


@dataclass(frozen=True)
class Section:
    """The entities that name the one of the page in one of their fields."""

    label: str
    reference: Reference
    count: int
    first: list[Named]
    full: list[Values]
    """All of each of the first ones, where a line is too little (``told_in_full``)."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return the schema of those that name it."""
        return forms.form_schema(self.reference.source)

    @property
    def coded(self) -> bool:
        """Tell whether people know them by their code."""
        return known_by_code(self.reference.source)

    @property
    def short(self) -> bool:
        """Tell whether there are many, and their titles stand in columns: names of places, not sentences."""
        return len(self.first) > MANY and _short(self.first)


@dataclass(frozen=True)
class Step:
    """What the page's entity is part of, as the way up names it."""

    named: Named
    label: str


@dataclass(frozen=True)
class EntityPage:
    """One entity, ready to be shown."""

    entity: EntityType
    schema: Mapping[str, Any]
    values: Values
    title: str | None
    title_kind: str | None
    """Field that the title is from; None when none is known."""
    names: Names
    """What the entities that it names are called."""
    way_up: list[Step]
    """What it is part of, from the top."""
    related: list[Section]
    datasets: list[Listed] | None
    """The public datasets that link to it, the last changed first; None for a kind that none can link to."""
    story: list[Moment]
    """What happened to it; empty for a kind that has no state."""
    closed_by: Mapping[str, Listed]
    """{id: dataset} of the public ones that close it or have closed it."""
    waits_since: dt.date | None
    """The day since which it waits for an answer that is due."""
    maintained_at: str | None
    """Address of its page at the other site that it was read from; None for what is of this site."""

    @property
    def label(self) -> str:
        """Return what the page is called where there is little room."""
        return short_label(self.entity, self.values["code"], self.title)

    @property
    def coded(self) -> bool:
        """Tell whether people know it by its code."""
        return known_by_code(self.entity)

    @property
    def draft(self) -> bool:
        """Tell whether only those who may edit it see this page."""
        return self.values["visibility"] == DRAFT

    def known(self, field: forms.Field) -> bool:
        """Tell whether there is a value for this field."""
        return self.values[field["field_name"]] not in (None, "", [])

    def unknown(self, fields: list[forms.Field]) -> list[forms.Field]:
        """Return those of the fields for which nobody knows a value."""
        return [field for field in fields if not self.known(field)]

    def count_of(self, entity: str) -> int:
        """Return how many published entities of that kind name this one."""
        return sum(each.count for each in self.related if each.reference.source.name == entity)


def _named_in(entity: EntityType, values: Values) -> set[tuple[str, str]]:
    found = references.references_of(entity)
    return {(ref.target.name, code) for ref in found for code in ref.codes(values)}


def short_label(entity: EntityType, code: str, title: str | None) -> str:
    """Return a name for the way up: ``Compromiso 3-11`` where people call it so, else its title."""
    schema = forms.form_schema(entity)
    if schema.get("called_by_code") or not title:
        return f"{schema['singular']} {code}"
    return title


def _step(named: Named) -> Step:
    return Step(named, short_label(named.entity, named.code, named.title))


def inverse_label(reference: Reference) -> str:
    """Return what the entities that name another in this field are to it: ``inverse`` of the field."""
    schema = forms.form_schema(reference.source)
    return schema["by_name"][reference.field].get("inverse", schema["plural"])


def _short(found: list[Named]) -> bool:
    return all(len(named.title or "") <= SHORT for named in found)


def _section(each: Related, code: str) -> Section:
    source, full, first = each.reference.source, [], each.first
    if source.told_in_full:
        asked = listing.Listing(filters={each.reference.field: code}, limit=len(first))
        full = [store.plain_values(row) for row in listing.page(source, asked)]
    elif not _short(first):
        first = first[: config.page_size()]  # as its list, to which a link leads
    return Section(inverse_label(each.reference), each.reference, each.count, first, full)


def entity_page(entity: EntityType, row: Any) -> EntityPage:
    """Return all that the page of ``row`` shows."""
    values = row.values()
    related = [_section(each, row.code) for each in references.related(entity, row.code)]
    way_up = references.ancestors(entity, values)
    names = references.titles({*_named_in(entity, values), *way_up})
    story = timeline.story(entity, row) if timeline.has_story(entity) else []
    closing = {each.dataset for each in story if each.dataset}
    title, kind = entity.title_of(values)
    return EntityPage(
        entity=entity,
        schema=forms.form_schema(entity),
        values=store.plain_values(row),
        title=title,
        title_kind=kind,
        names=names,
        way_up=[_step(names[each]) for each in reversed(way_up)],
        related=related,
        datasets=mirror.datasets_of(entity.name, row.code, MOST_DATASETS) if entity.name in LINKED else None,
        story=story,
        closed_by=mirror.public_datasets(closing) if closing else {},
        waits_since=participation.unanswered_since(entity, values, config.answer_days()),
        maintained_at=harvested.address_at_origin(entity, row.code) if config.harvest_sites() else None,
    )


@dataclass(frozen=True)
class Filter:
    """A field by which a list can be narrowed down."""

    field: str
    label: str
    target: EntityType
    value: str | None
    chosen: Named | None
    options: list[Named]
    """What can be chosen; empty where there would be too many."""


@dataclass(frozen=True)
class Choice:
    """One of the values to which a list can be narrowed down, and how many rows it has."""

    value: str
    label: str
    number: int


@dataclass(frozen=True)
class Facet:
    """A field with choices by which a list can be narrowed down."""

    field: str
    label: str
    value: str | None
    choices: list[Choice]
    """Those that some row has, and the chosen one."""

    @property
    def chosen(self) -> str | None:
        """Return the label of the chosen value."""
        return next((each.label for each in self.choices if each.value == self.value), None)

    @property
    def offered(self) -> bool:
        """Tell whether there is anything to choose."""
        return len(self.choices) > 1 or self.value is not None


@dataclass(frozen=True)
class Item:
    """One row of a list."""

    values: Values
    """What the list tells of it (``line``)."""
    named: Named
    counts: list[tuple[str, int]]
    """What names it, and how often."""


@dataclass(frozen=True)
class ListPage:
    """One page of a list, ready to be shown."""

    entity: EntityType
    schema: Mapping[str, Any]
    q: str | None
    filters: list[Filter]
    facets: list[Facet]
    items: list[Item]
    names: Names
    count: int
    number: int
    """Of this page, from 1."""
    last: int

    @property
    def coded(self) -> bool:
        """Tell whether people know its rows by their code."""
        return known_by_code(self.entity)

    @property
    def arguments(self) -> dict[str, str]:
        """Return the parameters of the list's address, without the page."""
        given = {each.field: each.value for each in self.filters if each.value}
        chosen = {each.field: each.value for each in self.facets if each.value}
        return {**({"q": self.q} if self.q else {}), **given, **chosen}

    def narrowed(self, field: str, value: str | None = None) -> dict[str, str]:
        """Return the parameters of the same list with this value of a field, or without any."""
        others = {name: each for name, each in self.arguments.items() if name != field}
        return {**others, field: value} if value else others


def list_page(entity: EntityType, asked: listing.Listing, number: int) -> ListPage:
    """Return page ``number`` of the list that ``asked`` describes."""
    size = config.page_size()
    lines = listing.lines(entity, replace(asked, limit=size, offset=(number - 1) * size))
    numbers = listing.numbers(entity, asked)
    count = _count(entity, asked, numbers)
    found = _filter_references(entity)
    chosen = {(ref.target.name, code) for ref in found if (code := asked.filters.get(ref.field))}
    told = listing.told_of(entity)
    named = {(ref.target.name, code) for ref in told for each in lines for code in ref.codes(each)}
    names = references.titles({*named, *chosen})
    options = references.choices([ref for ref in found if not ref.many], MOST_OPTIONS)
    counts = _counts(entity, [each["code"] for each in lines]) if entity.line is None else {}
    return ListPage(
        entity=entity,
        schema=forms.form_schema(entity),
        q=asked.q,
        filters=[_filter(reference, asked, names, options) for reference in found],
        facets=_facets(entity, asked, numbers),
        items=[_item(entity, each, counts.get(each["code"], [])) for each in lines],
        names=names,
        count=count,
        number=number,
        last=max(1, -(-count // size)),
    )


def _count(entity: EntityType, asked: listing.Listing, numbers: Numbers) -> int:
    """Return how many rows the whole list has: the sum of any field of which nothing is chosen."""
    for name in forms.choices_of(entity).keys() - asked.filters.keys():
        return sum(numbers.get(name, {}).values())
    return listing.count(entity, asked)


def _counts(entity: EntityType, codes: list[str]) -> dict[str, list[tuple[str, int]]]:
    """Return {code: (label, number) of what names it}."""
    counted = references.counts(entity, codes)
    found = {code: [(inverse_label(ref), number) for ref, number in each] for code, each in counted.items()}
    datasets = mirror.counts(entity.name, codes) if entity.name in LINKED else {}
    for code, number in datasets.items():
        found.setdefault(code, []).append((tk._("Datasets"), number))
    return found


def _filter_references(entity: EntityType) -> list[Reference]:
    """Return one reference for each parameter by which the list can be filtered."""
    return list(references.narrowing(entity).values())


def _filter(
    reference: Reference,
    asked: listing.Listing,
    names: Names,
    options: Mapping[str, list[Named]],
) -> Filter:
    code = asked.filters.get(reference.field)
    chosen = names.get((reference.target.name, code)) if code else None
    return Filter(
        field=reference.field,
        label=forms.field_of(reference.source, reference.field)["label"],
        target=reference.target,
        value=code,
        # whoever writes the code of a draft into the address is not told what it is called
        chosen=chosen if chosen and chosen.visibility == PUBLISHED else None,
        options=options.get(reference.field, []),
    )


def choice_filters(entity: EntityType) -> dict[str, forms.Field]:
    """Return what a list can be narrowed down by to one of a few choices, by name."""
    return {**forms.choices_of(entity), **forms.filters_of(entity)}


def labelled(entity: EntityType, name: str) -> list[tuple[str, str]]:
    """Return (value, label) of the choices of such a filter, those without a value as the last one."""
    field = choice_filters(entity)[name]
    return [
        (
            value,
            tk._("no data").capitalize() if value == listing.UNKNOWN else forms.choice_label(field, value),
        )
        for value in listing.values_of(entity, name) or ()
    ]


def _facets(entity: EntityType, asked: listing.Listing, numbers: Numbers) -> list[Facet]:
    found = []
    for name, field in choice_filters(entity).items():
        value, counted = asked.filters.get(name), numbers.get(name, {})
        choices = [Choice(each, label, counted.get(each, 0)) for each, label in labelled(entity, name)]
        shown = [each for each in choices if each.number or each.value == value]
        found.append(Facet(name, field["label"], value, shown))
    return found


def _item(entity: EntityType, line: Values, counts: list[tuple[str, int]]) -> Item:
    title, kind = entity.title_of(line)
    return Item(line, Named(entity, line["code"], title, kind, line["visibility"]), counts)
