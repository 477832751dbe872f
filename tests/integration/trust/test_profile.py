"""The configuration profile, line by line: what the running site makes of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import ckanext.gobiernoabierto
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.cli import CKANConfigLoader
from freezegun import freeze_time
from werkzeug.test import Client

PROFILE = Path(ckanext.gobiernoabierto.__path__[0]) / "profile.ini"
HALF_A_DAY = 43_200
IMAGES = ["image/png", "image/gif", "image/jpeg"]

# What CKAN works with, after its own declarations have read the line.
EFFECTIVE: dict[str, Any] = {
    "debug": False,
    "ckan.views.default_views": ["image_view"],
    "ckan.site_title": "Gobierno Abierto",
    "ckan.hide_version": True,
    "ckan.valid_url_schemes": ["http", "https"],
    "ckan.requests.timeout": 5,
    "ckan.locale_default": "es",
    "ckan.locales_offered": ["es"],
    "ckan.locale_order": ["es"],
    "ckan.display_timezone": "America/Guatemala",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "PERMANENT_SESSION_LIFETIME": HALF_A_DAY,
    "SESSION_PERMANENT": True,
    "SESSION_REFRESH_EACH_REQUEST": False,
    "REMEMBER_COOKIE_SAMESITE": "Lax",
    "REMEMBER_COOKIE_SECURE": True,
    "REMEMBER_COOKIE_HTTPONLY": True,
    "REMEMBER_COOKIE_DURATION": HALF_A_DAY,
    "REMEMBER_COOKIE_REFRESH_EACH_REQUEST": False,
    "WTF_CSRF_ENABLED": True,
    "WTF_CSRF_CHECK_DEFAULT": True,
    "WTF_CSRF_METHODS": ["POST", "PUT", "PATCH", "DELETE"],
    "WTF_CSRF_SSL_STRICT": True,
    "WTF_CSRF_TIME_LIMIT": HALF_A_DAY,
    "ckan.csrf_protection.ignore_extensions": False,
    "ckan.cors.origin_allow_all": True,
    "ckan.auth.create_user_via_web": False,
    "ckan.auth.create_user_via_api": False,
    "ckan.auth.public_user_details": False,
    "ckan.auth.anon_create_dataset": False,
    "ckan.auth.create_unowned_dataset": False,
    "ckan.auth.create_dataset_if_not_in_organization": False,
    "ckan.auth.user_create_organizations": False,
    "ckan.auth.user_delete_organizations": False,
    "ckan.auth.user_create_groups": False,
    "ckan.auth.user_delete_groups": False,
    "ckan.auth.allow_dataset_collaborators": False,
    "ckan.auth.allow_admin_collaborators": False,
    "ckan.auth.allow_collaborators_to_change_owner_org": False,
    "ckan.auth.reveal_private_datasets": False,
    "ckan.auth.enable_cookie_auth_in_api": True,
    "ckan.auth.public_activity_stream_detail": False,
    "ckan.auth.create_default_api_keys": False,
    "expire_api_token.default_lifetime": 7_776_000,
    "api_token.nbytes": 32,
    "solr_timeout": 5,
    "ckan.search.solr_allowed_query_parsers": [],
    "ckan.search.remove_deleted_packages": True,
    "search.facets.limit": 50,
    "search.facets.default": 10,
    "ckan.search.rows_max": 1000,
    "ckan.group_and_organization_list_max": 1000,
    "ckan.group_and_organization_list_all_fields_max": 25,
    "ckan.datasets_per_page": 20,
    "ckan.uploads_enabled": True,
    "ckan.max_resource_size": 50,
    "ckan.max_image_size": 2,
    "ckan.upload.user.types": ["image"],
    "ckan.upload.user.mimetypes": IMAGES,
    "ckan.upload.group.types": ["image"],
    "ckan.upload.group.mimetypes": IMAGES,
    "ckan.mimetype_guess": "file_ext",
    "ckan.gravatar_default": "disabled",
    # SQLAlchemy's engine takes the text for yes
    "sqlalchemy.hide_parameters": "true",
    # no plugin declares it yet, so nobody turns the text into a bool
    "ckan.datastore.sqlsearch.enabled": "false",
}
# Lines whose values other tests look at, each in its own subject.
ELSEWHERE = {
    "use",
    "ckan.plugins",
    "ckan.site_id",
    "ckan.site_description",
    "ckanext.dcat.rdf.profiles",
    "ckanext.dcat.enable_rdf_endpoints",
    "scheming.dataset_schemas",
    "scheming.organization_schemas",
    "scheming.presets",
}


def lines() -> dict[str, str]:
    """Return the lines of the profile."""
    with_place = CKANConfigLoader(str(PROFILE)).get_config()
    return {key: value for key, value in with_place.items() if key not in ("here", "__file__")}


def test_each_line_is_in_force(with_plugins: None):
    """No line is shadowed by a plugin or misspelt; a line that is added has to be added here."""
    assert {key: tk.config[key] for key in EFFECTIVE} == EFFECTIVE
    assert {key for key in lines() if not key.startswith("CKAN_")} - ELSEWHERE == EFFECTIVE.keys()
    assert lines()["use"] == "egg:ckan"


def test_each_block_of_lines_says_why():
    """A setting without a reason is one that the next person dares not touch, or touches."""
    text = PROFILE.read_text(encoding="utf-8")
    blocks = [block for block in text.split("\n\n") if "=" in block]
    assert all(block.lstrip().startswith((";", "[")) for block in blocks)


def test_ours_is_the_first_plugin_and_the_leaking_ones_are_off(with_plugins: None):
    """The first wins templates and routes; `activity` keeps what was withdrawn, `harvest` acts on GET."""
    plugins = tk.config["ckan.plugins"]
    assert plugins[0] == "gobiernoabierto"
    for name in ("activity", "harvest", "resource_proxy", "webpage_view", "text_view", "stats"):
        assert not p.plugin_loaded(name), name


def cookies(answer: Any) -> SimpleCookie:
    """Return the cookies that an answer sets."""
    jar: SimpleCookie = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        jar.load(header)
    return jar


def test_cookies_are_only_for_this_site_over_https_and_not_for_scripts(site: Any, editor: dict[str, Any]):
    """Seen in the answer to a real sign-in; the cookie that would outlive the session is not there."""
    form = {"login": editor["name"], "password": "correct-horse-battery", "remember": "63072000"}
    jar = cookies(Client(site).post("/user/login", data=form))
    assert set(jar) == {"ckan"}
    assert jar["ckan"]["samesite"] == "Lax"
    assert jar["ckan"]["secure"]
    assert jar["ckan"]["httponly"]


def test_a_session_ends_in_twelve_hours_however_busy(sign_in: Any, editor: dict[str, Any]):
    """`Remember me` or not: half a day after signing in, the page asks for the password again."""
    browser = sign_in(editor, remember="63072000")
    start = datetime.now(UTC)
    for hours in (4, 8, 11.9):
        with freeze_time(start + timedelta(hours=hours)):
            assert browser.get("/dashboard/datasets").status_code == 200
    with freeze_time(start + timedelta(hours=12, minutes=1)):
        assert browser.get("/dashboard/datasets").status_code != 200


def test_nobody_makes_an_account_or_an_organization_alone(visitor: Client, sign_in: Any, editor: Any):
    """Neither by page nor by API."""
    assert visitor.get("/user/register").status_code in (302, 403)
    asked = visitor.post("/api/3/action/user_create", json={"name": "uno", "email": "uno@example.org"})
    assert asked.status_code == 403
    assert sign_in(editor).get("/organization/new").status_code == 403


def test_people_are_no_public_register(visitor: Client, editor: dict[str, Any]):
    """Names of officers are for those who work here."""
    assert visitor.get(f"/user/{editor['name']}").status_code != 200
    assert visitor.get(f"/api/3/action/user_show?id={editor['name']}").status_code == 403


def test_dates_are_those_of_guatemala(app: Any):
    """UTC-6, all year round."""
    with app.flask_app.test_request_context("/"):
        shown = tk.h.render_datetime(datetime(2026, 1, 2, 3, 0, tzinfo=UTC), with_hours=True)
    assert shown.startswith("1 de enero de 2026")


def test_solr_is_given_five_seconds(with_plugins: None):
    """The connection that searches are made with has the timeout."""
    from ckan.lib.search import make_connection

    assert make_connection().timeout == 5


def test_the_version_is_not_for_everybody(visitor: Client):
    """It names the holes to try."""
    assert "ckan_version" not in visitor.get("/api/3/action/status_show").json["result"]
    assert "2.11.6" not in visitor.get("/").get_data(as_text=True)


@pytest.mark.parametrize("language", ["en", "de"])
def test_there_is_one_language(visitor: Client, language: str):
    """No second copy of every page under a language's prefix."""
    assert visitor.get(f"/{language}/dataset/").status_code == 404


def test_any_page_elsewhere_may_call_the_api_as_a_visitor(visitor: Client):
    """Open data is for other sites' pages; `*` never comes with anyone's cookies."""
    answer = visitor.get("/api/3/action/package_list", headers={"Origin": "https://otra-parte.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_an_upload_ends_at_fifty_megabytes(with_plugins: None):
    """The bound that CKAN's uploader works with."""
    from ckan.lib.uploader import get_max_resource_size

    assert get_max_resource_size() == 50


def test_a_statement_that_fails_does_not_tell_its_values(with_plugins: None):
    """They may be somebody's address, and the error stands in a log."""
    with pytest.raises(sa.exc.DBAPIError) as failed:
        model.Session.execute(sa.text("SELECT 1 / 0 WHERE :address <> ''"), {"address": "zz9@example.org"})
    model.Session.rollback()
    assert "zz9" not in str(failed.value)
