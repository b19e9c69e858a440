from datetime import datetime, timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..tools.stage_move import CONTEXT_KEY, StageReason
from .common import TIME_ZERO
from .test_crm_funnel import FunnelCommon

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestCrmLeadStageLog(FunnelCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Monday to Friday 8-12 and 13-17 of the company, in UTC for plain sums
        cls.company.resource_calendar_id = cls.env["resource.calendar"].create(
            {"name": "Office", "tz": "UTC", "company_id": cls.company.id}
        )

    def _at(self, moment):
        return patch.object(self.env.cr, "now", lambda: moment)

    def _rows(self, deal):
        """``[(stage, from, to, exit, kind)]`` of a deal in time."""
        self.env.flush_all()
        return [
            (
                row.stage_id.name,
                row.from_stage_id.name,
                row.to_stage_id.name,
                row.exit,
                row.kind,
            )
            for row in deal.stage_log_ids.sorted("id")
        ]

    def test_one_row_per_visit(self):
        with self._at(TIME_ZERO):
            deal = self._make_deal()
        with self._at(TIME_ZERO + 2 * HOUR):
            deal.stage_id = self._stage(self.new_sale, "Proposal")
        with self._at(TIME_ZERO + 24 * HOUR):
            deal.stage_id = self._stage(self.new_sale, "Enquiry")
        deal.stage_id = self._stage(self.new_sale, "Enquiry")
        deal.expected_revenue = 5
        with self._at(TIME_ZERO + 25 * HOUR):
            deal.action_set_won()
        self.assertEqual(
            self._rows(deal),
            [
                ("Enquiry", False, "Proposal", "forward", "created"),
                ("Proposal", "Enquiry", "Enquiry", "back", "manual"),
                ("Enquiry", "Proposal", "Ordered", "won", "manual"),
                ("Ordered", "Enquiry", False, False, "manual"),
            ],
        )
        rows = deal.stage_log_ids.sorted("id")
        self.assertEqual(rows.mapped("entered_at")[1:], rows.mapped("left_at")[:-1])
        # Monday 9-11; 11-12, 13-17 and Tuesday 8-9; Tuesday 9-10; still there
        self.assertEqual(rows.mapped("working_seconds"), [2 * 3600, 6 * 3600, 3600, 0])
        self.assertEqual(rows.funnel_id, self.new_sale)
        self.assertEqual((rows.team_id, rows.user_id), (self.north, self.olena))

    def test_without_a_company_the_first_ones_hours_count(self):
        """Whoever moves it: two people of two companies measure the same."""
        night = self.env["resource.calendar"].create(
            {"name": "Never", "attendance_ids": [(5,)]}
        )
        other = self.env["res.company"].create(
            {"name": "Other", "resource_calendar_id": night.id}
        )
        first = self.env["res.company"].search([], order="id", limit=1)
        first.resource_calendar_id = self.company.resource_calendar_id
        log = self.env["crm.lead.stage.log"]
        day = datetime(2026, 3, 2), datetime(2026, 3, 3)
        clocks = [
            log.with_company(company)._get_clocks([company.browse()], *day)[False]
            for company in (self.company, other)
        ]
        total = [clock.between(1e9, 9e9) for clock in clocks]
        self.assertEqual(total[0], total[1])
        self.assertTrue(total[0])

    def test_a_weekend_is_no_working_time(self):
        friday = datetime(2026, 3, 6, 16, 0)
        with self._at(friday):
            deal = self._make_deal()
        with self._at(datetime(2026, 3, 9, 9, 30)):
            deal.stage_id = self._stage(self.new_sale, "Proposal")
        self.assertEqual(
            deal.stage_log_ids.sorted("id")[0].working_seconds, 3600 + 5400
        )

    def test_many_at_once(self):
        deals = (
            self._make_deal()
            | self._make_deal()
            | self._make_deal(stage_id=self._stage(self.new_sale, "Proposal").id)
        )
        deals.write({"stage_id": self._stage(self.new_sale, "Proposal").id})
        self.assertEqual([len(deal.stage_log_ids) for deal in deals], [2, 2, 1])

    def test_lost_and_restored(self):
        deal = self._make_deal()
        reason = self.env["crm.lost.reason"].create({"name": "Dear"})
        product = self.env["product.product"].create({"name": "Golf"})
        wizard = (
            self.env["crm.lead.lost"]
            .with_user(self.olena)
            .create(
                {
                    "lead_ids": [Command.set(deal.ids)],
                    "lost_reason_id": reason.id,
                    "product_id": product.id,
                    "lost_feedback": "<p>They found it <b>cheaper</b></p>",
                }
            )
        )
        wizard.action_lost_reason_apply()
        row = deal.stage_log_ids
        self.assertEqual(len(row), 1)
        self.assertEqual(
            (row.exit, row.lost_reason_id, row.product_id), ("lost", reason, product)
        )
        self.assertEqual(row.words, "They found it *cheaper*")
        self.assertTrue(row.left_at)
        deal.action_restore()
        self.assertEqual(
            self._rows(deal)[1], ("Enquiry", "Enquiry", False, False, "restored")
        )

    def test_rejected_and_brought_back(self):
        lead = self._make_lead(user_id=self.olena.id)
        reason = self.env["crm.reject.reason"].create({"name": "Other region"})
        product = self.env["product.product"].create({"name": "Golf"})
        lead.with_user(self.olena).write(
            {
                "qualification_state": "rejected",
                "reject_reason_id": reason.id,
                "reject_product_id": product.id,
                "reject_words": "Lives too far away",
            }
        )
        row = lead.stage_log_ids
        self.assertEqual(
            (row.exit, row.reject_reason_id, row.product_id, row.words),
            ("rejected", reason, product, "Lives too far away"),
        )
        lead.action_restore()
        self.assertEqual(
            [row[3:] for row in self._rows(lead)],
            [("rejected", "created"), (False, "restored")],
        )

    def test_archiving_is_not_leaving(self):
        deal = self._make_deal()
        deal.probability = 30
        deal.action_archive()
        self.assertEqual(
            self._rows(deal), [("Enquiry", False, False, False, "created")]
        )

    def test_a_reason_is_kept_and_cannot_be_forged(self):
        deal = self._make_deal()
        given = {CONTEXT_KEY: StageReason("automatic", "Order S1 was confirmed")}
        deal.with_context(**given).stage_id = self._stage(self.new_sale, "Proposal")
        row = deal.stage_log_ids.sorted("id")[-1]
        self.assertEqual(
            (row.kind, row.reason), ("automatic", "Order S1 was confirmed")
        )
        forged = {CONTEXT_KEY: ["override", "I may"]}
        deal.with_context(**forged).stage_id = self._stage(self.new_sale, "Ordered")
        row = deal.stage_log_ids.sorted("id")[-1]
        self.assertEqual((row.kind, row.reason), ("manual", False))

    def test_one_open_visit_per_lead_in_the_database(self):
        deal = self._make_deal()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            deal.stage_log_ids.copy()

    def test_hand_over_keeps_the_old_figures(self):
        deal = self._make_deal()
        deal.write({"user_id": self.petro.id, "team_id": self.south.id})
        rows = deal.stage_log_ids.sorted("id")
        self.assertEqual(rows.mapped("exit"), ["funnel", False])
        self.assertEqual(rows.user_id, self.olena | self.petro)
        self.assertEqual(rows.mapped("team_id.name"), ["North", "South"])
        self.assertEqual(rows[1].kind, "funnel")

    def test_backfill_from_the_hosts_tracking(self):
        with self._at(TIME_ZERO):
            deal = self._make_tracked_deal().with_user(self.olena)
        self._track(deal, "Proposal", TIME_ZERO + 2 * HOUR)
        self._track(deal, "Enquiry", TIME_ZERO + 3 * HOUR)
        self._track(deal, "Ordered", TIME_ZERO + 5 * HOUR)
        before = self._rows(deal)
        untracked = self._make_deal("Plain")
        lost = self._make_deal("Lost")
        lost.action_set_lost()
        leads = deal | untracked | lost
        self._forget(deal, TIME_ZERO)
        leads.sudo().stage_log_ids.unlink()
        self.assertEqual(self.env["crm.lead.stage.log"]._backfill(), 6)
        self.assertEqual(
            [row[:4] for row in self._rows(deal)],
            [row[:4] for row in before],
            "the history tells what the live log had written",
        )
        rows = deal.stage_log_ids.sorted("id")
        self.assertEqual(set(rows.mapped("kind")), {"history"})
        self.assertEqual(rows.mapped("working_seconds"), [2 * 3600, 3600, 3600, 0])
        self.assertEqual(rows[1].moved_by_id, self.olena)
        self.assertEqual(rows.mapped("left_at")[:-1], rows.mapped("entered_at")[1:])
        self.assertEqual([row[3] for row in self._rows(lost)], ["lost"])
        self.assertEqual([row[3] for row in self._rows(untracked)], [False])
        self.assertEqual(self.env["crm.lead.stage.log"]._backfill(), 0, "only once")

    def test_backfill_of_a_stage_nobody_tracked_and_of_a_deleted_one(self):
        deal = self._make_tracked_deal()
        gone = self.env["crm.stage"].create(
            {"name": "Gone", "sequence": 115, "team_ids": [Command.set(self.north.ids)]}
        )
        self.new_sale.stage_ids = [Command.link(gone.id)]
        self._track(deal, "Gone", TIME_ZERO + HOUR)
        self._track(deal, "Proposal", TIME_ZERO + 2 * HOUR)
        gone.unlink()
        self.env.execute_query(
            SQL(
                "UPDATE crm_lead SET stage_id = %s, date_last_stage_update = %s WHERE id = %s "
                "RETURNING id",
                self._stage(self.new_sale, "Ordered").id,
                TIME_ZERO + 4 * HOUR,
                deal.id,
            )
        )
        self._forget(deal, TIME_ZERO)
        deal.stage_log_ids.unlink()
        self.env["crm.lead.stage.log"]._backfill()
        self.assertEqual(
            [row[:4] for row in self._rows(deal)],
            [
                ("Enquiry", False, False, "forward"),
                (False, "Enquiry", "Proposal", "forward"),
                ("Proposal", False, "Ordered", "won"),
                ("Ordered", "Proposal", False, False),
            ],
        )

    def _make_tracked_deal(self):
        deal = self._make_deal()
        self.env.flush_all()
        self.env.cr.precommit.run()  # the host tracks nothing of a lead just created
        return deal.with_context(tracking_disable=False, mail_notrack=False)

    def _track(self, deal, stage, moment):
        """Move ``deal`` and have the host write its tracking message as of ``moment``."""
        with self._at(moment):
            deal.stage_id = self._stage(self.new_sale, stage)
            self.env.flush_all()
            self.env.cr.precommit.run()
        message = deal.message_ids.sorted("id")[-1:]
        message.sudo().date = moment
        self.env.flush_all()

    def _forget(self, deal, created):
        """A lead is as old as its first visit: create_date is the real clock's."""
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET create_date = %s WHERE id = %s", created, deal.id)
        )
        self.env.invalidate_all()

    def test_own_team_all_company(self):
        mine = self._make_deal().stage_log_ids
        south = self._make_deal(
            team_id=self.south.id, user_id=self.petro.id
        ).stage_log_ids
        rows = mine | south
        visible = {
            user.login: rows.with_user(user)._filtered_access("read")
            for user in self.olena
            | self.ivan
            | self.head
            | self.manager
            | self.director
        }
        self.assertEqual(
            visible,
            {
                "rel_olena": mine,
                "rel_ivan": rows.browse(),
                "rel_head": mine,
                "rel_manager": rows,
                "rel_director": rows,
            },
        )
        with self.assertRaises(AccessError):
            mine.with_user(self.accountant).read(["exit"])
        for user in self.olena | self.manager:
            with self.assertRaises(AccessError):
                mine.with_user(user).write({"reason": "No"})
            with self.assertRaises(AccessError):
                mine.with_user(user).unlink()

    def test_the_report_counts_and_takes_the_median(self):
        for hours in (1, 2, 9):
            with self._at(TIME_ZERO):
                deal = self._make_deal()
            with self._at(TIME_ZERO + hours * HOUR):
                deal.stage_id = self._stage(self.new_sale, "Proposal")
        with self._at(TIME_ZERO):
            still = self._make_deal()
        self.env.flush_all()
        report = self.env["crm.lead.stage.report"].with_user(self.head)
        fields = [
            "entered_count:sum", "left_count:sum", "won_count:sum", "lost_count:sum",
            "on_share:avg", "average_hours:avg", "median_hours:avg",
        ]  # fmt: skip
        domain = [
            ("stage_id", "=", still.stage_id.id),
            ("funnel_id", "=", self.new_sale.id),
        ]
        self.assertEqual(
            report._read_group(domain, [], fields),
            [(4, 3, 0, 0, 100.0, (1 + 2 + 7) / 3, 2.0)],
        )
        by_stage = report.formatted_read_group(
            domain, ["stage_id"], ["median_days:avg"]
        )
        self.assertAlmostEqual(by_stage[0]["median_days:avg"], 2 / 24)
        self.assertFalse(
            report.with_user(self.ivan)._read_group(domain, [], ["__count"])[0][0]
        )
