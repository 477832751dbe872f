"""``/taller/<code>/captura``: where facilitators type what the tables say, while they say it.

Each line is saved by itself. With scripts (assets/capture.js) the lines go one by one, as JSON comes back,
and wait in the browser while there is no connection; without them a form sends one line or many.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field, replace
from http import HTTPStatus
from importlib import resources
from typing import Any, TypeAlias

import ckan.plugins.toolkit as tk
from ckan.config.middleware.flask_app import csrf
from ckan.model import Session
from ckan.types import Response
from ckanext.gobiernoabierto.entities import captured, codes, forms, references, registry
from ckanext.gobiernoabierto.entities.captured import Line
from ckanext.gobiernoabierto.entities.references import Named
from ckanext.gobiernoabierto.logic import auth
from ckanext.gobiernoabierto.logic.action.capture import SAID
from ckanext.gobiernoabierto.views import refused_fields
from ckanext.gobiernoabierto.views.entities import GoneError, MovedError, answer_refusals, readable, visitor
from ckanext.gobiernoabierto.web import sessions
from ckanext.gobiernoabierto.web.sessions import csrf_token, lacks_token
from flask import Blueprint, jsonify, make_response, request
from flask.views import MethodView

capture = Blueprint("gobiernoabierto_capture", __name__)
answer_refusals(capture)

WORKSHOP = registry.entity_type("workshop")
MOST_LINES = 200
"""How many lines one form may send: each is a unit of its own."""
WORKER = resources.files("ckanext.gobiernoabierto").joinpath("assets", "capture_worker.js")
CREATE, UPDATE, DELETE = "create", "update", "delete"
OK, UNPROCESSABLE = HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY

Data = dict[str, Any]
Answer: TypeAlias = Response | str | tuple[str, int]


@dataclass
class Screen:
    """What the page shows: what is saved, what the form holds, and what is wrong with it."""

    workshop: Any = None
    """None for somebody whose session ended, who may not even see it."""
    municipalities: list[Named] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    what: str = "problem"
    municipality: str = ""
    text: str = ""
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(the line as it was typed, why it is not saved)"""
    wrong: dict[str, tuple[str, str]] = field(default_factory=dict)
    """{code of a saved line: (what was typed over it, why that is not saved)}"""
    notice: str = ""

    @property
    def kinds(self) -> dict[str, str]:
        """Return what each kind of line is called."""
        return {name: forms.form_schema(registry.entity_type(name))["singular"] for name in captured.KINDS}

    @property
    def names(self) -> dict[str, str]:
        """Return what each municipality is called."""
        return {each.code: each.title or each.code for each in self.municipalities}

    @property
    def codes(self) -> list[str]:
        """Return the codes that the workshop has and had: a browser keeps lines under each of them."""
        return list(Session.execute(codes.every_code(WORKSHOP, self.workshop.code)).scalars())


def municipalities_of(workshop: Any) -> list[Named]:
    """Return the municipalities of a workshop for which the visitor may capture."""
    idea, user = registry.entity_type("idea"), visitor()
    wanted = [each.municipality for each in workshop.municipalities]
    mine = [code for code in wanted if auth.allows(user, idea, "create", None, {"municipality": code})]
    named = references.titles(("municipality", code) for code in mine)
    return [named["municipality", code] for code in mine]


def _screen(code: str) -> Screen:
    """Return the screen of whoever may capture at this workshop; ObjectNotFound for everybody else."""
    try:
        workshop = readable(WORKSHOP, code)
    except MovedError as moved:
        if request.method == "GET":
            raise
        workshop = readable(WORKSHOP, moved.code)  # a form would lose what it sends on the way there
    if not auth.allows(visitor(), WORKSHOP, "update", workshop):
        raise tk.ObjectNotFound()
    return Screen(workshop, municipalities_of(workshop), _lines(workshop.code))


def _lines(workshop: str) -> list[Line]:
    """Return what this person has captured at a workshop."""
    return captured.lines_of(tk.current_user.id, workshop)


def _typed(screen: Screen) -> Screen:
    """Return a screen that holds what the form has sent."""
    form = request.form
    sent: Data = {name: form[name] for name in ("what", "municipality", "text", "key") if form.get(name)}
    return replace(screen, **sent)


def _page(screen: Screen, status: int = OK) -> tuple[str, int]:
    return tk.render("gobiernoabierto/workshop/capture.html", {"screen": screen}), status


def _is_script() -> bool:
    """Tell whether the page's script asks, which reads JSON."""
    return request.accept_mimetypes.best == "application/json"


def _told(status: int, **said: Any) -> Response:
    return make_response(jsonify(said), status)


class CaptureView(MethodView):
    """The screen of one facilitator."""

    def dispatch_request(self, code: str) -> Any:  # type: ignore[override]
        """Let in who has a session; what came without it, or without its token, comes back as typed."""
        if not tk.current_user.is_authenticated:
            return _session_ended() if request.method == "POST" or _is_script() else _sign_in()
        if lacks_token():
            return _older_than_session(code)
        return super().dispatch_request(code=code)

    def get(self, code: str) -> Answer:
        """Show the screen; to its script say who is here, with the token of the present session."""
        screen = _screen(code)
        if _is_script():
            return _told(OK, user=tk.current_user.id, token=csrf_token())
        screen.what = request.args.get("what", screen.what)
        screen.municipality = request.args.get("municipality", "")
        answer = make_response(_page(screen))
        sessions.mark(answer)
        return answer

    def post(self, code: str) -> Answer:
        """Save a line, or correct or remove one that is saved."""
        screen = _screen(code)
        if request.form.get("user", tk.current_user.id) != tk.current_user.id:
            return _told(HTTPStatus.UNAUTHORIZED, error=tk._("Somebody else has signed in here"))
        asked = request.form.get("do", CREATE)
        if asked == CREATE:
            return _create(screen)
        if asked in (UPDATE, DELETE):
            return _change(screen, asked)
        message = tk._("The form came without its button: send it again")
        return _told(HTTPStatus.BAD_REQUEST, error=message) if _is_script() else tk.abort(400, message)


def _sign_in() -> Response:
    return tk.redirect_to("user.login", came_from=request.path)


def _session_ended() -> Answer:
    """Answer 401 with what was typed, and tell nothing of the workshop: it may be a draft."""
    notice = tk._(
        "Your session ended. Sign in in another tab and send the form again: what you typed is still here."
    )
    if _is_script():
        return _told(HTTPStatus.UNAUTHORIZED, error=notice)
    request.environ["__no_cache__"] = True
    answer = make_response(_page(_typed(Screen(notice=notice)), HTTPStatus.UNAUTHORIZED))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _older_than_session(code: str) -> Answer:
    """Answer what was typed with a token of the present session."""
    notice = tk._(
        "This page is older than your session. Check it and send it again: what you typed is still here."
    )
    if _is_script():
        return _told(HTTPStatus.UNAUTHORIZED, error=notice)
    try:
        screen = _screen(code)
    except (GoneError, tk.ObjectNotFound, tk.ValidationError):
        screen = Screen()
    return _page(replace(_typed(screen), notice=notice), HTTPStatus.BAD_REQUEST)


# -- A new line, or many -------------------------------------------------------------------------------


def _create(screen: Screen) -> Answer:
    texts = [text.strip() for text in request.form.get("text", "").splitlines() if text.strip()]
    typed = _typed(screen)
    if not texts or len(texts) > MOST_LINES:
        message = tk._("Write between 1 and {max} lines, one for each problem or idea").format(max=MOST_LINES)
        if _is_script():
            return _told(UNPROCESSABLE, error=message, line=_stored_under_key(screen))
        return _page(replace(typed, notice=message), UNPROCESSABLE)
    key, saved, refused = request.form.get("key", ""), [], []
    for number, text in enumerate(texts):
        try:
            saved.append(_save(screen, f"{key}-{number}" if number else key, text))
        except (tk.ValidationError, tk.NotAuthorized) as error:
            refused.append((text, error))
    if _is_script():
        return _told_of_one(screen, saved, refused)
    if not refused:
        message = tk.ungettext("{n} line saved", "{n} lines saved", len(saved)).format(n=len(saved))
        tk.h.flash_success(message)
        back = {"what": typed.what, "municipality": typed.municipality}
        return tk.redirect_to("gobiernoabierto_capture.capture", code=screen.workshop.code, **back)
    again = replace(
        typed,
        text="\n".join(text for text, _ in refused),
        key=str(uuid.uuid4()),
        refused=[(text, refused_fields.why(error)) for text, error in refused],
        lines=_lines(screen.workshop.code),
    )
    return _page(again, UNPROCESSABLE)


def _save(screen: Screen, key: str, text: str) -> Data:
    """Save one line of the form and return its values."""
    entity, _, problem = request.form.get("what", "").partition(":")
    only = screen.municipalities[0].code if len(screen.municipalities) == 1 else ""
    line = {
        "key": key,
        "workshop": screen.workshop.code,
        "entity": entity,
        "title": text,
        "municipality": request.form.get("municipality") or only,
        "problem": problem,
    }
    wanted = (*SAID.get(entity, ()), "key", "workshop", "entity")
    given = {name: value for name, value in line.items() if name in wanted}
    return tk.get_action("gobiernoabierto_line_create")(visitor(), given)


def _told_of_one(screen: Screen, saved: list[Data], refused: list[tuple[str, Exception]]) -> Answer:
    """Answer the script: the line as it is stored, or why it is not.

    Then ``line`` is what its key became before, if that is this person's; null where nothing is stored.
    """
    if not refused:
        values = saved[0]
        line = {"code": values["code"], "version": values["version"], "text": values["title"]}
        return _told(OK, line=line)
    error = refused[0][1]
    status = UNPROCESSABLE if isinstance(error, tk.ValidationError) else HTTPStatus.FORBIDDEN
    used = isinstance(error, tk.ValidationError) and "key" in error.error_dict
    return _told(status, error=refused_fields.why(error), used=used, line=_stored_under_key(screen))


def _stored_under_key(screen: Screen) -> Data | None:
    """Return the line of this person that the key has become, as the script reads it."""
    return _plain([line for line in _lines(screen.workshop.code) if line.key == request.form.get("key")])


def _plain(lines: list[Line]) -> Data | None:
    return asdict(lines[0]) if lines else None


# -- A line that is saved ------------------------------------------------------------------------------


def _change(screen: Screen, verb: str) -> Answer:
    """Correct or remove a line that this person has captured here, as long as it is a draft."""
    code, typed = request.form.get("code", ""), request.form.get("text", "")
    line = next((each for each in screen.lines if each.code == code), None)
    if line is None:
        return _no_longer_there(screen, typed)
    said = {"code": code, "version": request.form.get("version", "")}
    said |= {"title": typed.strip()} if verb == UPDATE else {}
    status, error = OK, ""
    try:
        if line.public:
            raise tk.ValidationError({"code": [tk._("It is published already: correct it on its own page")]})
        tk.get_action(registry.entity_type(line.entity).action(verb))(visitor(), said)
    except tk.ValidationError as refused:
        stale = "version" in refused.error_dict
        status, error = HTTPStatus.CONFLICT if stale else UNPROCESSABLE, refused_fields.words(refused)
    screen.lines = _lines(screen.workshop.code)
    if _is_script():
        stored = [each for each in screen.lines if each.code == code]
        return _told(status, error=error, line=_plain(stored))
    if error:
        screen.wrong = {code: (typed, error)}
        return _page(screen, status)
    tk.h.flash_success(tk._("Line removed") if verb == DELETE else tk._("Line corrected"))
    return tk.redirect_to("gobiernoabierto_capture.capture", code=screen.workshop.code)


def _no_longer_there(screen: Screen, typed: str) -> Answer:
    """Answer 404 for a line that is not this person's, or was removed; what was typed is in the form."""
    message = tk._("This line is no longer here: somebody removed it")
    if _is_script():
        return _told(HTTPStatus.NOT_FOUND, error=message, gone=True)
    return _page(replace(screen, text=typed, notice=message), HTTPStatus.NOT_FOUND)


view = CaptureView.as_view("capture")
csrf.exempt(view)  # it asks for the token itself, so that a form without it is not lost
capture.add_url_rule("/taller/<code>/captura", view_func=view)


@capture.route("/captura.js", methods=["GET"])
def worker() -> Response:
    """Return the script by which a browser keeps the screen; it stands above the page, as browsers demand."""
    answer = make_response(WORKER.read_bytes())
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    answer.headers["Cache-Control"] = "no-cache"
    return answer
