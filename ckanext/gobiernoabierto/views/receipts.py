"""``/recibo``: what became of the problem or the idea whose code stands on a paper receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import codes, forms, participation, proposals, registry, timeline
from ckanext.gobiernoabierto.entities.base import PUBLISHED, EntityType
from ckanext.gobiernoabierto.lib.receipts import read_code
from ckanext.gobiernoabierto.web.limits import by_code
from flask import Blueprint, make_response, redirect, request

receipts = Blueprint("gobiernoabierto_receipt", __name__)

STEPS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "problem": (("reported",), ("prioritised",), ("in_progress", "discarded"), ("solved",)),
    "idea": (("received",), ("under_review",), ("accepted", "in_progress", "declined"), ("done",)),
}
"""{kind: states of each of the four steps}; the first state of a step names it while it is not reached."""
ENDED = ("discarded", "declined")
"""After these nothing is to come."""


@dataclass(frozen=True)
class Step:
    """One of the steps: its name, and whether it is behind, here or ahead."""

    label: str
    place: str


@dataclass(frozen=True)
class Receipt:
    """What is found under a code: its story, or that it is not public yet."""

    entity: EntityType
    code: str
    row: Any

    @property
    def public(self) -> bool:
        """Tell whether everybody may read it."""
        return self.row.visibility == PUBLISHED

    @property
    def refused(self) -> bool:
        """Tell whether it was sent from home and an editor did not publish it."""
        return proposals.was_refused(self.entity, self.row)

    @property
    def steps(self) -> list[Step]:
        """Return the steps that it took or may still take; none that was passed over."""
        steps, had = STEPS[self.entity.name], timeline.public_states(self.entity, self.row)
        here = next(i for i, states in enumerate(steps) if self.row.state in states)
        behind = [[state for state in states if state in had][-1:] for states in steps[:here]]
        behind[:1] = [behind[0] or [steps[0][0]]] if behind else []  # what has a receipt was received
        ahead = [] if self.row.state in ENDED else [states[0] for states in steps[here + 1 :]]
        told = [(state, "behind") for states in behind for state in states]
        told += [(self.row.state, "here"), *[(state, "ahead") for state in ahead]]
        field = forms.field_of(self.entity, "state")
        return [Step(forms.choice_label(field, state), place) for state, place in told]

    @property
    def answer(self) -> Any:
        """Return the newest answer: of several of one day the one that was written last."""
        return max(reversed(self.row.answers), key=lambda each: each.date)

    @property
    def waits_since(self) -> Any:
        """Return the day since which it waits for an answer that is due, or None."""
        return participation.unanswered_since(self.entity, self.row.values(), config.answer_days())


def kind_of(code: str) -> EntityType:
    """Return which kind a code of a receipt is of: its letter says it on paper."""
    return next(
        kind for kind in map(registry.entity_type, STEPS) if kind.numbered and f"-{kind.numbered[1]}" in code
    )


@receipts.route("/recibo", methods=["GET"])
@by_code(exempt_when=lambda: not request.args.get("codigo"))
def receipt() -> Response:
    """Ask for a code, and tell what became of what it stands for; 404 for a code that nobody has."""
    typed = request.args.get("codigo", "")[:300].strip()
    code, found = read_code(typed), None
    if code:
        kind = kind_of(code)
        there = codes.resolve(kind, code)
        if there.gone is not None or there.moved_to:
            return redirect(tk.url_for(f"gobiernoabierto.{kind.name}_read", code=code))
        found = Receipt(kind, code, there.row) if there.row is not None else None
    page = tk.render("gobiernoabierto/receipt.html", {"typed": typed, "code": code, "receipt": found})
    return make_response(page, HTTPStatus.NOT_FOUND if typed and not found else HTTPStatus.OK)
