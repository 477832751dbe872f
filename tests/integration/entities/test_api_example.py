"""The example of ``docs/api.md`` runs as it stands there."""

from __future__ import annotations

import re

import ckanapi


def test_the_example_of_the_api_runs(
    checkout, sysadmin, territory, test_request_context, monkeypatch, capsys
):
    """Of its own program but for the network: it prints what is known of the evidence, and two changes."""
    (program,) = re.findall("```python\n(.*?)```", (checkout / "docs" / "api.md").read_text("utf-8"), re.S)
    monkeypatch.setattr(ckanapi, "RemoteCKAN", lambda _address, apikey: ckanapi.LocalCKAN(username=sysadmin))
    with test_request_context():
        exec(program, {})
    checks, created, answered = capsys.readouterr().out.splitlines()
    assert "'https://example.org/acta': {'state': 'unchecked'" in checks
    assert created.startswith("1 create {")
    assert answered.startswith("2 update {")
