"""The site as a visitor gets it is in Spanish, also where CKAN has none, and writes as Guatemala does."""

from __future__ import annotations

import datetime as dt
import json

import flask
import polib
import pytest
from ckan.lib.i18n import build_js_translations, get_ckan_i18n_dir
from ckan.logic import schema as schemas
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckanext.gobiernoabierto.spanish import spanish


@pytest.fixture
def lacking_in_ckan():
    """Say that CKAN's own Spanish lacks a message: otherwise a test of ours would show nothing."""
    theirs = polib.pofile(f"{get_ckan_i18n_dir()}/es/LC_MESSAGES/ckan.po")

    def lacking(msgid):
        entry = theirs.find(msgid)
        return entry is None or not entry.translated()

    return lacking


@pytest.mark.usefixtures("clean_site")
class TestPage:
    def test_a_message_of_a_template_that_ckan_lacks_comes_in_spanish(self, app, lacking_in_ckan):
        """With a count, so that our plural forms are the ones that are used."""
        assert lacking_in_ckan("{num} Member")
        factories.Organization()
        with_two = factories.Organization(users=[{"name": factories.User()["name"], "capacity": "editor"}])
        page = app.get("/organization/").text
        assert with_two["title"] in page
        assert "1 miembro<" in page.replace("\n", "")
        assert "2 miembros<" in page.replace("\n", "")
        assert "Member" not in page

    def test_a_message_of_python_that_ckan_lacks_comes_in_spanish(self, app, lacking_in_ckan):
        """As an action says it; of a visitor the API says that no token came."""
        assert lacking_in_ckan("You must be logged in to follow groups")
        with app.flask_app.test_request_context():
            told = tk._("You must be logged in to follow groups")
        assert told == "Inicie sesión para seguir grupos"

    def test_a_word_of_ckans_own_spanish_gives_way_to_ours(self, app, lacking_in_ckan):
        """CKAN says Buscar organizaciones without the dots, and counts Conjuntos de Datos."""
        assert not lacking_in_ckan("0 Datasets")
        factories.Organization()
        page = app.get("/organization/").text
        assert "0 conjuntos de datos" in page
        assert "Conjuntos de Datos" not in page
        assert '<html lang="es"' in page

    @pytest.mark.parametrize(
        ("call", "written"),
        [
            ("h.localised_number(1234.56)", "1,234.56"),
            ("h.localised_filesize(14700)", "14.7 kB"),
            ("h.SI_number_span(14700)", "<span>14,700</span>"),
            ("h.render_datetime('2018-07-12')", "12 de julio de 2018"),
            ("h.render_datetime('2018-07-12T03:30:00')", "11 de julio de 2018"),
            ("h.render_datetime('2018-07-12T03:30:00', with_hours=True)", "11 de julio de 2018, 9:30 p. m."),
            ("h.render_datetime(None) or 'nothing'", "nothing"),
            ("h.render_datetime('2018-07-12T03:30:00', date_format='%Y')", "2018"),
            ("h.localised_nice_date(moment, show_date=True)", "11 de julio de 2018"),
            ("h.localised_nice_date(moment)", "hace 2 días"),
            ("h.gobiernoabierto_money(1234.5)", "Q1,234.50"),
            ("h.gobiernoabierto_date(None)", "sin dato"),
        ],
    )
    def test_templates_write_as_in_guatemala(self, app, call, written):
        """CKAN's own helpers too, whose names and arguments its templates use."""
        moment = dt.datetime(2018, 7, 12, 3, 30)
        if "show_date" not in call:
            moment = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
        with app.flask_app.test_request_context():
            told = flask.render_template_string("{{ " + call + " }}", moment=moment)
        assert told.replace("\N{NO-BREAK SPACE}", " ") == written

    @pytest.mark.long
    def test_what_scripts_say_comes_in_spanish(self, app, lacking_in_ckan):
        """CKAN gives browsers a file of its own, made from the sources of the catalogues."""
        assert lacking_in_ckan("Copy to clipboard")
        assert not lacking_in_ckan("Reorder resources")
        build_js_translations()
        said = json.loads(app.get("/api/i18n/es").text)
        assert said["Copy to clipboard"] == [None, "Copiar al portapapeles"]
        assert said["Reorder resources"] == [None, "Reordenar archivos"]
        assert said["Cancel"] == [None, "Cancelar"]

    def test_mail_keeps_its_lines(self, app):
        """CKAN trims the templates of its mails to one line, in English and in its own Spanish."""
        with app.flask_app.test_request_context():
            mail = tk.render(
                "emails/reset_password.txt",
                {
                    "user_name": "ana",
                    "site_title": "Gobierno Abierto",
                    "site_url": "http://x",
                    "reset_link": "http://x/reset",
                },
            )
        assert "Usted pidió restablecer su contraseña" in mail
        assert "\nhttp://x/reset\n" in mail

    def test_a_page_that_is_not_there_says_so_in_spanish(self, app):
        """CKAN shows what Werkzeug says, which speaks English only."""
        page = app.get("/no-hay-nada", status=404).text
        assert "No encontramos esta página" in page
        assert "En esta dirección no hay nada" in page
        assert "Not Found" not in page
        assert "The requested URL" not in page

    def test_what_a_visitor_may_not_see_keeps_the_reason_that_ckan_gives(self, app):
        """Only what is English is replaced."""
        page = app.get("/dataset/no-hay", status=404).text
        assert "El conjunto de datos no existe o usted no tiene permiso para verlo" in page

    @pytest.mark.parametrize("schema", ["user_new_form_schema", "user_edit_form_schema"])
    def test_the_names_of_the_fields_in_ckans_own_forms_are_spanish(self, schema):
        """CKAN makes them out of the names in its schemas, and translates what it made."""
        in_no_form = {"password_hash", "plugin_extras", "image_display_url", "sysadmin"}
        in_no_form |= {"activity_streams_email_notifications"}  # only with the activity plugin
        same_in_both = {"Captcha", "URL"}
        with spanish():
            fields = {name for name in getattr(schemas, schema)() if not name.startswith("__")}
            told = {name: [*tk.ValidationError({name: ["x"]}).error_summary] for name in fields - in_no_form}
        english = {name: [*tk.ValidationError({name: ["x"]}).error_summary] for name in told}
        assert told["fullname"] == ["Nombre completo"]
        assert [n for n in told if told[n] == english[n] and english[n][0] not in same_in_both] == []
