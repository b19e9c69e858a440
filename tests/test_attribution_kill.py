"""Workers of attribution killed in the middle: nothing is credited twice or never."""

import pytest


@pytest.mark.parametrize(
    ("kills", "customers"),
    [(6, 40), pytest.param(60, 200, marks=pytest.mark.kill)],
)
def test_attribution_killed_in_its_passes(run_killed, kills, customers):
    """Two workers at once, killed over and over."""
    found = run_killed("attribution", kills, customers)
    assert found["waiting"] == found["wrong"] == 0
    assert found["different_sums"] == 1, "every model shares out the same revenue"
    assert found["places"]
    assert found["as_from_nothing"]
