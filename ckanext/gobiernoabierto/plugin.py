"""The CKAN plugin: it names what CKAN has to find, and holds no logic."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from ckan.lib.plugins import DefaultTranslation
from ckan.types import CKANApp
from ckanext.dcat.interfaces import IDCATURIGenerator
from ckanext.gobiernoabierto import config as options
from ckanext.gobiernoabierto import web
from ckanext.gobiernoabierto.i18n import catalogue
from ckanext.gobiernoabierto.intake.uploader import CheckedUpload, uploader
from ckanext.gobiernoabierto.logic import schemas
from ckanext.gobiernoabierto.logic.action import get_actions
from ckanext.gobiernoabierto.logic.auth import get_auth_functions
from ckanext.gobiernoabierto.logic.dataset import get_validators
from ckanext.gobiernoabierto.logic.labels import DatasetLabels
from ckanext.gobiernoabierto.logic.requested_data import RequestHooks
from ckanext.gobiernoabierto.rdf.identifiers import Identifiers
from ckanext.gobiernoabierto.search.facets import SearchFacets
from ckanext.gobiernoabierto.search.index import SearchHooks


@tk.blanket.config_declarations
@tk.blanket.cli
@tk.blanket.actions(get_actions)
@tk.blanket.auth_functions(get_auth_functions)
@tk.blanket.blueprints
@tk.blanket.helpers
@tk.blanket.validators(get_validators)
class GobiernoAbiertoPlugin(
    RequestHooks,
    SearchHooks,
    SearchFacets,
    DatasetLabels,
    Identifiers,
    DefaultTranslation,
    p.SingletonPlugin,
):
    """Data linked to the municipality, workshop and commitment that they answer."""

    p.implements(p.IConfigurer)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IFacets, inherit=True)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IPermissionLabels)
    p.implements(p.ITranslation)
    p.implements(IDCATURIGenerator, inherit=True)
    p.implements(p.IUploader, inherit=True)

    def update_config(self, config: CKANConfig) -> None:
        """Tell CKAN where our templates, assets and licences are."""
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "gobiernoabierto")
        options.offer_licences()
        schemas.check()

    def get_resource_uploader(self, resource: dict[str, Any]) -> CheckedUpload:
        """Return what keeps a resource's file and says its size and checksum."""
        return uploader(resource)

    def make_middleware(self, app: CKANApp, config: CKANConfig) -> CKANApp:  # noqa: ARG002
        """Put our refusals and headers around every view."""
        return web.install(app)

    def i18n_directory(self) -> str:
        """Return the folder of our catalogues, which stands outside of this module in a checkout."""
        return str(catalogue.FOLDER)

    def i18n_domain(self) -> str:
        """Return the name of our catalogues' files."""
        return catalogue.DOMAIN

    def i18n_locales(self) -> list[str]:
        """Return the languages that we ship; CKAN's default would list ``__pycache__`` too."""
        return [catalogue.LOCALE]
