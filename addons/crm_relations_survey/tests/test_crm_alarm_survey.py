from odoo.tests import tagged

from odoo.addons.crm_relations.tests.alarm_common import AlarmCommon, at


@tagged("post_install", "-at_install")
class TestCrmAlarmSurvey(AlarmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls.env.ref("crm_relations_survey.alarm_rule_survey")
        cls.rule.write({"active": True, "valid_from": False})
        cls.env.ref("crm_relations.role_head_of_sales").user_ids = cls.head
        cls.customer = cls._make_customer(user_id=cls.olena.id)
        cls.survey = cls.env["survey.survey"].create(
            {"title": "Were you happy?", "scoring_type": "scoring_with_answers"}
        )
        cls.question = cls.env["survey.question"].create(
            {
                "survey_id": cls.survey.id, "title": "Again?",
                "question_type": "simple_choice", "sequence": 1,
                "suggested_answer_ids": [
                    (0, 0, {"value": "Yes", "answer_score": 10, "is_correct": True}),
                    (0, 0, {"value": "No", "answer_score": 0}),
                ],
            }
        )  # fmt: skip

    def _answer(self, number, **values):
        """A survey answered with the first or second answer, Monday 10:00."""
        found = self.survey._create_answer(partner=self.customer)
        found._save_lines(self.question, self.question.suggested_answer_ids[number].id)
        found._mark_done()
        found.write({"end_datetime": at(2, 10), **values})
        return found

    def test_starts_climbs_and_an_outgoing_call_stops_it(self):
        self.assertFalse(self.rule.is_polled, "answers mark themselves")
        good, bad = self._answer(0), self._answer(1)
        self.assertEqual((good.scoring_percentage, bad.scoring_percentage), (100, 0))
        self._run(at(2, 10, 59), tell=True)
        alarm = self._get_alarm(bad)
        self.assertFalse(self._get_alarm(good))
        self.assertEqual((alarm.state, self._told(alarm)), ("running", []))
        self.assertEqual(
            (alarm.customer_id, alarm.user_id), (self.customer, self.olena)
        )
        self._run(at(2, 11), tell=True)
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_olena"])])
        self.assertEqual(
            (alarm.activity_id.res_model, alarm.activity_id.res_id),
            ("res.partner", self.customer.id),
            "on what a salesperson may open",
        )
        self._run(at(2, 14), tell=True)
        self.assertEqual(self._told(alarm)[1:], [(2, 0, ["rel_head"])])
        opened = alarm.with_user(self.olena).action_open_record()
        self.assertEqual(opened["res_model"], "res.partner")
        self._make_interaction(
            "sorry", direction="out", partner_id=self.customer.id,
            started_at=at(2, 14, 30),
        )  # fmt: skip
        self._run(at(2, 14, 31))
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "progress"))

    def test_what_is_no_answer_of_a_customer(self):
        trial = self._answer(1, test_entry=True)
        unknown = self._answer(1, partner_id=False)
        self.survey.scoring_type = "no_scoring"
        unscored = self._answer(1)
        self._run(at(2, 11))
        for found in (trial, unknown, unscored):
            self.assertFalse(self._get_alarm(found))

    def test_nobody_may_read_the_answers_themselves(self):
        bad = self._answer(1)
        self.assertFalse(bad.with_user(self.olena).has_access("read"))
