from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RelationsCommon


class FunnelCommon(RelationsCommon):
    """North sells through two funnels, South through a third; East has none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north.use_leads = cls.south.use_leads = False
        cls.new_sale = cls._make_funnel(
            "New sale", cls.north, ["Enquiry", "Proposal", "!Ordered", "!Paid"]
        )
        cls.repeat = cls._make_funnel(
            "Repeat sale", cls.north, ["Reminder", "Offer", "!Sold again"], sequence=20
        )
        cls.southern = cls._make_funnel(
            "South", cls.south, ["Enquiry", "Visit", "!Bought"]
        )

    @classmethod
    def _make_funnel(cls, name, teams, stages, **values):
        """Stages in order; a leading ``!`` makes a won one."""
        rows = cls.env["crm.stage"].create(
            [
                {
                    "name": stage.lstrip("!"),
                    "is_won": stage.startswith("!"),
                    "sequence": 100 + 10 * place,
                    "team_ids": [Command.set(teams.ids)],
                }
                for place, stage in enumerate(stages)
            ]
        )
        return cls.env["crm.funnel"].create(
            {
                "name": name,
                "team_ids": [Command.set(teams.ids)],
                "stage_ids": [Command.set(rows.ids)],
                **values,
            }
        )

    @classmethod
    def _make_deal(cls, name="Tyres", **values):
        return cls._make_lead(
            name, **{"type": "opportunity", "user_id": cls.olena.id, **values}
        )

    @classmethod
    def _stage(cls, funnel, name):
        stage = funnel.stage_ids.filtered(lambda row: row.name == name)
        assert len(stage) == 1, f"{name}: {stage}"
        return stage


@tagged("post_install", "-at_install")
class TestCrmFunnel(FunnelCommon):
    def test_a_deal_takes_the_first_funnel_of_its_team(self):
        deal = self._make_deal()
        self.assertEqual(deal.funnel_id, self.new_sale)
        self.assertEqual(deal.stage_id.name, "Enquiry")
        self.assertIn(deal.stage_id, self.new_sale.stage_ids)

    def test_a_given_stage_says_the_funnel(self):
        deal = self._make_deal(stage_id=self._stage(self.repeat, "Offer").id)
        self.assertEqual(deal.funnel_id, self.repeat)

    def test_a_given_funnel_says_the_stage(self):
        deal = self._make_deal(funnel_id=self.repeat.id)
        self.assertEqual(deal.stage_id, self._stage(self.repeat, "Reminder"))

    def test_a_new_deal_starts_where_its_funnel_starts(self):
        """Of several funnels, with the host's equal sequences: the first on the board."""
        for funnel in self.new_sale | self.repeat:
            funnel.stage_ids.filtered(lambda stage: not stage.is_won).sequence = 1
            first = funnel._get_ordered_stages()[0]
            first.name = f"Z {first.name}"  # the oldest is not the first any more
            first = funnel._get_ordered_stages()[0]
            deal = self._make_deal(funnel_id=funnel.id)
            self.assertEqual((deal.funnel_id, deal.stage_id), (funnel, first))

    def test_a_team_without_funnel_stays_with_the_host(self):
        east = self.env["crm.team"].create({"name": "East"})
        deal = self._make_deal(team_id=east.id, user_id=False)
        self.assertFalse(deal.funnel_id)
        self.assertEqual(deal.stage_id, deal._stage_find(team_id=east.id))

    def test_another_team_takes_the_deal_to_its_funnel_and_keeps_the_place(self):
        deal = self._make_deal()
        deal.write({"team_id": self.south.id, "user_id": self.petro.id})
        self.assertEqual(deal.funnel_id, self.southern)
        self.assertEqual(deal.stage_id, self._stage(self.southern, "Enquiry"))

    def test_a_won_deal_stays_won_in_another_team(self):
        deal = self._make_deal()
        deal.action_set_won()
        deal.write({"team_id": self.south.id, "user_id": self.petro.id})
        self.assertEqual(deal.stage_id, self._stage(self.southern, "Bought"))
        self.assertEqual(deal.won_status, "won")

    def test_stage_of_another_funnel_is_refused(self):
        deal = self._make_deal()
        with self.assertRaisesRegex(ValidationError, "Move to Funnel"):
            deal.stage_id = self._stage(self.repeat, "Offer")
        with self.assertRaisesRegex(ValidationError, "does not work with"):
            deal.funnel_id = self.southern

    def test_a_deal_cannot_drop_its_funnel(self):
        deal = self._make_deal()
        with self.assertRaisesRegex(ValidationError, "needs a funnel"):
            deal.funnel_id = False

    def test_won_goes_to_the_won_stage_of_its_own_funnel(self):
        deals = self._make_deal() | self._make_deal(funnel_id=self.repeat.id)
        deals.action_set_won()
        self.assertEqual(deals.stage_id.mapped("name"), ["Ordered", "Sold again"])

    def test_a_funnel_without_won_stage_says_so(self):
        cold = self._make_funnel("Cold", self.north, ["Found", "Called"], sequence=30)
        deal = self._make_deal(funnel_id=cold.id)
        with self.assertRaisesRegex(UserError, "no won stage"):
            deal.action_set_won()

    def test_stages_after_the_order_count_as_won(self):
        with self.assertRaisesRegex(ValidationError, "count as won"):
            self._make_funnel("Wrong", self.north, ["New", "!Ordered", "Delivered"])
        with self.assertRaisesRegex(ValidationError, "count as won"):
            self._stage(self.new_sale, "Paid").is_won = False

    def test_moving_on_after_the_order_keeps_the_win(self):
        deal = self._make_deal()
        deal.action_set_won()
        deal.stage_id = self._stage(self.new_sale, "Paid")
        self.assertEqual((deal.won_status, deal.probability), ("won", 100))

    def test_a_shared_stage_is_copied_for_the_teams(self):
        shared = self.env["crm.stage"].create({"name": "Talk", "sequence": 105})
        self.new_sale.stage_ids = [Command.link(shared.id)]
        own = self._stage(self.new_sale, "Talk")
        self.assertNotEqual(own, shared)
        self.assertEqual(own.team_ids, self.north)
        self.assertEqual(own.get_external_id()[own.id].split(".")[0], "crm_relations")
        self.assertFalse(shared.team_ids, "other teams keep it")

    def test_a_stage_of_a_funnel_needs_a_team(self):
        with self.assertRaisesRegex(ValidationError, "needs a sales team"):
            self._stage(self.new_sale, "Paid").team_ids = [Command.clear()]

    def test_a_funnel_needs_a_team(self):
        with self.assertRaisesRegex(ValidationError, "needs a sales team"):
            self.env["crm.funnel"].create({"name": "Nobody's"})

    def test_a_stage_with_deals_stays_in_its_funnel(self):
        deal = self._make_deal()
        with self.assertRaisesRegex(ValidationError, "1 leads or deals"):
            self.new_sale.stage_ids = [Command.unlink(deal.stage_id.id)]

    def test_the_board_shows_the_funnels_stages_only(self):
        leads = self.env["crm.lead"].with_context(default_funnel_id=self.repeat.id)
        stages = leads._read_group_stage_ids(self.env["crm.stage"], [])
        self.assertEqual(stages, self.repeat.stage_ids.sorted())

    def test_the_pipeline_shows_empty_stages_of_the_first_funnel_only(self):
        leads = self.env["crm.lead"].with_context(default_team_id=self.north.id)
        first = self.env["crm.funnel"]._get_for_team(self.north, self.company)[:1]
        other = first.copy({"name": "Other", "sequence": 99, "stage_ids": False})
        own, empty = self.env["crm.stage"].create(
            [
                {"name": name, "team_ids": [Command.set(self.north.ids)]}
                for name in ("Holds a deal", "Holds nothing")
            ]
        )
        other.stage_ids = [Command.set((own | empty).ids)]
        mine = self.env["crm.lead"].with_context(show_user_team_stages=True)
        for board in (leads, mine):
            shown = board.with_user(self.olena)._read_group_stage_ids(own, [])
            self.assertLessEqual(first.stage_ids | own, shown)
            self.assertNotIn(empty, shown)

    def test_a_new_funnel_adopts_deals_in_its_stages(self):
        east = self.env["crm.team"].create({"name": "East"})
        stage = self.env["crm.stage"].create(
            {"name": "Try", "team_ids": [Command.set(east.ids)]}
        )
        deal = self._make_deal(team_id=east.id, user_id=False, stage_id=stage.id)
        other = self._make_deal(
            team_id=east.id, user_id=False, stage_id=self.env.ref("crm.stage_lead2").id
        )
        funnel = self.env["crm.funnel"].create(
            {
                "name": "East",
                "team_ids": [Command.set(east.ids)],
                "stage_ids": [Command.set(stage.ids)],
            }
        )
        self.assertEqual(deal.funnel_id, funnel)
        self.assertEqual(deal.stage_log_ids.funnel_id, funnel)
        self.assertFalse(other.funnel_id, "its stage is not one of the funnel's")
        action = funnel.action_take_over()
        self.assertEqual(action["context"]["default_lead_ids"], other.ids)

    def test_merged_deals_keep_funnel_and_history(self):
        first = self._make_deal("First", partner_id=self._make_customer().id)
        second = self._make_deal("Second", team_id=self.south.id, user_id=self.petro.id)
        second.stage_id = self._stage(self.southern, "Visit")
        merged = (first | second).merge_opportunity(
            user_id=self.petro.id, team_id=self.south.id
        )
        self.assertEqual(merged.funnel_id, self.southern)
        self.assertIn(merged.stage_id, self.southern.stage_ids)
        exits = merged.stage_log_ids.mapped("exit")
        self.assertEqual(exits.count("merged"), 1)
        self.assertEqual(exits.count(False), 1, "one open visit")
        self.assertGreaterEqual(len(exits), 3)

    def test_the_funnels_questions_come_before_the_teams(self):
        profiles = self.env["crm.qualification.profile"]
        of_team, of_funnel = profiles.create([{"name": "Team"}, {"name": "Funnel"}])
        self.north.qualification_profile_id = of_team
        self.repeat.qualification_profile_id = of_funnel
        self.assertEqual(self._make_deal().qualification_profile_id, of_team)
        deal = self._make_deal(funnel_id=self.repeat.id)
        self.assertEqual(deal.qualification_profile_id, of_funnel)

    def test_company_and_roles(self):
        other = self.env["res.company"].create({"name": "Other"})
        team = self.env["crm.team"].create({"name": "Far", "company_id": other.id})
        far = self.env["crm.funnel"].create(
            {"name": "Far", "company_id": other.id, "team_ids": [Command.set(team.ids)]}
        )
        self.assertFalse(far.with_user(self.manager)._filtered_access("read"))
        self.assertEqual(self.new_sale.with_user(self.olena).name, "New sale")
        with self.assertRaises(AccessError):
            self.new_sale.with_user(self.olena).name = "Mine"
        self.new_sale.with_user(self.manager).name = "Newest sale"
        with self.assertRaises(AccessError):
            self.new_sale.with_user(self.head).unlink()
