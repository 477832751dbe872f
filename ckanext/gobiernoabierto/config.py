"""One typed reader for each option of ``config_declaration.yaml``; nobody else reads the config."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckan.exceptions import CkanConfigurationException
from ckanext.gobiernoabierto.lib import smtp
from ckanext.gobiernoabierto.lib.fetching import Rules

SECONDS_A_DAY = 86_400
MEGABYTE = 1 << 20
MAIL = re.compile(r"[^\s@]+@([^\s@.]+\.)+[^\s@.]+")
"""What OAI-PMH's schema takes for an address."""
NAME = re.compile(r"[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*")
LICENCES = Path(__file__).parent / "data" / "licences.json"


def max_token_seconds() -> int:
    """Return the longest life of an API token, in seconds."""
    return int(tk.config["ckanext.gobiernoabierto.tokens.max_days"]) * SECONDS_A_DAY


def default_token_seconds() -> int:
    """Return the life of an API token for which none was asked, in seconds (expire_api_token's option)."""
    return int(tk.config["expire_api_token.default_lifetime"])


def page_size() -> int:
    """Return how many rows one page of a list of entities shows."""
    return int(tk.config["ckanext.gobiernoabierto.entities.page_size"])


def feed_page_size() -> int:
    """Return how many datasets a page of the catalogue's RDF has (ckanext-dcat's option)."""
    return int(tk.config.get("ckanext.dcat.datasets_per_page") or 100)


def feed_days() -> int:
    """Return for how many days a snapshot of the catalogue can be read on; one at least."""
    return max(1, int(tk.config["ckanext.gobiernoabierto.feed.days"]))


def feed_processes() -> int:
    """Return how many processes render side by side where much waits."""
    return int(tk.config["ckanext.gobiernoabierto.feed.processes"])


def feed_notice() -> str:
    """Return what the operator tells harvesters about the feed now; empty if nothing."""
    return str(tk.config["ckanext.gobiernoabierto.feed.notice"]).strip()


def answer_days() -> int:
    """Return after how many days a page says by itself that nobody has answered."""
    return int(tk.config["ckanext.gobiernoabierto.ideas.answer_days"])


def proposals_open() -> bool:
    """Tell whether anybody may send a problem or an idea from home."""
    return bool(tk.config["ckanext.gobiernoabierto.proposals.open"])


def proxies() -> int:
    """Return how many proxies of our own stand before the site."""
    return int(tk.config["ckanext.gobiernoabierto.site.proxies"])


def site_url() -> str:
    """Return where the site stands, without a slash at its end: what CKAN's own whole addresses begin with.

    Scheme and host are those of ``ckan.site_url``, the path is that of ``ckan.root_path`` without the
    language: identifiers are the same in all of them.
    """
    site = urlsplit(str(tk.config["ckan.site_url"]))
    path = str(tk.config["ckan.root_path"] or "").replace("/{{LANG}}", "")
    return f"{site.scheme}://{site.netloc}{path}".rstrip("/")


def rdf_base() -> str | None:
    """Return what ckanext-dcat is told to begin identifiers with, if that is another thing than the site."""
    return tk.config.get("ckanext.dcat.base_uri") or None


def uploads_path() -> Path:
    """Return the private folder of files that are sent but not yet published, shared by all web nodes.

    Raises CkanConfigurationException if it lies where CKAN hands out files without asking.
    """
    return _private_path("ckanext.gobiernoabierto.uploads.path", "staged")


def documents_path() -> Path:
    """Return the private folder of the documents of entities, shared by all web nodes.

    Raises CkanConfigurationException if it lies where CKAN hands out files without asking.
    """
    return _private_path("ckanext.gobiernoabierto.documents.path", "documents")


def dumps_path() -> Path:
    """Return the private folder of the dumps of the catalogue, shared by all web nodes and the job worker.

    Raises CkanConfigurationException if it lies where CKAN hands out files without asking.
    """
    return _private_path("ckanext.gobiernoabierto.dumps.path", "dumps")


def _private_path(option: str, default: str) -> Path:
    storage = Path(tk.config["ckan.storage_path"])
    chosen = tk.config[option]
    path = (Path(chosen) if chosen else storage / default).resolve()
    public = [Path(each) for each in tk.aslist(tk.config.get("extra_public_paths"), ",") if each]
    for open_folder in (storage / "storage", storage / "resources", *public):
        if path.is_relative_to(open_folder.resolve()):
            raise CkanConfigurationException(f"{option} must not lie in {open_folder}")
    return path


def upload_hours() -> int:
    """Return how many hours a file that was sent waits for its form to be finished."""
    return int(tk.config["ckanext.gobiernoabierto.uploads.hours"])


def max_upload_bytes() -> int:
    """Return how large a file may be: CKAN's own option, in bytes."""
    return int(tk.config["ckan.max_resource_size"]) * MEGABYTE


def max_body_bytes() -> int:
    """Return how large a request may be: the largest file, and a megabyte for what is sent with it."""
    return max_upload_bytes() + MEGABYTE


def site_title() -> str:
    """Return what the site is called."""
    return str(tk.config["ckan.site_title"])


def catalogue_licence() -> str:
    """Return the address of the licence of the catalogue's own records, or an empty text."""
    return str(tk.config["ckanext.gobiernoabierto.catalogue.licence"])


def contact() -> str | None:
    """Return the e-mail address that answers questions about the site, or None."""
    return tk.config["ckanext.gobiernoabierto.site.contact"] or None


def administrators() -> list[str]:
    """Return whom other programs write to; there is always somebody, as OAI-PMH demands.

    The site's contact, else CKAN's own addresses, the first of these that has one; where nobody set any, the
    role that RFC 2142 gives to who looks after the host.
    """
    said = (contact(), tk.config.get("email_to"), tk.config.get("smtp.mail_from"))
    for each in said:
        found = [word for word in tk.aslist(each or "") if MAIL.fullmatch(word)]
        if found:
            return found
    return [_postmaster()]


def _postmaster() -> str:
    """Return the role's address at the host of the site, in a form that OAI-PMH's schema takes.

    That wants a dot in the domain: an IPv4 address is written as RFC 5321, 4.1.3 does, and a name that only
    this machine or network knows ends as RFC 2606 lets what nobody can write to end.
    """
    host = urlsplit(site_url()).hostname or "localhost"
    try:
        return f"postmaster@[{IPv4Address(host)}]"
    except ValueError:
        known = NAME.fullmatch(host)
    return (
        f"postmaster@{host}"
        if known and "." in host
        else f"postmaster@{host if known else 'localhost'}.invalid"
    )


def mail_server() -> smtp.Server | None:
    """Return where mails are sent, by CKAN's own options; None where the site sends none."""
    sender = tk.config.get("smtp.mail_from")
    if not sender:
        return None
    place = urlsplit(f"//{tk.config['smtp.server'].rpartition('://')[2]}")
    return smtp.Server(
        host=place.hostname or "localhost",
        sender=sender,
        port=place.port or 0,
        starttls=tk.asbool(tk.config.get("smtp.starttls")),
        verify=tk.asbool(tk.config.get("smtp.starttls_verify", True)),
        ca_bundle=tk.config.get("smtp.starttls_ca_bundle"),
        user=tk.config.get("smtp.user"),
        password=tk.config.get("smtp.password"),
    )


def reply_to() -> str | None:
    """Return the address for answers to mails, where it is another than their sender's."""
    return tk.config.get("smtp.reply_to") or None


def secrets() -> list[str]:
    """Return the site's secrets for signatures, the present one last."""
    return [*tk.aslist(tk.config.get("SECRET_KEY_FALLBACKS")), tk.config["SECRET_KEY"]]


def confirm_days() -> int:
    """Return for how many days a link that asks to follow something can be confirmed."""
    return int(tk.config["ckanext.gobiernoabierto.follow.confirm_days"])


def follow_hour() -> int:
    """Return the hour in Guatemala from which on the mails of the day are sent."""
    return int(tk.config["ckanext.gobiernoabierto.follow.hour"])


def fetching() -> Rules:
    """Return what may be asked of other computers; the proxy is CKAN's own option.

    Raises CkanConfigurationException for what is no network.
    """
    option = "ckanext.gobiernoabierto.fetch.open_networks"
    opened = tk.config[option]
    try:
        networks = tuple(str(ip_network(each)) for each in opened)
    except ValueError as error:
        raise CkanConfigurationException(f"{option}: {error}") from None
    return Rules(
        seconds=float(tk.config["ckanext.gobiernoabierto.fetch.seconds"]),
        open_networks=networks,
        proxy=tk.config.get("ckan.download_proxy") or None,
        agent=f"gobiernoabierto (+{site_url()})",
    )


def harvest_sites() -> list[str]:
    """Return the addresses of the sites that may be harvested, without a slash at their ends."""
    return [each.rstrip("/") for each in tk.config["ckanext.gobiernoabierto.harvest.sites"]]


def revision() -> str | None:
    """Return the commit that was installed, where whoever installed it says so."""
    return tk.config["ckanext.gobiernoabierto.site.revision"] or None


def offer_licences() -> None:
    """Let CKAN offer our licences, unless the site names a list of its own."""
    if not tk.config.get("licenses_group_url"):
        # Not as_uri(): CKAN cuts off file:// and reads no percent signs.
        tk.config["licenses_group_url"] = f"file://{LICENCES}"
