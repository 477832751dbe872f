"""What CKAN's pages of accounts would tell to somebody who only tries names."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib import captcha, mailer
from ckan.types import Response
from ckanext.gobiernoabierto.logic import password_reset
from flask import Blueprint, request

accounts = Blueprint("gobiernoabierto_accounts", __name__)


@accounts.before_app_request
def refuse_spent_links() -> None:
    """Refuse a link that is not in force, as CKAN does where there is such a person, in all cases."""
    if request.endpoint != "user.perform_reset":
        return
    user = model.User.get((request.view_args or {})["id"])
    if user is None or not mailer.verify_reset_link(user, request.args.get("key")):
        tk.abort(403, tk._("Invalid reset key. Please try again."))


@accounts.route("/user/reset", methods=["POST"])
def request_reset() -> Response:
    """Answer the same for every name and address, known or not, whether a mail can be sent or not."""
    asked = request.form.get("user", "").strip()
    try:
        captcha.check_recaptcha(request)
    except captcha.CaptchaError:
        tk.h.flash_error(tk._("Bad Captcha. Please try again."))
        return tk.redirect_to("user.request_reset")
    if not asked:
        tk.h.flash_error(tk._("Write your e-mail address or your user name"))
        return tk.redirect_to("user.request_reset")
    password_reset.ask_for_links(asked)
    tk.h.flash_success(
        tk._(
            "If there is an account with this name or e-mail address, it gets a link for a new password. "
            "If nothing arrives within an hour, ask the administrator of this site."
        )
    )
    return tk.redirect_to(tk.config["ckan.user_reset_landing_page"])
