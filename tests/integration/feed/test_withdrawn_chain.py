"""What took the place of a dataset is taken back itself: readers are led to what is there, or to nothing."""

from __future__ import annotations

from typing import Any

import ckan.tests.factories as factories
import pytest
from bs4 import BeautifulSoup
from ckan import model
from ckanext.gobiernoabierto.feed import snapshot, wake, withdrawal

pytestmark = pytest.mark.long

ACTION = "gobiernoabierto_dataset_withdraw"


@pytest.fixture
def chain(app: Any, call: Any, dataset: dict[str, Any], others: list[dict[str, Any]]) -> list[str]:
    """The names of four datasets: the first was taken back for the second, the others are public."""
    app.get("/catalog.nt")
    call(ACTION, id=dataset["id"], successor="otro-0")
    return [dataset["name"], *(each["name"] for each in others)]


@pytest.fixture
def warned(app: Any, officer: dict[str, str]):
    """What the page of a withdrawal says of those that lead to the dataset: text, and addresses."""

    def read(name: str) -> tuple[str, list[str]]:
        page = BeautifulSoup(app.get(f"/dataset/delete/{name}", headers=officer).body, "html.parser")
        box = page.select_one("#leading-here")
        return (
            (" ".join(box.get_text().split()), [each["href"] for each in box.select("a")])
            if box
            else ("", [])
        )

    return read


class TestReaders:
    """Of the 410 of the first."""

    @pytest.mark.parametrize("state", ["deleted", "draft", "private"])
    def test_are_never_led_to_what_is_hidden(
        self, call: Any, gone: Any, chain: list[str], monkeypatch: pytest.MonkeyPatch, state: str
    ):
        """Not even while no flush has told the log."""
        monkeypatch.setattr(wake, "head_for_a_reader", snapshot.head)
        call(ACTION, id="otro-0", state=state)
        assert "successor" not in gone(chain[0], ".json").json
        assert "isReplacedBy" not in gone(chain[0], ".ttl").body
        assert "otro-0" not in gone(chain[0]).body

    def test_are_led_on_before_any_flush(
        self, call: Any, gone: Any, chain: list[str], others: Any, monkeypatch: pytest.MonkeyPatch
    ):
        """To what takes the place of the second."""
        monkeypatch.setattr(wake, "head_for_a_reader", snapshot.head)
        call(ACTION, id="otro-0", successor="otro-1")
        for ending in (".json", ".ttl"):
            assert others[1]["id"] in gone(chain[0], ending).body
        assert "/dataset/otro-1" in gone(chain[0]).body

    def test_are_not_sent_round_in_a_ring(self, call: Any, gone: Any, chain: list[str]):
        """The first comes back, and replaces the second: it is there, and of itself it says nothing."""
        call("package_patch", id=chain[0], state="active")
        call(ACTION, id="otro-0", successor=chain[0])
        call(ACTION, id=chain[0], successor="otro-1")
        assert gone("otro-0", ".json").json["successor"] == gone(chain[0], ".json").json["successor"]
        said = withdrawal.Withdrawal
        model.Session.query(said).filter_by(package_id=model.Package.get(chain[0]).id).update(
            {"successor": model.Package.get("otro-0").id}
        )
        model.Session.commit()
        for name in (chain[0], "otro-0"):
            assert "successor" not in gone(name, ".json").json


class TestWhoTakesBackTheSecond:
    """Is told who else is led to it."""

    def test_reads_which_lead_there(self, warned: Any, chain: list[str]):
        """With the way to choose another successor of each."""
        text, ways = warned("otro-0")
        assert "Alumbrado público" in text
        assert ways == [f"/dataset/delete/{chain[0]}"]
        assert warned("otro-1") == ("", [])

    def test_by_several_steps_too(self, call: Any, warned: Any, chain: list[str]):
        """All that lead there, once each; also on the page of one that is taken back already."""
        call(ACTION, id="otro-0", successor="otro-1")
        assert warned("otro-1")[1] == ["/dataset/delete/otro-0", f"/dataset/delete/{chain[0]}"]
        assert warned("otro-0")[1] == [f"/dataset/delete/{chain[0]}"]

    def test_does_not_read_the_names_of_what_others_hide(self, call: Any, warned: Any, chain: list[str]):
        """How many they are, so that she can ask."""
        other = factories.Organization()
        call("package_owner_org_update", id=chain[0], organization_id=other["id"])
        text, ways = warned("otro-0")
        assert "Alumbrado" not in text
        assert "1 de otra organización" in text
        assert ways == []

    def test_is_told_when_they_lead_nowhere(self, app: Any, chain: list[str], officer: Any):
        """And not where what takes its place takes theirs too."""

        def told(name: str, **sent: str) -> str:
            answer = app.post(f"/dataset/delete/{name}", data={**sent, "delete": ""}, headers=officer)
            return BeautifulSoup(answer.body, "html.parser").select_one(".flash-messages").get_text()

        alone = "1 conjunto de datos retirado mandaba aquí a sus lectores, y ya no los manda a ninguno"
        assert alone not in told("otro-0", successor="otro-1")
        assert "2 conjuntos de datos retirados mandaban aquí" in told("otro-1")

    def test_a_program_is_told_too(self, call: Any, chain: list[str]):
        """Those that the caller may change, by name."""
        assert call(ACTION, id="otro-0")["led_here"] == [chain[0]]
        assert call(ACTION, id="otro-2")["led_here"] == []
