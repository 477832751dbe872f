"""Who has a session, and how long: people who signed in, for the time of one session.

Pages for visitors carry no CSRF token and set no cookie, so that one copy serves all of them. CKAN's
``base.html`` writes a token into every page, and with the token goes a session cookie. Nobody can act
in the name of a visitor, so CKAN does not ask a visitor's forms for the token either.
"""

from __future__ import annotations

import time
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.config.middleware.flask_app import csrf
from ckan.types import CKANApp, Response
from ckanext.gobiernoabierto.web import caching
from flask import current_app, g, session
from flask_login import user_logged_in
from flask_wtf.csrf import CSRFError, generate_csrf

SINCE = "_signed_in_at"
MARK = "gobiernoabierto_captura"
"""Cookie that tells scripts of this site who is here: whose page a browser may show without a connection."""


def install(app: CKANApp) -> None:
    """Give templates a token for people who are signed in, and clean up after everybody else."""
    user_logged_in.connect(begin, app)
    # before CKAN asks who this is
    app.before_request_funcs.setdefault(None, []).insert(0, end_in_time)
    app.before_request(sign_out_by_form)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(lambda: {"csrf_token": csrf_token})
    app.before_request(lead_on)
    app.after_request(forget_spent_session)
    app.after_request(unmark)
    # first in the list, so it runs last: others look who this is
    app.after_request_funcs.setdefault(None, []).insert(0, forget_who_asked)


def begin(_app: CKANApp, **_: Any) -> None:
    """Note when somebody signed in, and drop the wish to be remembered.

    The cookie that remembers is a key without an end: it outlives a new password.
    """
    session[SINCE] = int(time.time())
    session.pop("_remember", None)
    session.pop("_remember_seconds", None)


def end_in_time() -> None:
    """End a session whose time is over; Flask's own limit begins again with each change of the session."""
    if "_user_id" not in session:
        return
    began = session.setdefault(SINCE, int(time.time()))
    if time.time() - began > tk.config["PERMANENT_SESSION_LIFETIME"]:
        session.clear()


def mark(response: Response) -> None:
    """Let scripts of this browser know who is here, for as long as the session lasts."""
    left = int(session.get(SINCE, time.time()) + tk.config["PERMANENT_SESSION_LIFETIME"] - time.time())
    secure = tk.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(MARK, tk.current_user.id, max_age=left, secure=secure, samesite="Lax")


def unmark(response: Response) -> Response:
    """Return the response, which takes the mark away from a browser where that person is no more."""
    marked = tk.request.cookies.get(MARK)
    if marked is not None and marked != getattr(tk.current_user, "id", None):
        response.delete_cookie(MARK, secure=tk.config["SESSION_COOKIE_SECURE"], samesite="Lax")
    return response


def lead_on() -> Response | None:
    """Lead who is signed in already on to where they wanted to go; CKAN asks them to sign out first."""
    if tk.request.endpoint != "user.login" or not tk.current_user.is_authenticated:
        return None
    wanted = tk.request.args.get("came_from", "")
    return tk.redirect_to(wanted if wanted and tk.h.url_is_local(wanted) else "dashboard.datasets")


def sign_out_by_form() -> Response | None:
    """Let a link end no session, which any site's page could have: CKAN's own would.

    The header of every page has a button that does.
    """
    if tk.request.endpoint != "user.logout" or tk.request.method == "POST":
        return None
    return tk.redirect_to("user.login")


def csrf_token() -> str:
    """Return the CSRF token of whoever is signed in; the empty string for a visitor."""
    return generate_csrf() if tk.current_user.is_authenticated else ""


def lacks_token() -> bool:
    """Tell whether a browser sent a form without the CSRF token of its session; nothing may be done then.

    For views that CKAN's check is told to leave alone, so that what was typed is not lost.
    """
    if g.get("login_via_auth_header"):
        return False
    try:
        csrf.protect()
    except CSRFError:
        return True
    return False


def forget_spent_session(response: Response) -> Response:
    """Return the response, without a cookie when the session was opened and emptied by one request.

    An error page writes its message into the session and reads it out again.
    """
    name = current_app.config["SESSION_COOKIE_NAME"]
    if not session and name not in tk.request.cookies:
        session.modified = False
    return response


def forget_who_asked(response: Response) -> Response:
    """Return the response, for which no cache has to tell readers apart where it is the same for all.

    A session that was looked at would add ``Cookie`` to its ``Vary``.
    """
    if caching.SAME_FOR_ALL in tk.request.environ:
        session.accessed = False
    return response
