"""Workers of repeat sales killed in the middle: no need without its deal, none with two."""

import pytest


@pytest.mark.parametrize(
    ("kills", "people"), [(12, 60), pytest.param(100, 500, marks=pytest.mark.kill)]
)
def test_repeat_sales_killed_in_their_passes(run_killed, kills, people):
    """Two workers at once, killed over and over."""
    found = run_killed("repeat", kills, people)
    assert found["needs"] == found["due"], "somebody was not found, or found twice"
    assert found["held"] + found["opened"] == found["due"]
    assert found["deals"] == found["deals_of_needs"] == found["opened"]
    assert found["tasks"] == found["to_call"] == found["opened"]
