from odoo.tests import HttpCase, tagged

from .common import SALESMAN


@tagged("post_install", "-at_install")
class TestQualificationTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls.env["res.users"].create(
            {
                "name": "Olena",
                "login": "rel_olena",
                "password": "rel_olena",
                "group_ids": [(4, cls.env.ref(name).id) for name in SALESMAN.split(",")]
                + [(4, cls.env.ref("crm.group_use_lead").id)],
            }
        )
        profile = cls.env["crm.qualification.profile"].create({"name": "Service"})
        team = cls.env["crm.team"].create(
            {
                "name": "North",
                "use_leads": True,
                "qualification_profile_id": profile.id,
                "crm_team_member_ids": [(0, 0, {"user_id": cls.user.id})],
            }
        )
        criteria = [
            {"name": "Near us?", "must_have": True, "weight": 2},
            {
                "name": "What does it need?",
                "kind": "choice",
                "weight": 3,
                "option_ids": [
                    (0, 0, {"name": "Repair"}),
                    (0, 0, {"name": "Wash", "share_percent": 0}),
                ],
            },
            {"name": "Budget?", "kind": "amount", "low": 1500, "weight": 2},
            {"name": "Years?", "kind": "number", "high": 15, "weight": 1},
            {"name": "When?", "kind": "date", "high": 30, "weight": 2},
        ]
        cls.env["crm.qualification.criterion"].create(
            [
                {"profile_id": profile.id, "sequence": i, **c}
                for i, c in enumerate(criteria)
            ]
        )
        cls.env["crm.reject.reason"].create({"name": "Wrong region", "sequence": 0})
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Squeaking brakes",
                "type": "lead",
                "contact_name": "Taras Melnyk",
                "phone": "+380675550110",
                "team_id": team.id,
                "user_id": cls.user.id,
            }
        )

    def test_answer_reject_nurture_qualify_by_keyboard(self):
        self.start_tour(
            f"/odoo/crm/{self.lead.id}",
            "crm_relations_qualification",
            login="rel_olena",
        )
        self.assertEqual(self.lead.qualification_state, "qualified")
        self.assertEqual(self.lead.partner_id.name, "Taras Melnyk")
        self.assertEqual(
            self.lead.qualification_decision_ids.sorted("id").mapped("state"),
            ["rejected", "nurture", "qualified"],
        )
        answered = self.lead.qualification_answer_ids.filtered("is_answered")
        self.assertEqual(answered.mapped("display_value"), ["Yes", "Repair", "2000"])
