"""Follow something without an account: ask, confirm, see, take along, leave; and the datasets' feed.

No address is in any address of these pages: a form carries it in its body, a link of a mail a secret or a
signature. Nothing happens by opening a link, because programs that look for viruses open them all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.follow import feed, followers, news, sending, things, tokens
from ckanext.gobiernoabierto.follow.followers import Mine
from ckanext.gobiernoabierto.follow.model import DATASET
from ckanext.gobiernoabierto.lib import mail_address
from ckanext.gobiernoabierto.links import mirror
from ckanext.gobiernoabierto.views.entities import answer_refusals
from ckanext.gobiernoabierto.views.exports import EXPORTS, content_type
from ckanext.gobiernoabierto.web import caching
from ckanext.gobiernoabierto.web.limits import asked_too_often, limiter, within
from flask import Blueprint, make_response, redirect, request

following = Blueprint("gobiernoabierto_follow", __name__)
answer_refusals(following)

BY_VISITOR, BY_ADDRESS = "20 per hour", "5 per day"
HERE = "gobiernoabierto_follow"

limited = limiter.limit(BY_VISITOR, methods=["POST"], error_message=asked_too_often)


def private(view: Callable[..., Any]) -> Callable[..., Response]:
    """Let no cache keep, and no search engine list, what a link of a mail leads to."""

    @wraps(view)
    def wrapper(**arguments: str) -> Response:
        answer = make_response(view(**arguments))
        answer.headers["Cache-Control"] = "private, no-store"
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    return wrapper


def _page(name: str, status: HTTPStatus = HTTPStatus.OK, **extra: Any) -> tuple[str, int]:
    return tk.render(f"gobiernoabierto/follow/{name}.html", extra), status


def _sent(name: str) -> Any:
    return redirect(tk.url_for(f"{HERE}.{name}"), HTTPStatus.SEE_OTHER)


def _typed_address() -> tuple[str | None, dict[str, str]]:
    """Return (address or None, error by field) of the form."""
    if not sending.offered():
        return None, {"address": tk._("This site sends no mails: follow by Atom")}
    try:
        return mail_address.read(request.form.get("address", "")), {}
    except ValueError:
        return None, {"address": tk._("Write an address like ana@example.org, without accents before the @")}


# -- Ask ----------------------------------------------------------------------------------------------


def _asking(thing: things.Thing, data: Any, errors: dict[str, str]) -> tuple[str, int]:
    status = HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK
    return _page("ask", status, thing=thing, data=data, errors=errors, offered=sending.offered())


@following.route("/seguir", methods=["GET", "POST"])
@private
@limited
def ask() -> Any:
    """Show the form for one thing, or take it: whoever has the address gets a mail that asks them."""
    given = request.form if request.method == "POST" else request.args
    thing = things.followable(given.get("kind", ""), given.get("code", ""))
    if request.method == "GET":
        return _asking(thing, {}, {})
    address, errors = _typed_address()
    if address is None:
        return _asking(thing, request.form, errors)
    # an answer that differs would tell that somebody else asked for this address
    if within(BY_ADDRESS, "follow", tokens.counted(address)):
        followers.ask(address, thing)
        sending.soon()
    return _sent("asked")


@following.route("/seguir/revise-su-correo", methods=["GET"])
def asked() -> Any:
    """Say that a mail is on its way, if the address is right."""
    return _page("asked")


@following.route("/seguir/confirmar/<secret>", methods=["GET", "POST"])
@private
def confirm(secret: str) -> Any:
    """Show what the link is about, and confirm it when the button is pressed."""
    done = request.method == "POST"
    pair = followers.confirm(secret) if done else followers.asked_about(secret)
    if pair is None:
        return _page("spent", HTTPStatus.NOT_FOUND)
    present = things.current([pair])[pair]
    return _page("confirm", thing=things.public([present]).get(present), done=done)


# -- Leave --------------------------------------------------------------------------------------------


@following.route("/seguir/baja/<token>", methods=["GET", "POST"])
@private
def leave(token: str) -> Any:
    """Show a button; take its form, and the POST of a mail program's own button (RFC 8058)."""
    follower = tokens.read(tokens.LEAVE, token)
    if follower is None:
        return _page("spent", HTTPStatus.NOT_FOUND)
    if request.method == "POST":
        followers.erase(follower)
    return _page("leave", done=request.method == "POST")


# -- See, take along, erase ---------------------------------------------------------------------------


@following.route("/seguir/mis-seguimientos", methods=["GET", "POST"])
@private
@limited
def links() -> Any:
    """Show the form that asks for the links to what one follows, or take it."""
    if request.method == "GET":
        return _page("links", data={}, errors={})
    address, errors = _typed_address()
    if address is None:
        return _page("links", HTTPStatus.BAD_REQUEST, data=request.form, errors=errors)
    if within(BY_ADDRESS, "follow", tokens.counted(address)):
        followers.ask_for_links(address)
        sending.soon()
    return _sent("asked")


def _own(token: str) -> Mine | None:
    follower = tokens.read(tokens.MINE, token)
    return followers.mine(follower) if follower else None


@following.route("/seguir/mis-seguimientos/<token>", methods=["GET", "POST"])
@private
def mine(token: str) -> Any:
    """Show what somebody follows; take the wish to follow one thing less, or to be erased."""
    own = _own(token)
    if own is None:
        return _page("spent", HTTPStatus.NOT_FOUND)
    if request.method == "GET":
        return _page("mine", mine=own, token=token)
    if "erase" in request.form:
        followers.erase(own.id)
        return _page("leave", done=True)
    followers.stop(own.id, request.form.get("kind", ""), request.form.get("code", ""))
    return redirect(tk.url_for(f"{HERE}.mine", token=token), HTTPStatus.SEE_OTHER)


@following.route("/seguir/mis-seguimientos/<token>/datos.json", methods=["GET"])
@private
def export(token: str) -> Any:
    """Return all that is kept of somebody."""
    own = _own(token)
    if own is None:
        return _page("spent", HTTPStatus.NOT_FOUND)
    answer = make_response(json.dumps(own.plain(), ensure_ascii=False, indent=1))
    answer.headers["Content-Type"] = content_type(EXPORTS["json"].mimetype)
    answer.headers["Content-Disposition"] = 'attachment; filename="mis-seguimientos.json"'
    return answer


# -- The feed of a dataset; those of the entities are among their formats -----------------------------


@following.route("/dataset/<id>.atom", methods=["GET"])
def dataset_feed(id: str) -> Any:
    """Return what is new about a public dataset."""
    thing, listed = things.followable(DATASET, id), mirror.public_dataset(id)
    body = feed.atom(thing, news.about(thing), listed.modified if listed else now())
    return caching.by_content(
        caching.digest([body]), lambda: make_response(body, {"Content-Type": feed.MIMETYPE})
    )
