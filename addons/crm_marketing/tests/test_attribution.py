"""Attribution: published numbers, and invariants on random paths."""

import doctest
import random
from fractions import Fraction
from itertools import combinations
from math import factorial

from odoo.tests import BaseCase

from ..tools import attribution
from ..tools.attribution import MODELS, attribute, credit, largest_remainder

CHANNELS = ("ad", "mail", "search", "shop", "call", "direct")
POSITIONAL = [model for model in MODELS if model not in ("markov", "shapley")]


def shapley_oracle(players, worth):
    """The value of any game by its definition, over all coalitions: 2ⁿ, for tests only.

    :param worth: function of a frozenset
    """
    shares = {}
    for player in players:
        others = [other for other in players if other != player]
        share = Fraction(0)
        for size in range(len(others) + 1):
            weight = Fraction(
                factorial(size) * factorial(len(others) - size), factorial(len(players))
            )
            for coalition in map(frozenset, combinations(others, size)):
                share += weight * (worth(coalition | {player}) - worth(coalition))
        shares[player] = share
    return shares


def conversion_rate(paths, without=None):
    """Probability of conversion of the chain, by walking it many steps; for tests only."""
    counts = {}
    for channels, won, _value, lost in paths:
        for here, there in zip(("(start)", *channels), (*channels, None), strict=True):
            row = counts.setdefault(here, {})
            for end, count in ((True, won), (False, lost)):
                step = end if there is None else there
                row[step] = row.get(step, 0) + (count if there is None else 0)
            if there is not None:
                row[there] = row.get(there, 0) + won + lost
    here, rate = {"(start)": 1.0}, 0.0
    for _step in range(3000):
        following = {}
        for state, mass in here.items():
            total = sum(counts[state].values())
            for other, count in counts[state].items():
                if other is True:
                    rate += mass * count / total
                elif other is not False and other != without and count:
                    following[other] = following.get(other, 0) + mass * count / total
        here = following
    return rate


class TestAttribution(BaseCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(20261122)

    def _paths(self, count=12, channels=CHANNELS, longest=6):
        pick = self.random
        return [
            (
                tuple(pick.choices(channels, k=pick.randint(1, longest))),
                pick.randint(0, 5),
                pick.randint(0, 10_000),
                pick.randint(0, 20),
            )
            for _path in range(count)
        ]

    def _touches(self, longest=9):
        pick = self.random
        days = sorted(
            (pick.uniform(0, 90) for _ in range(pick.randint(1, longest))), reverse=True
        )
        return [(pick.choice(CHANNELS), day) for day in days]

    def _marks(self, count):
        pick = self.random
        names = pick.sample(["lead", "deal"], pick.randint(0, 2))
        return {name: pick.randrange(count) for name in names}

    def test_published_examples(self):
        result = doctest.testmod(attribution)
        self.assertGreater(result.attempted, 20)
        self.assertFalse(result.failed)

    def test_the_glove_game_checks_the_oracle(self):
        """Two left gloves, one right: 1/6, 1/6, 2/3 (textbook)."""
        shares = shapley_oracle(
            ["left1", "left2", "right"],
            lambda who: int("right" in who and len(who) > 1),
        )
        self.assertEqual(
            list(shares.values()), [Fraction(1, 6), Fraction(1, 6), Fraction(2, 3)]
        )

    def test_shares_sum_to_one_and_none_is_negative(self):
        for _case in range(60):
            paths = self._paths()
            for model in MODELS:
                for by in ("conversions", "value"):
                    shares = attribute(paths, model, by=by)
                    self.assertAlmostEqual(sum(shares.values()), 1, 12, model)
                    self.assertGreaterEqual(min(shares.values()), 0, model)

    def test_nothing_converted_is_nothing_shared(self):
        lost = [(path[0], 0, 0, path[3] + 1) for path in self._paths()]
        for model in MODELS:
            self.assertEqual(attribute(lost, model), {})
            self.assertEqual(attribute([], model), {})

    def test_one_channel_has_all_in_every_model(self):
        for model in MODELS:
            shares = attribute([(("ad", "ad"), 2, 5, 1), ("ad", 1, 0, 7)], model)
            self.assertEqual(shares, {"ad": 1.0}, model)
            self.assertEqual(
                credit([("ad", 3)], model, 777, weights={"ad": 0.3}), [777], model
            )

    def test_a_path_without_anybody_changes_nothing(self):
        paths = self._paths()
        for model in MODELS:
            known = attribute(paths, model)
            more = attribute([*paths, (("never", "ad"), 0, 0, 0)], model)
            self.assertEqual(more.pop("never"), 0)
            self.assertEqual(more, known, model)

    def test_shapley_is_the_value_of_the_game(self):
        for _case in range(15):
            paths = self._paths(channels=CHANNELS[: self.random.randint(2, 6)])
            total = sum(path[1] for path in paths)
            if not total:
                continue

            def worth(who, paths=paths):
                return sum(path[1] for path in paths if who.issuperset(path[0]))

            players = list(dict.fromkeys(name for path in paths for name in path[0]))
            expected = shapley_oracle(players, worth)
            shares = attribute(paths, "shapley")
            for channel in players:
                self.assertAlmostEqual(shares[channel], expected[channel] / total, 12)

    def test_shapley_null_and_symmetric_channels(self):
        paths = [(("a", "b"), 4, 0, 0), ("a", 1, 0, 0), ("b", 1, 0, 0), ("c", 0, 0, 9)]
        shares = attribute(paths, "shapley")
        self.assertEqual((shares["a"], shares["c"]), (shares["b"], 0))

    def test_shapley_of_a_path_of_any_length(self):
        many = [f"channel {n}" for n in range(300)]
        shares = attribute([(many, 1, 0, 0)], "shapley")
        self.assertAlmostEqual(shares["channel 7"], 1 / 300, 12)

    def test_markov_is_the_chain_with_and_without(self):
        for _case in range(5):
            paths = self._paths(count=6, channels=CHANNELS[:4], longest=4)
            paths.append((("ad", "ad", "mail"), 1, 0, 2))
            rate = conversion_rate(paths)
            names = list(dict.fromkeys(name for path in paths for name in path[0]))
            lost = {name: rate - conversion_rate(paths, name) for name in names}
            shares = attribute(paths, "markov")
            for name in names:
                self.assertAlmostEqual(shares[name], lost[name] / sum(lost.values()), 9)

    def test_markov_does_not_depend_on_scale_or_order(self):
        paths = self._paths()
        shares = attribute(paths, "markov")
        scaled = attribute(
            [(path[0], path[1] * 7, 0, path[3] * 7) for path in reversed(paths)],
            "markov",
        )
        for channel, share in shares.items():
            self.assertAlmostEqual(share, scaled[channel], 12)

    def test_cents_sum_to_the_amount(self):
        for _case in range(300):
            touches = self._touches()
            amount = self.random.choice([0, 1, 99, 100, 12_345, 10**12 + 7])
            weights = {name: self.random.random() for name in CHANNELS[:4]}
            for model in MODELS:
                cents = credit(
                    touches, model, amount, weights=weights,
                    half_life_days=self.random.choice([0.01, 7, 1000]),
                    marks=self._marks(len(touches)),
                )  # fmt: skip
                self.assertEqual(sum(cents), amount, model)
                self.assertEqual(len(cents), len(touches))
                self.assertGreaterEqual(min(cents), 0, model)
                self.assertTrue(all(type(cent) is int for cent in cents))

    def test_credit_and_attribute_agree(self):
        for _case in range(40):
            touches = self._touches()
            channels = tuple(channel for channel, _days in touches)
            marks = self._marks(len(touches))
            for model in POSITIONAL:
                cents = credit(touches, model, 10**9, marks=marks)
                shares = attribute(
                    [(channels, 1, 0, 0)], model, marks=[marks],
                    days=[[days for _channel, days in touches]],
                )  # fmt: skip
                for channel in set(channels):
                    mine = sum(
                        cent
                        for cent, name in zip(cents, channels, strict=True)
                        if name == channel
                    )
                    self.assertAlmostEqual(mine / 10**9, shares[channel], 7, model)

    def test_milestones_that_fall_together_or_are_not_known(self):
        touches = [("a", 9), ("b", 5), ("c", 1)]
        self.assertEqual(
            credit(touches, "w", 1000, marks={"lead": 0, "deal": 2}), [600, 100, 300]
        )
        self.assertEqual(
            credit(touches, "w", 900, marks={"lead": 1, "deal": 2}), [300] * 3
        )
        self.assertEqual(credit(touches, "w", 1000), [750, 125, 125])
        self.assertEqual(
            credit(touches, "full_path", 1000, marks={"lead": 0, "deal": None}),
            credit(touches, "full_path", 1000, marks={"lead": 0}),
        )

    def test_fitted_weights(self):
        touches = [("ad", 9), ("mail", 5), ("ad", 1), ("new", 0)]
        self.assertEqual(
            credit(touches, "markov", 100, weights={"ad": 0.5, "mail": 0.5}),
            [25, 50, 25, 0],
        )
        self.assertEqual(
            credit(touches, "markov", 90, weights={}), [15, 30, 15, 30],
            "nobody known: the distinct channels are equal",
        )  # fmt: skip

    def test_direct_only_keeps_the_last(self):
        self.assertEqual(
            credit([("direct", 3), ("direct", 0)], "last_non_direct", 10), [0, 10]
        )

    def test_bad_input_says_what_is_wrong(self):
        good = [("ad", 1, 0, 0)]
        for paths, model, options, words in (
            (good, "magic", {}, "unknown model"),
            (good, "linear", {"bay": 1}, "unknown options: bay"),
            (good, "linear", {"by": "clicks"}, "conversions or value"),
            (good, "time_decay", {"half_life_days": 0}, "half_life_days"),
            (good, "time_decay", {"days": [[1, 2]]}, "one number per touch"),
            (good, "w", {"marks": []}, "one entry per path"),
            (good, "w", {"marks": [{"lead": 1}]}, "lead is the place"),
            ([((), 1, 0, 0)], "linear", {}, "at least one channel"),
            ([("ad", 1)], "linear", {}, "a path is"),
            ([("ad", -1, 0, 0)], "linear", {}, "conversions is a number"),
            ([("ad", float("nan"), 0, 0)], "markov", {}, "conversions is a number"),
            ([("ad", 1, "5", 0)], "linear", {}, "value is a number"),
            ([("ad", 1, 0, float("inf"))], "linear", {}, "others is a number"),
        ):
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                attribute(paths, model, **options)
        touches = [("ad", 1)]
        for arguments, options, words in (
            ((touches, "magic", 1), {}, "unknown model"),
            ((touches, "linear", -1), {}, "whole cents"),
            ((touches, "linear", 1.5), {}, "whole cents"),
            (([("ad", -1)], "linear", 1), {}, "days_before_conversion"),
            ((["ad"] * 2, "linear", 1), {}, "days_before"),
            ((touches, "markov", 1), {}, "fitted weights"),
            ((touches, "markov", 1), {"weights": {"ad": -1}}, "a weight is"),
            ((touches, "w", 1), {"marks": {"leed": 0}}, "unknown mark"),
            ((touches, "w", 1), {"marks": {"deal": -1}}, "deal is the place"),
            ((touches, "time_decay", 1), {"half_life_days": -7}, "half_life_days"),
        ):
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                credit(*arguments, **options)

    def test_remainders(self):
        self.assertEqual(largest_remainder(0, [1, 2]), [0, 0])
        with self.assertRaises(ValueError):
            largest_remainder(5, [0, 0])
