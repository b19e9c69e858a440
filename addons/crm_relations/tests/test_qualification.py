from datetime import date, datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import RelationsCommon

NOW = datetime(2026, 3, 2, 9, 0, 0)


class QualificationCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = cls.env["crm.qualification.profile"].create(
            {"name": "Car service", "threshold": 60, "team_ids": [(4, cls.north.id)]}
        )
        cls.region = cls._make_criterion("Near us?", must_have=True, weight=2)
        cls.need = cls._make_criterion(
            "What does it need?",
            kind="choice",
            weight=3,
            option_ids=[
                (0, 0, {"name": "Repair", "share_percent": 100}),
                (0, 0, {"name": "Tyres", "share_percent": 70}),
                (0, 0, {"name": "Wash", "share_percent": 0}),
            ],
        )
        cls.budget = cls._make_criterion("Budget?", kind="amount", low=1500, weight=2)
        cls.age = cls._make_criterion("Years?", kind="number", low=0, high=15, weight=1)
        cls.when = cls._make_criterion("When?", kind="date", low=0, high=30, weight=2)
        cls.reason = cls.env["crm.reject.reason"].create({"name": "Wrong region"})

    @classmethod
    def _make_criterion(cls, name, **values):
        return cls.env["crm.qualification.criterion"].create(
            {"profile_id": cls.profile.id, "name": name, **values}
        )

    @classmethod
    def _answer(cls, lead, criterion, value):
        name = {
            "yes_no": "value_yes_no",
            "choice": "value_option_id",
            "number": "value_number",
            "amount": "value_amount",
            "date": "value_date",
        }[criterion.kind]
        answer = lead.qualification_answer_ids.filtered(
            lambda answer: answer.criterion_id == criterion
        )
        lead.write({"qualification_answer_ids": [(1, answer.id, {name: value})]})
        return answer

    @classmethod
    def _reject(cls, leads, **values):
        wizard = cls.env["crm.lead.reject"].create(
            {"lead_ids": [(6, 0, leads.ids)], "reason_id": cls.reason.id, **values}
        )
        return wizard.action_apply()

    @classmethod
    def _nurture(cls, leads, until, **values):
        wizard = cls.env["crm.lead.nurture"].create(
            {"lead_ids": [(6, 0, leads.ids)], "until": until, **values}
        )
        return wizard.action_apply()


@tagged("post_install", "-at_install")
class TestQualificationAnswers(QualificationCommon):
    def test_a_new_lead_is_asked_its_teams_questions(self):
        lead = self._make_lead()
        self.assertEqual(lead.qualification_profile_id, self.profile)
        self.assertEqual(
            lead.qualification_answer_ids.mapped("question"),
            ["Near us?", "What does it need?", "Budget?", "Years?", "When?"],
        )
        self.assertEqual(
            (lead.qualification_score, lead.qualification_verdict), (0, "open")
        )
        south = self._make_lead(team_id=self.south.id)
        self.assertFalse(south.qualification_answer_ids)
        self.assertFalse(south.qualification_verdict)

    def test_score_and_verdict_follow_every_answer(self):
        lead = self._make_lead()
        repair, tyres, _wash = self.need.option_ids
        self._answer(lead, self.need, repair.id)
        self.assertEqual(
            (lead.qualification_score, lead.qualification_verdict), (30, "open")
        )
        self._answer(lead, self.need, tyres.id)
        self.assertEqual(lead.qualification_score, 21)
        self._answer(lead, self.budget, 2000)
        self._answer(lead, self.when, fields.Date.today() + timedelta(days=5))
        self.assertEqual(
            (lead.qualification_score, lead.qualification_verdict), (61, "open")
        )
        self._answer(lead, self.region, "yes")
        self.assertEqual(
            (lead.qualification_score, lead.qualification_verdict), (81, "fit")
        )
        self._answer(lead, self.region, "no")
        self.assertEqual(lead.qualification_verdict, "unfit", "a must-have is wrong")
        self._answer(lead, self.region, False)
        self.assertEqual(
            (lead.qualification_score, lead.qualification_verdict), (61, "open")
        )

    def test_unfit_as_soon_as_the_threshold_is_out_of_reach(self):
        lead = self._make_lead()
        self._answer(lead, self.need, self.need.option_ids[2].id)
        self.assertEqual(lead.qualification_verdict, "open")
        self._answer(lead, self.budget, 100)
        self.assertEqual(lead.qualification_verdict, "unfit", "at best 50 of 100")

    def test_zero_is_an_answer_and_empty_is_not(self):
        lead = self._make_lead()
        answer = self._answer(lead, self.age, 0)
        self.assertEqual((answer.is_answered, answer.share), (True, 1.0))
        answer.write({"value_number": False})
        self.assertEqual((answer.is_answered, answer.share), (False, 0.0))

    def test_who_answered_and_when_is_kept(self):
        lead = self._make_lead(user_id=self.olena.id)
        answer = lead.qualification_answer_ids[0].with_user(self.olena)
        answer.value_yes_no = "yes"
        self.assertEqual(answer.user_id, self.olena)
        self.assertTrue(answer.answered_at)
        self.assertEqual(answer.display_value, "Yes")

    def test_date_is_judged_from_the_day_of_the_answer(self):
        lead = self._make_lead()
        answer = self._answer(lead, self.when, date(2026, 3, 20))
        answer.answered_at = NOW
        self.assertEqual(answer.share, 1.0)
        answer.answered_at = NOW - timedelta(days=60)
        self.assertEqual(answer.share, 0.0)

    def test_open_leads_follow_a_changed_profile_decided_ones_do_not(self):
        lead, decided = self._make_lead(), self._make_lead()
        for each in lead | decided:
            self._answer(each, self.budget, 2000)
        self._reject(decided)
        self.budget.low = 3000
        self.assertEqual(
            (lead.qualification_score, decided.qualification_score), (0, 20)
        )
        extra = self._make_criterion("Insured?")
        self.assertIn(extra, lead.qualification_answer_ids.criterion_id)
        self.assertNotIn(extra, decided.qualification_answer_ids.criterion_id)

    def test_a_teams_new_profile_reaches_leads_without_answers(self):
        fresh, answered = self._make_lead(), self._make_lead()
        self._answer(answered, self.region, "yes")
        other = self.profile.copy({"name": "Fleet"})
        self.north.qualification_profile_id = other
        self.assertEqual(fresh.qualification_profile_id, other)
        self.assertEqual(fresh.qualification_answer_ids.criterion_id.profile_id, other)
        self.assertEqual(answered.qualification_profile_id, self.profile)

    def test_answers_are_as_private_as_their_lead(self):
        own = self._make_lead(user_id=self.olena.id).qualification_answer_ids
        south = self._make_lead(team_id=self.south.id, user_id=self.petro.id)
        south.qualification_profile_id = self.profile
        rows = own | south.qualification_answer_ids
        users = self.olena | self.ivan | self.head | self.manager | self.director
        visible = {
            user.login: rows.with_user(user)._filtered_access("read") for user in users
        }
        self.assertEqual(
            visible,
            {
                "rel_olena": own,
                "rel_ivan": rows.browse(),
                "rel_head": own,
                "rel_manager": rows,
                "rel_director": rows,
            },
        )
        with self.assertRaises(AccessError):
            own[0].with_user(self.accountant).read(["value_yes_no"])
        with self.assertRaises(AccessError):
            self.region.with_user(self.olena).write({"weight": 9})
        self.region.with_user(self.manager).write({"weight": 9})


@tagged("post_install", "-at_install")
class TestRejectedIsNotLost(QualificationCommon):
    def _lost_report(self):
        """The domain behind the host's *Lost* filters and its lost report."""
        return self.env["crm.lead"].search(
            [
                ("won_status", "=", "lost"),
                ("active", "=", False),
                ("team_id", "=", self.north.id),
            ]
        )

    def _frequencies(self):
        """{(variable, value): (won, lost)} of the host's scoring for our team."""
        rows = self.env["crm.lead.scoring.frequency"].search(
            [("team_id", "=", self.north.id)]
        )
        return {
            (row.variable, row.value): (row.won_count, row.lost_count) for row in rows
        }

    def test_rejected_keeps_its_probability_and_is_not_lost(self):
        lead = self._make_lead(type="opportunity")
        lead.probability = 40
        self._reject(lead, words="Lives in another country")
        self.assertEqual(
            (lead.active, lead.probability, lead.won_status, lead.qualification_state),
            (False, 40, "pending", "rejected"),
        )
        self.assertFalse(lead.date_closed)
        self.assertFalse(self._lost_report())

    def test_even_a_probability_of_zero_is_not_lost(self):
        lead = self._make_lead(probability=0, automated_probability=0)
        self._reject(lead)
        self.assertEqual(lead.won_status, "pending")
        other = self._make_lead(probability=0, automated_probability=0)
        self._nurture(other, fields.Date.today() + timedelta(days=5))
        self.assertEqual(other.won_status, "pending")
        self.assertFalse(self._lost_report())
        lost = self._make_lead(type="opportunity")
        lost.action_set_lost()
        self.assertEqual(self._lost_report(), lost, "the host's own lost is as before")

    def test_scoring_frequencies_do_not_see_it(self):
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2000-01-01")
        self.env["ir.config_parameter"].set_param("crm.pls_fields", "source_id")
        source = self.env["utm.source"].create({"name": "Fair"})
        leads = self.env["crm.lead"].concat(
            *(self._make_lead(source_id=source.id, probability=0) for _i in range(3))
        )
        before = self._frequencies()
        self._reject(leads[0])
        self._nurture(leads[1], fields.Date.today() + timedelta(days=5))
        self.assertEqual(self._frequencies(), before)
        self.env["crm.lead"]._rebuild_pls_frequency_table()
        self.assertEqual(self._frequencies().get(("source_id", str(source.id))), None)
        leads[:2].action_restore()
        self.assertEqual(self._frequencies().get(("source_id", str(source.id))), None)
        leads[2].action_set_lost()
        # one lost lead: the host starts each count at 0.1
        self.assertEqual(self._frequencies()["source_id", str(source.id)], (0.1, 1.1))

    def test_rotting_does_not_see_it(self):
        stage = self.env["crm.stage"].create(
            {
                "name": "New",
                "sequence": 0,
                "team_ids": [(4, self.north.id)],
                "rotting_threshold_days": 1,
            }
        )
        leads = self.env["crm.lead"].concat(
            *(self._make_lead(type="opportunity", stage_id=stage.id) for _i in range(3))
        )
        leads.write(
            {"date_last_stage_update": fields.Datetime.now() - timedelta(days=9)}
        )
        self.assertEqual(leads.mapped("is_rotting"), [True, True, True])
        self._reject(leads[0])
        self._nurture(leads[1], fields.Date.today() + timedelta(days=5))
        self.assertEqual(leads.mapped("is_rotting"), [False, False, True])
        found = (
            self.env["crm.lead"]
            .with_context(active_test=False)
            .search([("is_rotting", "=", True), ("id", "in", leads.ids)])
        )
        self.assertEqual(found, leads[2])

    def test_restore_clears_it(self):
        lead = self._make_lead()
        lead.probability = 33
        self._reject(lead, words="Too far")
        lead.action_restore()
        self.assertEqual(
            (
                lead.active,
                lead.qualification_state,
                lead.reject_words,
                lead.probability,
            ),
            (True, "open", False, 33),
        )
        self.assertFalse(lead.reject_reason_id)
        decision = lead.qualification_decision_ids
        self.assertEqual((decision.state, decision.is_standing), ("rejected", False))
        self._reject(lead)
        lead.active = True  # the host's own way back
        self.assertEqual(lead.qualification_state, "open")

    def test_winning_a_rejected_deal_opens_it_first(self):
        lead = self._make_lead(type="opportunity")
        self._reject(lead)
        lead.action_set_won()
        self.assertEqual((lead.won_status, lead.qualification_state), ("won", "open"))
        other = self._make_lead(type="opportunity")
        self._reject(other)
        other.stage_id = lead.stage_id
        self.assertEqual((other.won_status, other.active), ("won", True))

    def test_lost_and_rejected_never_change_into_one_another(self):
        lost = self._make_lead(type="opportunity")
        lost.action_set_lost()
        with self.assertRaisesRegex(UserError, "is lost"):
            self._reject(lost)
        with self.assertRaisesRegex(UserError, "is lost"):
            lost.action_qualify()
        lost.action_restore()
        self._reject(lost)
        with self.assertRaisesRegex(UserError, "Restore it first"):
            lost.action_set_lost()
        with self.assertRaisesRegex(UserError, "is rejected"):
            self._nurture(lost, fields.Date.today() + timedelta(days=3))
        self.assertEqual(
            (lost.won_status, lost.qualification_state), ("pending", "rejected")
        )

    def test_won_is_not_rejected(self):
        lead = self._make_lead(type="opportunity")
        lead.action_set_won()
        with self.assertRaisesRegex(UserError, "is won"):
            self._reject(lead)

    def test_a_reason_may_need_words(self):
        self.reason.needs_words = True
        lead = self._make_lead()
        with self.assertRaisesRegex(UserError, "in words"):
            self._reject(lead, words="  ")
        self.assertTrue(lead.active)

    def test_a_stranger_may_not_reject(self):
        lead = self._make_lead(user_id=self.petro.id, team_id=self.south.id)
        values = {"qualification_state": "rejected", "reject_reason_id": self.reason.id}
        with self.assertRaises(AccessError):
            lead.with_user(self.olena).write(values)
        lead.with_user(self.petro).write(values)
        self.assertEqual(lead.qualification_decision_ids.decider_id, self.petro)
