"""Workers of scenarios killed in the middle of sending: nobody is told twice or never."""

import pytest


@pytest.mark.parametrize(
    ("kills", "people", "longest"),
    [(12, 30, 0.5), pytest.param(24, 10_000, 12, marks=pytest.mark.kill)],
)
def test_scenarios_killed_in_their_passes(run_killed, kills, people, longest):
    """Two workers at once, killed over and over.

    The large one is killed in the middle of ten thousand letters; it costs 20,000 letters
    and 10,000 questions. The small one has deals too.
    """
    found = run_killed("scenarios", kills, people, longest, timeout=1800)
    due, steps = found["due"], found["steps"]
    assert found["runs"] == due >= people, "a person was not started, or started twice"
    assert found["unfinished"] == found["not_done"] == 0
    assert found["done"] == steps * due
    assert found["letters"] == found["traces"] == found["contacts"] == 2 * due
    assert found["different_letters"] == 2 * due, "somebody got a letter twice"
    assert found["deals"] == (due if steps == 4 else 0)
