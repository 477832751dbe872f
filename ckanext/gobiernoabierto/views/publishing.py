"""The page on which an officer publishes: the file, what must be said of it, the rest, and two buttons.

It is the one way to a new dataset by form: CKAN's own address for it leads here, and so does the form
of a draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
from ckan.config.middleware.flask_app import csrf
from ckan.logic import parse_params
from ckan.types import Response
from ckanext.gobiernoabierto import config
from ckanext.gobiernoabierto.entities import codes, data_request, registry
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.organization_role import roles_of
from ckanext.gobiernoabierto.intake import folder, staging
from ckanext.gobiernoabierto.logic import auth, based_on
from ckanext.gobiernoabierto.logic.dataset import ACTIVE, DELETED, DRAFT
from ckanext.gobiernoabierto.logic.requested_data import REQUEST
from ckanext.gobiernoabierto.views import refused_fields
from ckanext.gobiernoabierto.views import saved as saved_forms
from ckanext.gobiernoabierto.views.entities import visitor
from ckanext.gobiernoabierto.web.sessions import lacks_token
from flask import Blueprint, request
from flask.views import MethodView

publishing = Blueprint("gobiernoabierto_publishing", __name__)

DATASET = "dataset"
FILE = "file__"
"""How the form's fields begin that are of the file and not of the dataset."""
FILE_FIELDS = ("name", "description", "format")
SENT_WITH = ("upload_token", "upload_drop", "link", based_on.FIELD)
SUGGESTED = ("license_id", "frequency", "contact_name", "contact_email")
"""What an organization says of most of its datasets. The period is each one's own."""

Data = dict[str, Any]


def _schema() -> Data:
    return tk.h.scheming_get_dataset_schema(DATASET)


@dataclass
class Form:
    """What the page shows: the fields, what they hold, and what is wrong with it."""

    data: Data
    stored: Data | None = None
    """The draft that is being continued."""
    errors: Mapping[str, Any] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    """The fields that hold what the organization's last dataset holds."""
    taken_from: str = ""
    """Its title."""
    notice: str = ""
    """Why the form is here again although nothing that was typed is wrong."""

    def __post_init__(self) -> None:
        """Put defaults where nothing was said, and the errors of the file beside its fields."""
        fields = _schema()["dataset_fields"]
        shown = [each for each in fields if each.get("form_snippet", "") is not None]
        self.first = [each for each in shown if not each.get("folded")]
        self.folded = [self._with_origin(each) for each in shown if each.get("folded")]
        for each in shown:
            if each["field_name"] not in self.data and "default" in each:
                self.data[each["field_name"]] = each["default"]
        of_file = [each for each in _schema()["resource_fields"] if each["field_name"] in FILE_FIELDS]
        self.of_file = [{**each, "field_name": FILE + each["field_name"]} for each in of_file]
        self.errors = _beside(self.errors, by_address=bool(self.data.get("link")))
        self.data.setdefault("upload_token", staging.new_token())

    def _with_origin(self, field: Data) -> Data:
        """Return a field that says where its suggestion is from, if it has one."""
        if field["field_name"] not in self.taken:
            return field
        origin = tk._("Taken from your last dataset, “{title}”.").format(title=self.taken_from)
        return {**field, "help_text": f"{origin} {field.get('help_text', '')}".strip()}

    @property
    def sent(self) -> Data:
        """Return what is known of the file; a dataset has a field ``url`` of its own."""
        return {name: self.data.get(name) for name in (*SENT_WITH, "upload_staged")}

    @property
    def sent_errors(self) -> Data:
        """Return what is wrong with the file."""
        return {name: self.errors[name] for name in ("upload", "link") if name in self.errors}

    @property
    def licences(self) -> list[tuple[str, str]]:
        """Return (title, id) of the licences that the site offers."""
        return list(model.Package.get_license_options())

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Return (id of the field, its label, what to do) of each error, in the order of the page."""
        labels = {
            based_on.FIELD: tk._("Changes of somebody else"),
            "upload": tk._("File"),
            "link": tk._("The file lies on another site"),
        }
        labels |= {each["field_name"]: each["label"] for each in (*self.of_file, *self.first, *self.folded)}
        return refused_fields.summary(labels, self.errors)

    @property
    def limit(self) -> int:
        """Return how many bytes a file may have."""
        return config.max_upload_bytes()


def _beside(errors: Mapping[str, Any], *, by_address: bool) -> Data:
    """Return an action's errors under the names of the form's fields."""
    of_address = ("link", "url") if by_address else ("link",)
    found = {name: each for name, each in errors.items() if name != "file"}
    for name, each in (errors.get("file") or {}).items():
        beside = FILE + name if name in FILE_FIELDS else "link" if name in of_address else "upload"
        found[beside] = [*found.get(beside, []), *each]
    return found


def _suggested() -> Form:
    """Return the form of a new dataset with what can be known of it before anything is typed."""
    mine = tk.get_action("organization_list_for_user")(visitor(), {"permission": "create_dataset"})
    asked = request.args.get("organization")
    chosen = [each for each in mine if asked in (each["id"], each["name"])] or mine
    answer = _asked_for()
    if len(chosen) != 1:
        return Form(answer)
    own = chosen[0]["id"]
    municipalities = [role.municipality for role in roles_of([own]) if role.municipality]
    last = _last_published(own)
    taken = {name: last[name] for name in SUGGESTED if last.get(name)}
    if taken.get("license_id") not in model.Package.get_license_register():
        taken.pop("license_id", None)
    data = {"owner_org": own, "municipality": municipalities, **taken, **answer}
    return Form(data, taken=frozenset(taken), taken_from=last.get("title") or "")


def _asked_for() -> Data:
    """Return what a dataset says of the request for data in the address that it is published for."""
    code = request.args.get(REQUEST, "")
    row = auth.known_row(visitor(), registry.entity_type(REQUEST), code) if "\0" not in code else None
    if row is None or row.visibility != PUBLISHED:
        return {}
    problem = [row.problem] if row.problem else []
    return {"title": row.title, "municipality": [row.municipality], "problem": problem, REQUEST: [row.code]}


def _last_published(organization: str) -> Data:
    """Return the dataset of the organization that was published last, or nothing."""
    public = {"owner_org": organization, "state": ACTIVE, "private": False, "type": DATASET}
    newest = model.Package.metadata_created.desc()
    found = model.Session.query(model.Package.id).filter_by(**public).order_by(newest).first()
    return tk.get_action("package_show")(visitor(), {"id": found.id}) if found else {}


def _posted() -> Data:
    """Return what the form sent: the fields that it has, and no others."""
    sent = parse_params(request.form)
    fields = {each["field_name"] for each in _schema()["dataset_fields"]}
    data = {name: value for name, value in sent.items() if name in fields or name in SENT_WITH}
    data["file"] = {name: sent[FILE + name] for name in FILE_FIELDS if sent.get(FILE + name)}
    data["upload"] = request.files.get("upload")
    data.setdefault("upload_token", "")
    return data


def _again(data: Data) -> Data:
    """Return what was posted as the form's fields hold it."""
    flat = {FILE + name: value for name, value in data.pop("file").items()}
    return {**{name: value for name, value in data.items() if name != "upload"}, **flat}


def _may_edit(id: str) -> bool:
    try:
        return tk.check_access("package_update", visitor(), {"id": id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False


def _draft(id: str) -> Data:
    """Return a draft that the person may edit; 404 for anything else."""
    if not _may_edit(id):
        return tk.abort(404, tk._("Not found"))
    return tk.get_action("package_show")(visitor(), {"id": id})


class PublishView(MethodView):
    """``/publicar``, and ``/publicar/<id>`` for a draft."""

    def dispatch_request(self, **arguments: Any) -> Any:
        """Ask visitors to sign in, and tell those who may not publish whom to ask.

        A form that comes without its session, or without that session's token, is answered with all
        that was typed: people go to lunch, and sign in again in another tab.
        """
        if not tk.current_user.is_authenticated:
            if request.method == "POST":
                return _session_ended()
            return tk.redirect_to("user.login", came_from=request.full_path.rstrip("?"))
        try:
            tk.check_access("package_create", visitor())
        except tk.NotAuthorized:
            message = tk._("Your account publishes for no organization: ask your coordinator for it")
            return tk.abort(403, message)
        if lacks_token():
            return _older_than_session(**arguments)
        return super().dispatch_request(**arguments)

    def get(self, id: str | None = None) -> Response | str:
        """Show the form: empty but for what can be suggested, or as the draft has it."""
        if id is None:
            return _page(_suggested())
        stored = _draft(id)
        if stored["state"] != DRAFT:
            return tk.redirect_to("dataset.edit", id=stored["name"])
        tags = ", ".join(tag["name"] for tag in stored.get("tags", []))
        return _page(Form({**stored, "tag_string": tags}, stored))

    def post(self, id: str | None = None) -> Response | str:
        """Publish, or save a draft; with an error the form comes back with everything that it had."""
        stored = _draft(id) if id else None
        data = {**_posted(), **({"id": stored["id"]} if stored else {})}
        publish = request.form.get("save") == "publish"
        if stored and stored["state"] == ACTIVE and not publish:
            return _public_by_now(stored, data)
        verb = "gobiernoabierto_dataset_publish" if publish else "gobiernoabierto_dataset_draft"
        if publish:
            data["private"] = False  # CKAN would keep what its own clients made private out of sight
        try:
            saved = tk.get_action(verb)(visitor(), data)
        except tk.ValidationError as error:
            return _page(Form(_again(data), stored, error.error_dict)), 422
        except tk.NotAuthorized:
            return tk.abort(403, tk._("You may not publish for this organization"))
        if publish:
            tk.h.flash_success(saved_forms.published())
            _tell_of_requests(saved)
            return tk.redirect_to("dataset.read", id=saved["name"])
        tk.h.flash_success(_draft_saved())
        return tk.redirect_to("gobiernoabierto_publishing.publish", id=saved["name"])


def _public_by_now(stored: Data, data: Data) -> tuple[str, int]:
    """Answer 409 with the form of a draft that was published meanwhile: what it saved would be public."""
    errors = _stage(data) if getattr(data["upload"], "filename", "") else {}
    data["upload_staged"] = staging.find(tk.current_user.id, data["upload_token"])
    notice = tk._(
        "This dataset was published meanwhile. Nothing of this is saved yet: if you publish it, everybody "
        "will read it"
    )
    return _page(Form(_again(data), stored, errors, notice=notice)), 409


def _draft_saved() -> str:
    return tk._("Draft saved: only those who may edit it see it. When it is complete, publish it here.")


def _tell_of_requests(saved: Data) -> None:
    """Say which requests for data the dataset has closed, and which wait for those who were asked."""
    for code in saved[REQUEST]:
        row = codes.resolve(registry.entity_type(REQUEST), code).row
        if row is not None and row.closed_by == saved["id"]:
            tk.h.flash_success(tk._("It closed the request for data {code}").format(code=code))
        elif row is not None and row.state == data_request.OPEN:
            message = tk._("The request for data {code} stays open until those who were asked close it")
            tk.h.flash_notice(message.format(code=code))


def _session_ended() -> tuple[str, int, dict[str, str]]:
    """Answer 401 with the form of a visitor who was signed in; nothing is stored, and no draft is told of."""
    tk.request.environ["__no_cache__"] = True
    data = _posted()
    notice = tk._(
        "Your session ended. Sign in in another tab and send the form again: what you typed is still here."
    )
    form = Form(_again(dict(data)), errors=_lost_file(data), notice=notice)
    return _page(form), 401, {"Cache-Control": "private, no-store"}


def _older_than_session(id: str | None = None) -> tuple[str, int]:
    """Answer 400 with the form and a token of the present session."""
    stored = _draft(id) if id else None
    data = _posted()
    errors = _lost_file(data)
    if errors and request.headers.get("Origin"):  # which was found to be ours: web/refusals.py
        errors = _stage(data)
    else:
        data["upload_staged"] = staging.find(tk.current_user.id, data["upload_token"])
    notice = tk._(
        "This page is older than your session. Check it and send it again: what you typed is still here."
    )
    return _page(Form(_again(data), stored, errors, notice=notice)), 400


def _stage(data: Data) -> Data:
    """Keep the file that a form brought; return what is wrong with it."""
    sent = {name: data[name] for name in ("upload", "upload_token")}
    try:
        kept = tk.get_action("gobiernoabierto_upload_create")(visitor(), sent)
    except tk.ValidationError as error:
        return {"file": error.error_dict}
    data.update(upload_token=kept["token"], upload_staged=kept)
    return {}


def _lost_file(data: Data) -> Data:
    """Return the error that names a file which came with the form and was not kept, if there is one."""
    name = getattr(data.get("upload"), "filename", "")
    if not name:
        return {}
    message = tk._("The file “{name}” could not be kept: choose it again").format(name=folder.safe_name(name))
    return {"file": {"upload": [message]}}


@publishing.route("/publicar/<id>/restaurar", methods=["POST"])
def restore(id: str) -> Response:
    """Publish a deleted dataset, or make it a draft again; what it lacks to be public is said on its page."""
    stored = _draft(id)
    if stored["state"] != DELETED:
        return tk.redirect_to("dataset.read", id=stored["name"])
    if request.form.get("save") == "draft":
        back = {**visitor(), "allow_state_change": True}
        tk.get_action("package_patch")(back, {"id": stored["id"], "state": DRAFT})
        tk.h.flash_success(tk._("It is a draft again: only those who may edit it see it"))
        return tk.redirect_to("gobiernoabierto_publishing.publish", id=stored["name"])
    try:
        tk.get_action("package_patch")(visitor(), {"id": stored["id"], "state": ACTIVE})
        tk.h.flash_success(saved_forms.published())
    except tk.ValidationError as error:
        tk.h.flash_error(_not_as_it_is(stored["id"], error))
    return tk.redirect_to("dataset.read", id=stored["name"])


def _not_as_it_is(id: str, error: tk.ValidationError) -> str:
    """Return why a deleted dataset cannot be public, field by field as in the form."""
    message = tk._("It cannot be published as it is: take it up as a draft to complete it. {errors}")
    if tk.h.gobiernoabierto_was_public(id):
        message = tk._("It cannot be published again as it is: take it up as a draft to correct it. {errors}")
    fields = sorted(_schema()["dataset_fields"], key=lambda each: bool(each.get("folded")))
    labels = {each["field_name"]: each["label"] for each in fields} | {"resources": tk._("Files")}
    return message.format(errors=refused_fields.sentences(labels, error.error_dict))


def _page(form: Form) -> str:
    return tk.render("gobiernoabierto/publish/form.html", {"form": form})


publish = PublishView.as_view("publish")
csrf.exempt(publish)  # it asks for the token itself, so that a form without it is not lost
publishing.add_url_rule("/publicar", view_func=publish)
publishing.add_url_rule("/publicar/<id>", view_func=publish)
