"""The rules of a dataset as a whole: ``schemas/dataset.yaml`` names them as its ``before_validators``.

Fields are validated one by one in alphabetical order, and what comes after them comes after their
values were stored: only before them can links be compared with each other, and errors stand beside
their fields.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.lib.munge import munge_title_to_name
from ckanext.gobiernoabierto.entities import references, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.lib.formats import read_day
from ckanext.gobiernoabierto.links.known import known_codes
from ckanext.gobiernoabierto.links.model import (
    COVERAGE,
    FROM_WORKSHOP,
    LINKED,
    MUNICIPAL,
    NATIONAL,
    NO_WORKSHOP,
    ORIGIN,
    Links,
    links_of,
    pairs,
)
from ckanext.gobiernoabierto.links.normalise import (
    Known,
    Pair,
    Problem,
    Wanted,
    codes_for,
    normalise,
    present_codes,
    without,
)
from ckanext.gobiernoabierto.logic import auth, dataset_fields, indexable, validators
from ckanext.gobiernoabierto.logic.stock import visible
from ckanext.gobiernoabierto.logic.validators import no_such
from ckanext.gobiernoabierto.rdf.identifiers import elsewhere

ACTIVE, DRAFT, DELETED = "active", "draft", "deleted"
STATES = (ACTIVE, DRAFT, DELETED)
MAX_NAME = 90
"""Leaves room for a suffix within CKAN's 100 characters."""
DATES = ("temporal_start", "temporal_end")
EXAMPLES = {
    "municipality": "0115",
    "workshop": "ideaton-villa-nueva-2017",
    "problem": "0115-P1",
    "idea": "0115-I12",
    "data_request": "0115-D1",
    "commitment": "3-11",
    "axis": "3-3",
}

Data = dict[tuple[Any, ...], Any]
Errors = dict[tuple[Any, ...], list[str]]
Context = dict[str, Any]


def get_validators() -> dict[str, Callable[..., Any]]:
    """Return all validators that ``schemas/*.yaml`` names; a blanket hands them to CKAN."""
    modules = (validators, dataset_fields)
    found = {name: getattr(module, name) for module in modules for name in module.__all__}
    return {**found, "gobiernoabierto_dataset": gobiernoabierto_dataset}


def gobiernoabierto_dataset(_key: tuple[str], data: Data, errors: Errors, context: Context) -> None:
    """Normalise the links of a dataset, and say beside each field what keeps it from being stored.

    A draft may lack what a published dataset must have; what it does have must be right.
    """
    package = context.get("package")
    state = target_state(data, context)
    if package is None:
        _fill_in(data, context)
    held = links_of(package.extras if package is not None else {})
    wanted = Wanted(
        {name: _given_codes(name, data, errors) for name in LINKED},
        coverage=_one_of(data, COVERAGE, (MUNICIPAL, NATIONAL)),
        origin=_one_of(data, ORIGIN, (FROM_WORKSHOP, NO_WORKSHOP)),
    )
    known = known_codes(pairs(wanted.links) | pairs(held))
    known = without(known, _hidden_drafts(wanted.links, held, known, context))
    links, problems = normalise(wanted, held, known)
    for problem in problems:
        errors[problem.field,].append(_message(problem, links, known, context))
    for name in LINKED:
        data[name,] = links[name]
    _check_period(data, errors)
    _check_identifier(data, errors, context)
    indexable.check(data, errors)
    if state == ACTIVE:
        plain = {key[0]: value for key, value in data.items() if len(key) == 1}
        for name, message in missing_to_publish(plain).items():
            if not errors.get((name,)):
                errors[name,].append(message)
    elif state not in STATES:
        errors["state",].append(tk._("Choose one of: {choices}").format(choices=", ".join(STATES)))


def target_state(data: Data, context: Context) -> str:
    """Return the state that the dataset will have; where CKAN would ignore the one given, its own choice."""
    package, given = context.get("package"), data.get(("state",))
    given = given if isinstance(given, str) and given else None
    if package is None:
        user = context.get("auth_user_obj") or model.User.get(context.get("user"))
        heeded = context.get("ignore_auth") or context.get("allow_state_change")
        return given if given and (heeded or getattr(user, "sysadmin", False)) else ACTIVE
    if given is None or given == package.state:
        return package.state
    try:
        tk.check_access("package_change_state", dict(context), {"id": package.id})
    except tk.NotAuthorized:
        return package.state
    return given


def missing_to_publish(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return {field: message} for what a dataset lacks to be published.

    It has to say what it is, of which place, from which workshop or none, and what it serves. The
    organization is not among them: CKAN asks for it itself, of drafts too, for it says who edits them.
    """
    found: dict[str, str] = {}
    if not _text(fields.get("title")):
        found["title"] = tk._("Write a title that says what the data is about")
    if not _text(fields.get("notes")):
        found["notes"] = tk._("Describe the data: what it is, where it comes from, what it serves for")
    if not fields.get("municipality") and fields.get(COVERAGE) != NATIONAL:
        found["municipality"] = tk._(
            "Choose a municipality, or national coverage if it is of all the country"
        )
    if not fields.get("workshop") and fields.get(ORIGIN) != NO_WORKSHOP:
        found["workshop"] = tk._("Choose the workshop, or that the data comes from none")
    if not fields.get("commitment") and not fields.get("axis"):
        found["commitment"] = tk._("Choose the commitment that the data serves, or at least its axis")
    return found


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _one_of(data: Data, name: str, choices: tuple[str, str]) -> str:
    """Return what the field holds, or the first choice; its own validator refuses anything else."""
    value = data.get((name,))
    return value if isinstance(value, str) and value in choices else choices[0]


def _given_codes(name: str, data: Data, errors: Errors) -> list[str]:
    """Return the codes given for a field; what is no list of codes is an error beside it."""
    value, junk = data.get((name,)), data.get(("__junk",)) or {}
    rows = [key for key in junk if key[0] == name]
    if rows:  # a list of objects: CKAN has taken it for rows of a table
        data["__junk",] = {key: junk[key] for key in junk if key not in rows}
        value = rows
    try:
        return codes_for(name, None if value is tk.missing else value)
    except ValueError:
        message = tk._('Give a list of codes between quotation marks, for example ["{code}"]')
        errors[name,].append(message.format(code=EXAMPLES[name]))
        return []


def _hidden_drafts(links: Links, held: Links, known: Known, context: Context) -> set[Pair]:
    """Return the drafts that the caller names anew and may not see: of them nothing may be told."""
    named = pairs(present_codes(links, known)) & {(name, code) for (name, _), code in known.living.items()}
    drafts = named - known.published - pairs(present_codes(held, known))
    return {
        (name, code)
        for name, code in drafts
        if auth.known_row(context, registry.entity_type(name), code) is None
    }


def _message(problem: Problem, links: Links, known: Known, context: Context) -> str:
    entity = registry.entity_type(problem.field)
    if problem.kind == "national":
        return tk._("The coverage is national: leave the municipality empty, or choose municipal coverage")
    if problem.kind == "none":
        return tk._("The data comes from no workshop: leave it empty, or choose that it comes from one")
    if problem.kind == "draft":
        message = tk._("{code} is not published yet: publish it first, or choose another")
        return message.format(code=problem.code)
    if problem.kind == "elsewhere":
        of = known.municipalities_of[problem.field, problem.code]
        message = tk._("{title} is of {municipalities}: choose its municipality too, or leave it out")
        return message.format(
            title=_titles(problem.field, [problem.code], context),
            municipalities=_titles("municipality", sorted(of), context),
        )
    if problem.kind == "other":
        message = tk._("{axis} is not the axis of {commitments}: leave it out, or choose a commitment of it")
        return message.format(
            axis=_titles("axis", [problem.code], context),
            commitments=_titles("commitment", links["commitment"], context),
        )
    return no_such(entity, problem.code)


def _titles(name: str, of: list[str], context: Context) -> str:
    """Return codes with the titles that the caller may read, for a message."""
    found = references.titles({(name, code) for code in of})
    entity, told = registry.entity_type(name), []
    for code in of:
        each = found.get((name, code))
        public = each is not None and each.visibility == PUBLISHED
        readable = public or (each is not None and auth.known_row(context, entity, code) is not None)
        told.append(f"{each.title} ({code})" if each and each.title and readable else code)
    return ", ".join(told)


def _check_period(data: Data, errors: Errors) -> None:
    start, end = (_day(data.get((name,))) for name in DATES)
    if start and end and end < start:
        errors["temporal_end",].append(tk._("The end is before the start: correct one of the two dates"))


def _check_identifier(data: Data, errors: Errors, context: Context) -> None:
    """Keep people from giving a dataset or a file the identifier of another site's.

    Who reads that site in gives it.
    """
    package = context.get("package")
    stored = [None, "", *([] if package is None else _stored_identifiers(package))]
    wrong = [key for key, value in _identifiers(data) if value not in stored]
    if wrong and not visible.sees_everything(context):
        message = tk._("Only who administers the site says which identifier a dataset has at another one")
        for key in wrong:
            errors.setdefault(key, []).append(message)
    _check_single(data, errors, context)


def _check_single(data: Data, errors: Errors, context: Context) -> None:
    """Keep two datasets from being one: who reads them knows them by their identifiers alone.

    They are stored as they are published: spelled in another way they would be the same.
    """
    package = context.get("package")
    kept = package.extras.get("uri") if package is not None and package.state == ACTIVE else None
    for key, value in list(_identifiers(data)):
        address = elsewhere(value)
        if key[0] == "extras" and address is not None and value != kept:
            data[key] = address
            if other := _known_as(address, package):
                errors.setdefault(key, []).append(_taken(other, context))


def _taken(other: Any, context: Context) -> str:
    if not visible.sees_everything(context):
        return tk._("Another dataset has this identifier by now: ask who administers the site")
    message = tk._("The dataset “{title}” has this identifier: change or delete that one")
    return message.format(title=other.title or other.name)


def _known_as(identifier: str, package: Any) -> Any:
    """Return another dataset that has this identifier of another site's, or None.

    Until the commit nobody else gives it to one.
    """
    model.Session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(identifier))))
    extra = model.PackageExtra
    found = model.Session.query(model.Package).join(extra, extra.package_id == model.Package.id)
    found = found.filter(extra.key == "uri", extra.value == identifier, extra.state == ACTIVE)
    found = found.filter(model.Package.state == ACTIVE)
    return found.filter(model.Package.id != package.id if package is not None else True).first()


def _identifiers(data: Data) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield (key, value) of what is given as an identifier, of the dataset or of a file."""
    for key, value in data.items():
        if key[0] == "extras" and key[2:] == ("key",) and value == "uri":
            yield (*key[:2], "value"), data.get((*key[:2], "value"))
        elif key[0] == "resources" and key[2:] == ("__extras",) and isinstance(value, dict):
            yield (*key[:2], "uri"), value.get("uri")


def _stored_identifiers(package: Any) -> Iterator[Any]:
    yield package.extras.get("uri")
    yield from (resource.extras.get("uri") for resource in package.resources)


def _day(value: Any) -> dt.date | None:
    """Return the day that a field holds; the field's own validator tells what is none."""
    try:
        return read_day(_text(value))
    except ValueError:
        return None


def _fill_in(data: Data, context: Context) -> None:
    """Give a new dataset the address and the organization that its maker left out."""
    if not _text(data.get(("name",))):
        data["name",] = free_name(_text(data.get(("title",))))
    if data.get(("owner_org",)) in (None, "", tk.missing):
        user = model.User.get(context.get("user"))
        # who administers the site may publish for any, whatever the ones that they are a member of
        mine = auth.editor_organizations(user.id) if user is not None and not user.sysadmin else []
        if len(mine) == 1:
            data["owner_org",] = mine[0]


def free_name(title: str) -> str:
    """Return an address, not taken yet, made from the title; of no title, ``borrador-`` and a few digits."""
    name = munge_title_to_name(title)[:MAX_NAME].strip("-_")
    if len(name) < 2:
        return f"borrador-{uuid.uuid4().hex[:8]}"
    taken = (
        validators.OF_ID.fullmatch(name) or model.Session.query(model.Package.id).filter_by(name=name).first()
    )
    return f"{name}-{uuid.uuid4().hex[:6]}" if taken else name
