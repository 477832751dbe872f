"""Who visits the site in the tests of the entities: somebody who signs in, and somebody at home."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

from bs4 import BeautifulSoup

_visitors = itertools.count(1)


class Person:
    """Somebody at a form; API tokens need no token of the form."""

    def __init__(self, app: Any, headers: dict[str, str]):
        self.app, self.headers = app, headers

    def get(self, path: str) -> tuple[int, BeautifulSoup]:
        """Return (status, the page)."""
        answer = self.app.get(path, headers=self.headers, follow_redirects=False)
        return answer.status_code, BeautifulSoup(answer.body, "html.parser")

    def send(self, path: str, **data: Any) -> tuple[int, BeautifulSoup, str | None]:
        """Return (status, the page, where it leads)."""
        answer = self.app.post(path, data=data, headers=self.headers, follow_redirects=False)
        return answer.status_code, BeautifulSoup(answer.body, "html.parser"), answer.headers.get("Location")

    def decide(self, do: str, code: str = "0115-I1", **sent: str) -> tuple[int, BeautifulSoup]:
        """Send the form of one proposal of the list and return (status, the page)."""
        entity = "idea" if "-I" in code else "problem"
        data = {"entity": entity, "code": code, "version": "1", "do": do, "reason": "", **sent}
        return self.send("/propuestas", **data)[:2]

    @staticmethod
    def typed(page: BeautifulSoup) -> dict[str, Any]:
        """Return what the fields of the form hold: {name: value, or list of those chosen}."""
        form, found = page.select_one("main form"), {}
        for each in form.select("input[type=text], input:not([type])"):
            found[each["name"]] = each["value"]
        for each in form.select("textarea"):
            found[each["name"]] = each.text.strip("\r\n")
        for each in form.select("select"):
            chosen = each.select_one("option[selected]")
            found[each["name"]] = chosen["value"] if chosen else ""
        for each in form.select("input[type=checkbox][checked]"):
            found.setdefault(each["name"], []).append(each["value"])
        for each in form.select("input[type=radio][checked]"):
            found[each["name"]] = each["value"]
        return found

    @staticmethod
    def wrong(page: BeautifulSoup) -> list[str]:
        """Return what the summary of errors links to."""
        return [link["href"] for link in page.select("#errors li a")]


class Citizen:
    """Somebody at home, whom nobody has seen before."""

    SECRET = "zz9propuesta"
    SENT: ClassVar[dict[str, str]] = {
        "entity": "idea",
        "municipality": "Villa Nueva",
        "problem": "",
        "title": f"Lámparas {SECRET}",
        "description": f"En la colonia\n{SECRET}, desde mayo",
        "remark": "",
        "key": "",
    }

    def __init__(self, app: Any):
        number = next(_visitors)
        self.app, self.place = app, {"REMOTE_ADDR": f"198.18.{number // 250}.{number % 250 + 1}"}

    def another(self) -> Citizen:
        """Return somebody else."""
        return Citizen(self.app)

    def open(self, path: str) -> Any:
        """Open a page."""
        return self.app.get(path, environ_overrides=self.place, follow_redirects=False)

    def send(self, **changed: Any) -> Any:
        """Send the form, with these fields changed; None leaves one out."""
        data = {name: value for name, value in {**self.SENT, **changed}.items() if value is not None}
        return self.app.post("/proponer", data=data, environ_overrides=self.place, follow_redirects=False)
