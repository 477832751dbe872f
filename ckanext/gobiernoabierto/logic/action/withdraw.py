"""Taking a dataset back from the public, and what everybody is told of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckanext.gobiernoabierto.entities import history
from ckanext.gobiernoabierto.entities.base import DRAFT as HIDDEN
from ckanext.gobiernoabierto.feed import snapshot, withdrawal
from ckanext.gobiernoabierto.feed.model import DATASET
from ckanext.gobiernoabierto.links import hooks, mirror
from ckanext.gobiernoabierto.logic import validation
from ckanext.gobiernoabierto.logic.action.write import unit_of_work
from ckanext.gobiernoabierto.logic.dataset import ACTIVE, DELETED, DRAFT
from ckanext.gobiernoabierto.logic.stock import shapes
from ckanext.gobiernoabierto.logic.validators import refused

Context = dict[str, Any]
Data = dict[str, Any]

PRIVATE = "private"
HIDES: dict[str, Data] = {DRAFT: {"state": DRAFT}, PRIVATE: {"state": ACTIVE, "private": True}}
"""What becomes of a dataset that is not deleted -> what is changed of it."""
PAGE = re.compile(r"(?:https?://[^/]+)?/dataset/([^/?#]+)/?", re.IGNORECASE)
"""The address of a dataset's page, which people copy."""
REPLACED = "replaced"
"""The reason that says nothing without a successor."""


def gobiernoabierto_dataset_withdraw(context: Context, data_dict: Data) -> Data:
    """Take a dataset back from the public, and say to everybody why and what takes its place.

    Of one that was taken back already, what is told of it is replaced. What is told ends when the dataset is
    public again.

    :param id: its id or name
    :param state: what becomes of it: ``deleted``, ``draft`` or ``private``. If it is not given, a public one
        is deleted, and one that is not public stays what it is
    :param reason: why: ``wrong_data``, ``replaced``, ``published_by_mistake``, ``personal_data``,
        ``obsolete`` or ``other`` (optional)
    :param note: a sentence for everybody to read, at most 300 characters (optional)
    :param successor: the public dataset that takes its place: its id, its name, the address of its page or,
        where no other public dataset has the same, its title (optional; not if the reason is ``replaced``)
    :returns: its ``id``, ``name`` and ``state``, what is told of it, and in ``led_here`` the names of those
        that were taken back before and lead their readers to it, as far as the caller may change them
    :raises ValidationError: under ``id`` for what never was public: ``package_delete`` deletes it; under
        ``successor`` for none where the reason is ``replaced``, and for what is no other public dataset
    """
    id = data_dict.get("id")
    wrong = shapes.problems("package_update", {"id": id}) if id else {"id": [tk._("Missing value")]}
    if wrong:
        raise tk.ValidationError(wrong)
    tk.check_access("gobiernoabierto_dataset_withdraw", context, data_dict)
    package = model.Package.get(id)
    if package is None:  # which sysadmins are not told by their permissions
        raise tk.ObjectNotFound(tk._("Not found"))
    given, heir = _checked(package, data_dict)
    told = {**{name: given.get(name) for name in ("reason", "note")}, "successor": heir and heir.package_id}
    with unit_of_work(context):
        _hide(context, package, given.get("state"), told)
    return {
        "id": package.id,
        "name": package.name,
        "state": PRIVATE if package.state == ACTIVE else package.state,
        **told,
        "successor": heir and heir.name,
        "led_here": [each.name for each in leading_here(context, package.id).own],
    }


@dataclass(frozen=True)
class LeadingHere:
    """Those that were taken back and lead their readers to a dataset, perhaps by several steps."""

    own: list[model.Package]
    """Which the caller may change."""
    others: int
    """How many there are beside them."""

    @property
    def number(self) -> int:
        """Return how many they are."""
        return len(self.own) + self.others


def leading_here(context: Context, package_id: str) -> LeadingHere:
    """Return which datasets that were taken back lead their readers to this one."""
    ids = withdrawal.leading_to(package_id)
    own = [package for id in ids if (package := model.Package.get(id)) and _may_change(context, id)]
    return LeadingHere(own, len(ids) - len(own))


def _may_change(context: Context, id: str) -> bool:
    who = {name: context[name] for name in ("user", "auth_user_obj", "ignore_auth") if name in context}
    try:
        return tk.check_access("package_update", who, {"id": id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False


def was_public(package: model.Package) -> bool:
    """Tell whether everybody may read a dataset, or the feed says that everybody once could."""
    return is_public(package) or snapshot.last_of(DATASET, package.id) is not None


def is_public(package: model.Package) -> bool:
    """Tell whether everybody may read a dataset."""
    return package.state == ACTIVE and not package.private and package.type == DATASET


def _checked(package: model.Package, data: Data) -> tuple[Data, Any]:
    """Return what was given and the dataset that takes its place; ValidationError with all that is wrong."""
    given, errors = _as_far_as_valid(data)
    if not was_public(package):
        errors["id"] = [tk._("It never was public: there is nobody to be told")]
    heir, wrong = _successor(package, given)
    if wrong:
        errors.setdefault("successor", [wrong])
    if errors:
        raise refused(errors)
    return given, heir


def _as_far_as_valid(data: Data) -> tuple[Data, Data]:
    """Return what each field takes of what was given, and the errors of the others."""
    try:
        return validation.validate_file(withdrawal.SCHEMA, data, ("id",)), {}
    except tk.ValidationError as error:
        valid = {name: value for name, value in data.items() if name not in error.error_dict}
        return validation.validate_file(withdrawal.SCHEMA, valid, ("id",)), dict(error.error_dict)


def _successor(package: model.Package, given: Data) -> tuple[Any, str | None]:
    """Return the public dataset that is named, and what is wrong with it: none, several, or itself."""
    word = given.get("successor")
    if not word:
        lacks = given.get("reason") == REPLACED
        return None, tk._("Say which dataset replaces it, or choose another reason") if lacks else None
    meant = Others(package.id).meant(word)
    if len(meant) > 1:
        return None, tk._("Several public datasets have this title: write the address of one of them")
    found = mirror.public_dataset(meant[0]) if meant else None
    wrong = tk._("It has to be the title or the address of another public dataset") if found is None else None
    return found, wrong


class Others:
    """All public datasets but one, under what people call them; one query.

    Compared in Python: what PostgreSQL takes for a small letter depends on how its database was made.
    """

    def __init__(self, package_id: str) -> None:
        self._named: dict[str, str] = {}
        self._titled: dict[str, list[str]] = {}
        for each in mirror.names_and_titles():
            if each.id == package_id:
                continue
            self._named |= {_folded(each.id): each.id, _folded(each.name): each.id}
            self._titled.setdefault(_folded(each.title or ""), []).append(each.id)

    def meant(self, given: str) -> list[str]:
        """Return the ids of those that have this id, name or address, or else this title."""
        page = PAGE.fullmatch(given.strip())
        word = _folded(page[1] if page else given)
        if word in self._named:
            return [self._named[word]]
        return [] if page else self._titled.get(word, [])

    def word_for(self, dataset: mirror.Listed) -> str:
        """Return what to write for it: its title, or its name where the title means another one too."""
        return dataset.title if self.meant(dataset.title) == [dataset.package_id] else dataset.name


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).strip().casefold())


def _hide(context: Context, package: model.Package, state: str | None, told: Data) -> None:
    """Change what becomes of it, and write what is told: in one transaction, whoever commits it."""
    own = {name: context[name] for name in ("user", "auth_user_obj", "ignore_auth") if name in context}
    state = state or (DELETED if is_public(package) else None)
    if state in HIDES:
        caller = {**own, "defer_commit": True, "allow_state_change": True}
        tk.get_action("package_patch")(caller, {"id": package.id, **HIDES[state]})
    changes = history.difference(withdrawal.said_of(package.id), told)
    withdrawal.say(package.id, told)
    if changes:
        who = hooks.writer(context)
        history.record(hooks.SUBJECT, package.id, "withdraw", changes, who, visibility=HIDDEN)
    if state == DELETED and package.state != DELETED:
        tk.get_action("package_delete")(own, {"id": package.id})  # which commits


ACTIONS = {"gobiernoabierto_dataset_withdraw": gobiernoabierto_dataset_withdraw}
