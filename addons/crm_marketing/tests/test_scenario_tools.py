"""Clocks, waits, lift: examples in the text, and properties on random moments."""

import doctest
import random
from datetime import datetime, timedelta

from odoo.tests import BaseCase

from ..tools import lift, scenario_text, scenario_time, survey_score
from ..tools.lift import newcombe, wilson
from ..tools.scenario_time import next_birthday, parse_birthday, to_local, wait_until

ZONES = ("Europe/Kyiv", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "UTC")


class TestScenarioTools(BaseCase):
    def test_examples_in_the_text(self):
        for module in (lift, scenario_text, scenario_time, survey_score):
            result = doctest.testmod(
                module, optionflags=doctest.IGNORE_EXCEPTION_DETAIL
            )
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    def test_a_wait_never_ends_before_it_begins(self):
        chance = random.Random(19)
        for _ in range(3000):
            start = datetime(2026, 1, 1) + timedelta(minutes=chance.randrange(525_600))
            zone = chance.choice(ZONES)
            days, hours = chance.randrange(40), chance.randrange(50)
            weekday = chance.choice((None, *range(7)))
            hour = chance.choice((None, 0, 2.5, 3, 10, 23.75))
            end = wait_until(start, zone, days, hours, weekday, hour)
            self.assertGreaterEqual(
                end, start + timedelta(days=days) - timedelta(hours=1)
            )
            if weekday is not None:
                self.assertEqual(to_local(end, zone).weekday(), weekday)
            if hour == 10:
                self.assertEqual(to_local(end, zone).hour, 10)
            if weekday is None and hour is None and not days:
                self.assertEqual(end, start + timedelta(hours=hours))

    def test_a_birthday_comes_once_a_year(self):
        for birthday in ("--02-29", "1988-02-29", "--12-31", "--01-01"):
            day, seen = datetime(2023, 1, 1).date(), set()
            while day < datetime(2031, 1, 1).date():
                seen.add(next_birthday(birthday, day))
                day += timedelta(days=1)
            self.assertEqual(len({found.year for found in seen}), len(seen))
            self.assertTrue({2023, 2024, 2028, 2030} <= {found.year for found in seen})
        self.assertEqual(parse_birthday("29/02/1988"), "1988-02-29")

    def test_the_interval_holds_the_difference(self):
        chance = random.Random(7)
        for _ in range(2000):
            n, m = chance.randrange(1, 200), chance.randrange(1, 200)
            a, b = chance.randrange(n + 1), chance.randrange(m + 1)
            found = newcombe(a, n, b, m)
            self.assertLessEqual(found.low, found.difference)
            self.assertGreaterEqual(found.high, found.difference)
            self.assertGreaterEqual(found.low, -1 - 1e-9)
            self.assertLessEqual(found.high, 1 + 1e-9)
            turned = newcombe(b, m, a, n)
            self.assertAlmostEqual(found.low, -turned.high)
            low, high = wilson(a, n)
            self.assertTrue(low <= a / n <= high)
