"""Workers of the alarms killed inside their passes: no event lost, none doubled."""

import pytest


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.kill)])
def test_alarms_killed_in_their_passes(run_killed, kills):
    """Two workers at once, killed over and over."""
    found = run_killed("alarms", kills)
    assert found["untold"] == 0, "a notice is lost"
    assert found["letters"] == found["notices"], "a notice was told twice, or never"
    assert found["alarms"] == found["records_alarmed"] == found["records"]
    assert found["alarms_with_a_gap"] == 0, "a decision is lost"
