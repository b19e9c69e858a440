from datetime import date, timedelta
from functools import partial

from odoo.tests import tagged

from .test_qualification import NOW, QualificationCommon

FORM = {
    "name": {},
    "qualification_state": {},
    "qualification_score": {},
    "qualification_verdict": {},
    "first_channel_id": {"fields": {"display_name": {}}},
    "first_words": {},
    "first_message": {},
    "pages_seen": {},
    "qualification_answer_ids": {
        "fields": {
            "question": {},
            "kind": {},
            "options": {},
            "share": {},
            "is_answered": {},
            "value_yes_no": {},
            "value_option_id": {"fields": {"display_name": {}}},
        }
    },
    "qualification_decision_ids": {"fields": {"state": {}, "words": {}}},
}
LIST = {"name": {}, "qualification_score": {}, "qualification_verdict": {}}


@tagged("post_install", "-at_install")
class TestQualificationPerformance(QualificationCommon):
    def _queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _leads(self, number):
        return self.env["crm.lead"].create(
            [
                {"name": f"Lead {i}", "type": "lead", "team_id": self.north.id}
                for i in range(number)
            ]
        )

    def test_the_form_costs_the_same_however_much_was_answered(self):
        lead = self._leads(1)
        self._queries(lambda: lead.web_read(FORM))  # warm
        empty = self._queries(lambda: lead.web_read(FORM))
        for criterion in self.profile.criterion_ids - self.need - self.when:
            self._answer(lead, criterion, "yes" if criterion == self.region else 5)
        self._reject(lead)
        lead.action_restore()
        self.assertLessEqual(self._queries(lambda: lead.web_read(FORM)), empty + 1)
        self.assertLessEqual(empty, 14)

    def test_lists_rejects_and_restores_by_sets(self):
        few, many = self._leads(2), self._leads(60)
        read = {
            len(leads): self._queries(lambda leads=leads: leads.web_read(LIST))
            for leads in (few, many)
        }
        self.assertLessEqual(read[60], read[2])
        counts = [self._queries(partial(self._reject, leads)) for leads in (few, many)]
        self.assertLessEqual(counts[1], counts[0] + 3)
        counts = [self._queries(leads.action_restore) for leads in (few, many)]
        self.assertLessEqual(counts[1], counts[0] + 3)

    def test_nurtured_leads_come_back_by_sets(self):
        def aside(number):
            leads = self._leads(number)
            leads.write(
                {"qualification_state": "nurture", "nurture_until": date(2026, 3, 1)}
            )
            return leads

        counts = {}
        for number in (5, 5, 50):
            aside(number)
            counts[number] = self._queries(
                lambda: self.env["crm.lead"]._return_nurtured(NOW + timedelta(days=9))
            )
        # the host subscribes the salesperson lead by lead; nothing else may grow
        self.assertLessEqual((counts[50] - counts[5]) / 45, 6, counts)

    def test_a_new_question_is_asked_by_one_statement(self):
        self._leads(3)
        few = self._queries(lambda: self._make_criterion("One more?"))
        self._leads(60)
        self.assertLessEqual(
            self._queries(lambda: self._make_criterion("And one?")), few + 2
        )
