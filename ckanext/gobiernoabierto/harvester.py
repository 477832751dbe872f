"""The plugin with which ckanext-harvest reads another site of ours: its entities, and datasets with links.

It is loaded beside ``harvest`` and ``dcat_rdf_harvester``, where harvests are run (docs/reading.md).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import ckan.model as model
import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckanext.dcat.interfaces import IDCATRDFHarvester
from ckanext.gobiernoabierto.links.known import known_codes
from ckanext.gobiernoabierto.links.model import LINKED, links_of, pairs
from ckanext.gobiernoabierto.logic.harvest.origin import Origin, OriginError, site_of
from ckanext.gobiernoabierto.logic.harvest.plan import plan, task_of
from ckanext.gobiernoabierto.logic.harvest.write import KeptError, carry_out
from ckanext.gobiernoabierto.rdf.identifiers import is_of_this_site
from ckanext.gobiernoabierto.spanish import in_spanish
from ckanext.harvest.harvesters import HarvesterBase
from ckanext.harvest.model import HarvestObject, HarvestObjectExtra
from requests import Session
from requests.adapters import HTTPAdapter

TYPE = "gobiernoabierto_entities"
WRITTEN = "gobiernoabierto_written"
"""What a harvest object remembers of the dataset that it wrote."""
SECONDS = 60


class _Patient(HTTPAdapter):
    """An adapter that does not wait for ever: ckanext-dcat says no time."""

    def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
        """Send a request."""
        return super().send(request, **{**options, "timeout": SECONDS})


class GobiernoAbiertoHarvest(HarvesterBase):
    """The source type ``gobiernoabierto_entities``, and what ckanext-dcat's RDF harvester asks."""

    p.implements(IDCATRDFHarvester, inherit=True)

    # -- Entities: IHarvester ----------------------------------------------------------------------------

    def info(self) -> dict[str, str]:
        """Return what the form of a source shows."""
        return {
            "name": TYPE,
            "title": "Gobierno Abierto: municipios, talleres, ideas, compromisos",
            "description": "Lo que otro sitio de Gobierno Abierto publica, aparte de sus conjuntos de datos",
        }

    def validate_config(self, given: str | None) -> str | None:
        """Return the configuration of a source; there is nothing to configure."""
        if given and json.loads(given):
            raise ValueError("nothing to configure")
        return given

    def get_original_url(self, harvest_object_id: str) -> str | None:
        """Return the address of what a harvest object is about."""
        found = model.Session.get(HarvestObject, harvest_object_id)
        return found.guid if found else None

    @in_spanish
    def gather_stage(self, harvest_job: Any) -> list[str]:
        """Read the other site and return the ids of the harvest objects: one for each entity to write."""
        try:
            origin = Origin(harvest_job.source.url)
            made = plan(origin)
        except OriginError as error:
            self._save_gather_error(str(error), harvest_job)
            return []
        for told in made.told():
            self._save_gather_error(told, harvest_job)
        objects = [
            HarvestObject(
                guid=f"{origin.site}#{task.entity}/{task.code}", job=harvest_job, content=task.text()
            )
            for task in made.tasks
        ]
        for each in objects:
            each.save()
        return [each.id for each in objects]

    def fetch_stage(self, _harvest_object: Any) -> bool:
        """Do nothing: the lists have said all."""
        return True

    @in_spanish
    def import_stage(self, harvest_object: Any) -> bool | str:
        """Write one entity; what is not written is told, and tried again by the next harvest."""
        task, source = task_of(harvest_object.content), harvest_object.source.url
        try:
            changed = carry_out(task, site_of(source), self._get_user_name())
        except tk.ValidationError as error:
            told = "; ".join(f"{name}: {messages}" for name, messages in error.error_summary.items())
            self._save_object_error(told, harvest_object, "Import")
            return False
        except (KeptError, OriginError, tk.NotAuthorized) as error:
            self._save_object_error(str(error), harvest_object, "Import")
            return False
        return True if changed else "unchanged"

    # -- Datasets: IDCATRDFHarvester ---------------------------------------------------------------------

    @in_spanish
    def before_download(self, url: str, _harvest_job: Any) -> tuple[str | None, list[str]]:
        """Let ckanext-dcat ask the sites that may be harvested, and nothing else: its next page neither."""
        try:
            site_of(url)
        except OriginError as error:
            return None, [str(error)]
        return url, []

    def update_session(self, session: Session) -> Session:
        """Return a session that follows no redirect and does not wait for ever."""
        session.max_redirects = 0
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Patient())
        return session

    def before_create(
        self, harvest_object: Any, dataset_dict: dict[str, Any], temp_dict: dict[str, Any]
    ) -> None:
        """Make a dataset fit to be stored here; an empty one is ignored."""
        self._make_fit(harvest_object, dataset_dict)
        temp_dict["digest"] = _digest(dataset_dict)

    def before_update(
        self, harvest_object: Any, dataset_dict: dict[str, Any], temp_dict: dict[str, Any]
    ) -> None:
        """Do the same, and leave a dataset alone that neither the other site nor this one has changed."""
        self._make_fit(harvest_object, dataset_dict)
        temp_dict["digest"] = digest = _digest(dataset_dict)
        if dataset_dict and _remembered(harvest_object.guid) == _written(digest, dataset_dict["id"]):
            # ckanext-dcat names the dataset only of an object that writes it, and deletes by that name
            harvest_object.package_id = dataset_dict["id"]
            _remember(harvest_object, digest)
            dataset_dict.clear()

    def after_create(self, harvest_object: Any, _dataset_dict: Any, temp_dict: dict[str, Any]) -> None:
        """Remember what was written."""
        _remember(harvest_object, temp_dict["digest"])

    def after_update(self, harvest_object: Any, _dataset_dict: Any, temp_dict: dict[str, Any]) -> None:
        """Remember what was written."""
        _remember(harvest_object, temp_dict["digest"])

    def _make_fit(self, harvest_object: Any, dataset: dict[str, Any]) -> None:
        """Keep the links to what is published here; a record that speaks for this site is emptied."""
        addresses = [harvest_object.guid, *(resource.get("uri") for resource in dataset.get("resources", ()))]
        if any(is_of_this_site(str(address)) for address in addresses):
            message = tk._("It is a dataset of this site: only this site writes it")
            self._save_object_error(message, harvest_object, "Import")
            dataset.clear()
            return
        links = links_of(dataset)
        known = known_codes(pairs(links))
        for name in LINKED:
            present = dict.fromkeys(known.living.get((name, code)) for code in links[name])
            dataset[name] = [code for code in present if (name, code) in known.published]


def _digest(dataset: dict[str, Any]) -> str:
    """Return a digest of what the other site says of a dataset, without what this site calls it."""
    resources = [
        {name: value for name, value in resource.items() if name != "id"}
        for resource in dataset.get("resources", ())
    ]
    said = {name: value for name, value in dataset.items() if name not in ("id", "name")}
    text = json.dumps({**said, "resources": resources}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _written(digest: str, package_id: str) -> str:
    """Return what is remembered: what was written, and the moment since which nobody changed it here."""
    package = model.Session.get(model.Package, package_id)
    return f"{digest} {package.metadata_modified.isoformat() if package else ''}"


def _remember(harvest_object: Any, digest: str) -> None:
    written = _written(digest, harvest_object.package_id)
    harvest_object.extras.append(HarvestObjectExtra(key=WRITTEN, value=written))


def _remembered(guid: str) -> str | None:
    """Return what was last written of a record."""
    found = (
        model.Session.query(HarvestObjectExtra.value)
        .join(HarvestObject, HarvestObject.id == HarvestObjectExtra.harvest_object_id)
        .filter(HarvestObject.guid == guid, HarvestObjectExtra.key == WRITTEN)
        .order_by(HarvestObject.gathered.desc())
    )
    return next((value for (value,) in found.limit(1)), None)
