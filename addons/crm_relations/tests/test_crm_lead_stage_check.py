from odoo.tests import tagged
from odoo.tools import SQL

from .test_crm_funnel import FunnelCommon


@tagged("post_install", "-at_install")
class TestCrmLeadStageCheck(FunnelCommon):
    """Leads moved behind the ORM, and the nightly check that finds them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = cls.env["crm.lead.stage.log"]
        cls.check = cls.env.ref("crm_relations.crm_health_check_stage_log")

    def _by_sql(self, query, *args):
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *args))
        self.env.invalidate_all()

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_relations.ir_cron_compare_stages").method_direct_trigger()
        self.env.invalidate_all()

    def _rows(self, deal):
        return [
            (row.stage_id.name, row.exit, row.kind, bool(row.left_at))
            for row in deal.stage_log_ids.sorted("id")
        ]

    def test_in_order(self):
        self.log._backfill()
        self._make_deal().action_set_lost()
        self._make_deal().action_set_won()
        self._make_deal().action_archive()
        self._run()
        self.assertEqual((self.check.problem_count, self.check.state), (0, "ok"))
        self.assertFalse(self.check.message)

    def test_what_went_round_the_orm_is_repaired_and_counted(self):
        moved, lost, gone, new = (self._make_deal(name) for name in "abcd")
        proposal = self._stage(self.new_sale, "Proposal")
        self._by_sql(
            "UPDATE crm_lead SET stage_id = %s WHERE id = %s", proposal.id, moved.id
        )
        self._by_sql(
            "UPDATE crm_lead SET won_status = 'lost', active = FALSE, probability = 0 "
            "WHERE id = %s", lost.id
        )  # fmt: skip
        self._by_sql(
            "UPDATE crm_lead_stage_log SET left_at = entered_at, exit = 'lost' "
            "WHERE lead_id = %s", gone.id
        )  # fmt: skip
        self._by_sql("DELETE FROM crm_lead_stage_log WHERE lead_id = %s", new.id)
        self._run()
        self.assertEqual(self.check.problem_count, 4)
        self.assertIn("Without any visit: 1.", self.check.message)
        self.assertEqual(
            self._rows(moved),
            [
                ("Enquiry", "forward", "created", True),
                ("Proposal", False, "history", False),
            ],
        )
        self.assertEqual(
            moved.stage_log_ids.sorted("id")[-1].reason, "Found by the nightly check"
        )
        self.assertEqual(self._rows(lost), [("Enquiry", "lost", "created", True)])
        self.assertEqual(
            self._rows(gone),
            [
                ("Enquiry", "lost", "created", True),
                ("Enquiry", False, "history", False),
            ],
        )
        self.assertEqual(self._rows(new), [("Enquiry", False, "history", False)])
        self._run()
        self.assertEqual(self.check.problem_count, 0, "repaired once")

    def test_queries_do_not_grow_with_the_leads(self):
        deals = self.env["crm.lead"].create(
            [{"name": f"D{n}", "team_id": self.north.id} for n in range(30)]
        )
        proposal = self._stage(self.new_sale, "Proposal")
        counts = []
        for part in (deals[:3], deals):
            self._by_sql(
                "UPDATE crm_lead SET stage_id = %s WHERE id = ANY(%s)",
                proposal.id if part != deals else self._stage(self.new_sale, "Paid").id,
                part.ids,
            )
            before = self.env.cr.sql_log_count
            part._repair_visits()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3, counts)
