from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import RelationsCommon


@tagged("post_install", "-at_install")
class TestSalesDayTour(RelationsCommon, HttpCase):
    """A salesperson and his head, each in his own screens."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north.use_leads = False
        for user in (cls.olena, cls.head):
            user.password = user.login
        names = ["Enquiry", "Proposal", "Ordered"]
        cls.stages = cls.env["crm.stage"].create(
            [
                {
                    "name": name,
                    "is_won": name == "Ordered",
                    "sequence": 10 * place,
                    "team_ids": [Command.set(cls.north.ids)],
                }
                for place, name in enumerate(names, start=1)
            ]
        )
        cls.funnel = cls.env["crm.funnel"].create(
            {
                "name": "Tyres way",
                "team_ids": [Command.set(cls.north.ids)],
                "stage_ids": [Command.set(cls.stages.ids)],
            }
        )
        cls.check = cls.env["crm.stage.check"].create(
            {"name": "Size is known", "stage_id": cls.stages[0].id}
        )
        cls.script = cls.env["crm.script"].create(
            {
                "name": "First talk",
                "stage_ids": [Command.set(cls.stages[:2].ids)],
                "step_ids": [
                    Command.create(
                        {
                            "text": "Good day, {{person}}!",
                            "sequence": 1,
                            "answer_ids": [
                                Command.create({"name": "Go on"}),
                                Command.create({"name": "Not now", "is_end": True}),
                            ],
                        }
                    ),
                    Command.create({"text": "Which size?", "sequence": 2}),
                ],
            }
        )
        cls.deal = cls._make_lead(type="opportunity", user_id=cls.olena.id)
        cls.taxi = cls._make_lead("Nova Taxi", type="opportunity", user_id=cls.olena.id)

    def test_a_salesperson_has_a_whole_day(self):
        """Reject one lead, nurture one, qualify one; script and checks; a deputy."""
        self.north.use_leads = True
        self.env.ref("base.group_user").implied_ids += self.env.ref(
            "crm.group_use_lead"
        )
        self.env["crm.reject.reason"].create({"name": "Wrong region", "sequence": 0})
        boat, autumn, tyres = (
            self._make_lead(name, user_id=self.olena.id, **values)
            for name, values in (
                ("Boat hull", {}),
                ("Tyres in autumn", {}),
                (
                    "Four tyres",
                    {
                        "contact_name": "Oksana",
                        "email_from": "oksana@new.example",
                        "description": "<p>Do you have 205/55 R16?</p>",
                    },
                ),
            )
        )
        came = self._make_interaction(
            "came",
            channel="form",
            lead_id=tyres.id,
            team_id=self.north.id,
            owner_id=self.olena.id,
            page="https://kolo.example/tyres",
        )
        self.start_tour(
            "/odoo/action-crm.crm_lead_all_leads",
            "crm_relations_salesperson_day",
            login=self.olena.login,
        )
        self.assertEqual(
            [lead.qualification_state for lead in (boat, autumn, tyres)],
            ["rejected", "nurture", "qualified"],
        )
        self.assertFalse((boat | autumn).filtered("active"))
        self.assertEqual((tyres.type, tyres.partner_id.name), ("opportunity", "Oksana"))
        self.assertEqual(came.partner_id, tyres.partner_id)
        self._assert_followed(tyres)
        absence = self.env["crm.deputy"].search([("user_id", "=", self.olena.id)])
        self.assertEqual(absence.deputy_id, self.ivan)

    def _assert_followed(self, deal):
        """Answers to the script are kept, and every check of the stage left is done."""
        self.assertEqual(deal.stage_id, self.stages[1])
        replies = self.env["crm.script.reply"].search([("lead_id", "=", deal.id)])
        self.assertEqual(set(replies.mapped("words")), {False, "205/55 R16"})
        visit = deal.stage_log_ids.sorted("id")[0]
        self.assertEqual((visit.check_count, visit.check_done_count), (1, 1))

    def test_a_head_lets_a_deal_pass_and_looks_at_the_report(self):
        self.deal._tick_checks(self.check)
        self.deal.with_user(self.olena).stage_id = self.stages[1]
        self.start_tour(
            "/odoo/action-crm_relations.crm_funnel_action",
            "crm_relations_head_board",
            login=self.head.login,
        )
        self.assertEqual(self.taxi.stage_id, self.stages[1])
        row = self.taxi.stage_log_ids.sorted("id")[-1]
        self.assertEqual(
            (row.kind, row.reason, row.moved_by_id),
            ("override", "The director decides today", self.head),
        )

    def test_a_head_hands_over_and_takes_it_back(self):
        customer = self._make_customer(user_id=self.olena.id)
        self.deal.partner_id = customer
        self.start_tour(
            "/odoo/action-crm_relations.crm_handover_action/new",
            "crm_relations_handover",
            login=self.head.login,
        )
        self.assertEqual((customer.user_id, self.deal.user_id), (self.olena,) * 2)
        self.assertEqual(
            self.env["crm.handover"].search([]).mapped("from_user_id"), self.olena
        )

    def test_a_salesperson_hands_over_before_a_holiday(self):
        customer = self._make_customer(user_id=self.olena.id)
        self.deal.partner_id = customer
        self.start_tour(
            "/odoo/action-crm_relations.crm_handover_action/new",
            "crm_relations_own_handover",
            login=self.olena.login,
        )
        self.assertEqual((customer.user_id, self.deal.user_id), (self.ivan,) * 2)
        made = self.env["crm.handover"].search([])
        self.assertEqual((made.reason, made.state), ("holiday", "done"))
