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
from ckanext.gobiernoabierto.views import dataset_rdf, fragments
from ckanext.gobiernoabierto.views.entities import answer_refusals
from ckanext.gobiernoabierto.views.exports import EXPORTS, content_type
from ckanext.gobiernoabierto.web import caching
from ckanext.gobiernoabierto.web.limits import asked_too_often, may_send, within
from flask import Blueprint, make_response, redirect, request

following = Blueprint("gobiernoabierto_follow", __name__)
answer_refusals(following)

LINKS_A_DAY = 5
"""Mails with the link to what it follows that one address gets within a day, whoever wants them sent."""
TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
HERE = "gobiernoabierto_follow"


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


def _asking(thing: things.Thing, status: HTTPStatus, data: Any, errors: dict[str, str]) -> tuple[str, int]:
    return _page("ask", status, thing=thing, data=data, errors=errors, offered=sending.offered())


@following.route("/seguir", methods=["GET", "POST"])
@private
def ask() -> Any:
    """Show the form for one thing, or take it: whoever has the address gets a mail that asks them."""
    given = request.form if request.method == "POST" else request.args
    thing = things.followable(given.get("kind", ""), given.get("code", ""))
    if request.method == "GET":
        return _asking(thing, HTTPStatus.OK, {}, {})
    if not may_send("follow"):
        return _asking(thing, TOO_MANY, request.form, {"address": asked_too_often()})
    address, errors = _typed_address()
    if address is None:
        return _asking(thing, HTTPStatus.BAD_REQUEST, request.form, errors)
    # an answer that differs would tell that somebody else asked for this address
    if followers.ask(address, thing):
        sending.soon()
    return _sent("asked")


@following.route("/seguir/revise-su-correo", methods=["GET"])
def asked() -> Any:
    """Say that a mail is on its way, if the address is right, and how many of them one address gets."""
    return _page("asked", confirmations=followers.CONFIRMATIONS_A_DAY, links=LINKS_A_DAY)


@following.route("/seguir/confirmar/<secret>", methods=["GET", "POST"])
@private
def confirm(secret: str) -> Any:
    """Show what the link is about, and confirm it when the button is pressed."""
    asked = followers.asked_about(secret)
    if asked is None:
        return _page("spent", HTTPStatus.NOT_FOUND)
    done = request.method == "POST" and not asked.already
    if done:
        followers.confirm(asked)
    present = things.current([asked.pair])[asked.pair]
    # only who has just confirmed is led on without a mail: links of mails are passed on, and get old
    own = tokens.sign(tokens.MINE, asked.follower) if done else None
    thing = things.public([present]).get(present)
    return _page("confirm", thing=thing, done=done, already=asked.already, own=own)


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
    return _page("leave", done=not followers.is_known(follower))


# -- See, take along, erase ---------------------------------------------------------------------------


@following.route("/seguir/mis-seguimientos", methods=["GET", "POST"])
@private
def links() -> Any:
    """Show the form that asks for the links to what one follows, or take it."""
    if request.method == "GET":
        return _page("links", data={}, errors={})
    if not may_send("follow-links"):
        return _page("links", TOO_MANY, data=request.form, errors={"address": asked_too_often()})
    address, errors = _typed_address()
    if address is None:
        return _page("links", HTTPStatus.BAD_REQUEST, data=request.form, errors=errors)
    if within(f"{LINKS_A_DAY} per day", "follow-links", tokens.counted(address)):
        followers.ask_for_links(address)
        sending.soon()
    return _sent("asked")


def _own(token: str) -> Mine | None:
    follower = tokens.read(tokens.MINE, token)
    return followers.mine(follower) if follower else None


@following.route("/seguir/mis-seguimientos/<token>", methods=["GET", "POST"])
@private
def mine(token: str) -> Any:
    """Show what somebody follows; take the wish to follow one thing less."""
    own = _own(token)
    if own is None:
        return _page("spent", HTTPStatus.NOT_FOUND)
    if request.method == "GET":
        return _page("mine", mine=own, token=token, leave=tokens.sign(tokens.LEAVE, own.id))
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
    row = None if "\0" in id else fragments.row_at(dataset_rdf.KIND, id)
    id = row.id if row is not None else ""
    thing, listed = things.followable(DATASET, id), mirror.public_dataset(id)
    body = feed.atom(thing, news.about(thing), listed.modified if listed else now())
    return caching.by_content(
        caching.digest([body]), lambda: make_response(body, {"Content-Type": feed.MIMETYPE})
    )
