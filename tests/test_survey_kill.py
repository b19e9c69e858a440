"""Workers killed while they invite to a questionnaire: nobody is asked twice or never."""

import pytest


@pytest.mark.parametrize(
    ("kills", "people"), [(6, 12), pytest.param(100, 24, marks=pytest.mark.kill)]
)
def test_invitations_killed_in_their_batches(run_killed, kills, people):
    """Two workers at once, killed over and over; some are asked by SMS, some refused."""
    found = run_killed("surveys", kills, people, timeout=600)
    assert found["invited"] == found["rounds"] * people
    assert found["waiting"] == found["failed"] == 0
    assert found["refused"] == found["invited"] // 6
    assert found["by_sms"] == found["invited"] // 6 > 0
    assert found["letters"] == found["readers"] == found["by_email"]
    assert found["messages"] == found["listeners"] == found["by_sms"]
    sent = found["invited"] - found["refused"]
    assert found["by_email"] + found["by_sms"] == sent
    assert found["inputs"] == found["contacts"] == sent
