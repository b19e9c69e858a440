from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .campaign_common import CampaignCommon, day

MEASURES = ["cost_amount:sum", "lead_count:sum", "qualified_count:sum",
            "rejected_count:sum", "customer_count:sum", "new_customer_count:sum",
            "revenue_amount:sum"]  # fmt: skip


@tagged("post_install", "-at_install")
class TestCampaignReturn(CampaignCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.origin = {"campaign_id": cls.campaign.id, "source_id": cls.source.id}
        cls.second = cls._make_customer("Berizka LLC")
        cls.margin_group = cls.env.ref("crm_relations.group_see_margin")

    def _story(self):
        """Cost 300: leads 3, one ours and one not; two customers, 1,000 + 500 − 100."""
        self._bill(day(2), 300)
        ours, theirs, _third = (
            self._make_lead(name, **self.origin) for name in ("One", "Two", "Three")
        )
        ours.qualification_state = "qualified"
        reason = self.env["crm.reject.reason"].search([], limit=1)
        theirs.write({"qualification_state": "rejected", "reject_reason_id": reason.id})
        self._make_invoice(day(3), 1000, **self.origin)
        self._make_invoice(day(4), 500, partner=self.second, **self.origin)
        self._make_invoice(day(5), 100, move_type="out_refund", **self.origin)
        self._work_out()
        return reason

    def _report(self, user=None, **context):
        report = self.env["crm.campaign.return"].with_user(user or self.marketer)
        return report.with_context(**context)

    def _sums(self, measures, user=None, **context):
        domain = [("campaign_id", "=", self.campaign.id)]
        [row] = self._report(user, **context)._read_group(domain, [], measures)
        return [float(value or 0) for value in row]

    def test_what_it_cost_and_brought(self):
        self._story()
        self.assertEqual(self._sums(MEASURES), [300, 3, 1, 1, 2, 2, 1400])
        ratios = ["cpl_amount:sum", "cac_amount:sum", "budget_amount:sum",
                  "budget_used:sum"]  # fmt: skip
        self.assertEqual(self._sums(ratios), [100, 150, 50000, 0.6])

    def test_margin_is_the_books_and_not_everybodys(self):
        self._story()
        measures = ["revenue_amount:sum", "margin_amount:sum", "romi:sum"]
        revenue, margin, romi = self._sums(measures, self.director)
        # two policies cost 40 each, one of three came back
        self.assertEqual((revenue, margin), (1400, 1360))
        self.assertAlmostEqual(romi, 100 * (1360 - 300) / 300)
        with self.assertRaises(AccessError):
            self._sums(measures)
        self.margin_group.user_ids |= self.marketer
        self.assertEqual(self._sums(measures)[1], 1360)

    def test_pay_back_of_each_channel(self):
        """As ``tools.campaign_return.payback_days``: by day, the whole cost counts."""
        self._story()
        measures = ["payback_days:sum"]
        report = self._report(self.director)
        domain = [("campaign_id", "=", self.campaign.id)]
        # cost 300 on the 2nd, margin 960 on the 3rd: but the bill names no channel
        self.assertEqual(report._read_group(domain, [], measures), [(1,)])
        groups = report._read_group(domain, ["source_id"], measures)
        self.assertEqual(
            {source: days or None for source, days in groups},
            {self.env["utm.source"]: None, self.source: None},
        )
        self._bill(day(4), 1500)
        self._work_out()
        self.assertFalse(report._read_group(domain, [], measures)[0][0])
        with self.assertRaises(AccessError):
            self._sums(measures)

    def test_sums_agree_with_customers_months(self):
        self._story()
        [(revenue, margin)] = self.months._read_group(
            [("customer_id", "in", (self.customer | self.second).ids)],
            [],
            ["revenue:sum", "margin:sum"],
        )
        self.assertEqual(
            self._sums(["revenue_amount:sum", "margin_amount:sum"], self.director),
            [revenue, margin],
        )

    def test_rejected_and_why(self):
        reason = self._story()
        rows = self._report()._read_group(
            [("campaign_id", "=", self.campaign.id), ("rejected_count", ">", 0)],
            ["reject_reason_id"],
            ["rejected_count:sum"],
        )
        self.assertEqual(rows, [(reason, 1)])

    def test_by_an_attribution_model(self):
        """Two touches share an invoice: half of it, half a customer, half the margin."""
        self._bill(day(2), 300)
        invoice = self._make_invoice(day(3), 1000, **self.origin)
        self._work_out()
        model = self.env.ref("crm_marketing.crm_attribution_model_linear")
        self.env["crm.attribution.line"].search([]).sudo().unlink()
        common = {
            "move_id": invoice.id, "model_id": model.id, "revision": 1, "origin": "known",
            "company_id": self.company.id, "date": day(3), "booked_at": datetime.now(),
        }  # fmt: skip
        self.env["crm.attribution.line"].sudo().create(
            [
                {**common, "position": 1, "amount": 500, **self.origin},
                {**common, "position": 2, "amount": 500},
            ]
        )
        measures = ["revenue_amount:sum", "margin_amount:sum", "new_customer_count:sum",
                    "cac_amount:sum"]  # fmt: skip
        sums = self._sums(measures, self.director, crm_attribution_model=model.id)
        self.assertEqual(sums, [500, 480, 0.5, 600])
        self.assertEqual(self._sums(measures, self.director), [1000, 960, 1, 300])

    def test_as_of_a_day(self):
        self._story()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = '2026-03-02' WHERE campaign_id = %s",
            [self.campaign.id],
        )
        self.env.cr.execute(
            "UPDATE crm_qualification_decision SET decided_at = '2026-03-10'"
        )
        self.env.cr.execute(
            "UPDATE account_analytic_line SET create_date = '2026-03-10'"
        )
        self.env.invalidate_all()
        self.assertEqual(
            self._sums(MEASURES, crm_as_of="2026-03-03"), [0, 3, 0, 0, 1, 1, 1000]
        )
        self.assertEqual(
            self._sums(MEASURES, crm_as_of="2026-03-10"), [300, 3, 1, 1, 2, 2, 1400]
        )
        choice = self.env["crm.campaign.return.choice"].with_user(self.marketer)
        action = choice.create({"as_of": day(3)}).action_show()
        self.assertIn("03/03/2026", action["name"])
        self.assertEqual(action["context"]["crm_as_of"], "2026-03-03")

    def test_the_campaigns_page(self):
        reason = self._story()
        linear = self.env.ref("crm_marketing.crm_attribution_model_linear")
        self.company.crm_attribution_model_ids = linear
        page = self.campaign.with_user(self.director).crm_get_return()
        facts = page["facts"]
        self.assertEqual(
            (facts["cost_amount"], facts["bill_amount"], facts["cpl"], facts["used"]),
            (300, 300, 100, 0.6),
        )
        self.assertEqual(page["reasons"], [[reason.name, 1]])
        own = page["models"][0]
        self.assertEqual((own["customers"], own["new_customers"]), (2, 2))
        self.assertEqual((own["revenue"], own["margin"], own["cac"]), (1400, 1360, 150))
        self.assertEqual(own["payback"], 1)
        names = [model["name"] for model in page["models"]]
        self.assertEqual(names, ["Own origin", "Linear"], "models stand side by side")
        self.env.invalidate_all()
        mine = self.campaign.with_user(self.marketer).crm_get_return()
        self.assertEqual(mine["reasons"], page["reasons"])
        self.assertNotIn("margin", mine["models"][0])
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.olena).crm_get_return()
        before = self.campaign.with_user(self.director).crm_get_return("2026-02-28")
        self.assertEqual(before["models"][0]["revenue"], 0)

    # ------------------------------------------------------------ by segment

    def _segment(self):
        """The second customer alone; of three leads one is his clerk's."""
        self._story()
        clerk = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": self.second.id}
        )
        leads = self.env["crm.lead"].with_context(active_test=False)
        leads = leads.search([("campaign_id", "=", self.campaign.id)])
        leads.filtered(lambda lead: lead.name == "Two").partner_id = clerk
        segment = self.env["crm.segment"].create(
            {"name": "Firs", "domain": repr([("id", "=", self.second.id)])}
        )
        segment._refresh(datetime(2026, 3, 4, 12))
        return segment

    def _parts(self, measures, **context):
        rows = self._report(**context)._read_group(
            [("campaign_id", "=", self.campaign.id)], ["segment_part"], measures
        )
        return {row[0]: [float(value or 0) for value in row[1:]] for row in rows}

    def test_members_and_others_are_the_whole(self):
        segment = self._segment()
        self._bill(day(2), 0.01)  # a third of it is no cent
        measures = ["cost_amount:sum", "bill_amount:sum", "budget_amount:sum",
                    "lead_count:sum", "rejected_count:sum", "customer_count:sum",
                    "new_customer_count:sum", "revenue_amount:sum"]  # fmt: skip
        parts = self._parts(measures, crm_segment=segment.id)
        self.assertEqual(parts["in"], [100, 100, 16666.67, 1, 1, 1, 1, 500])
        self.assertEqual(parts["rest"], [200.01, 200.01, 33333.33, 2, 0, 1, 1, 900])
        self.assertEqual(
            [round(a + b, 2) for a, b in zip(*parts.values(), strict=True)],
            self._sums(measures),
        )
        ratios = self._parts(
            ["cpl_amount:sum", "cac_amount:sum"], crm_segment=segment.id
        )
        self.assertEqual(ratios["in"], [100, 100])

    def test_without_leads_by_new_customers_else_the_others(self):
        segment = self._segment()
        leads = self.env["crm.lead"].with_context(active_test=False)
        leads.search([("campaign_id", "=", self.campaign.id)]).unlink()
        parts = self._parts(["cost_amount:sum"], crm_segment=segment.id)
        self.assertEqual(parts, {"in": [150], "rest": [150]})
        nobody = self.env["crm.segment"].create(
            {"name": "Nobody", "domain": "[('id', '=', 0)]"}
        )
        parts = self._parts(["cost_amount:sum"], crm_segment=nobody.id)
        self.assertEqual(parts, {"rest": [300]})

    def test_a_model_and_a_day_by_segment(self):
        segment = self._segment()
        model = self.env.ref("crm_marketing.crm_attribution_model_first")
        self.env["crm.attribution.line"]._pass(datetime(2026, 3, 20))
        parts = self._parts(
            ["revenue_amount:sum"], crm_segment=segment.id,
            crm_attribution_model=model.id,
        )  # fmt: skip
        self.assertEqual(parts["in"], [500])
        before = self._parts(
            ["revenue_amount:sum"], crm_segment=segment.id, crm_as_of="2026-03-03"
        )
        self.assertEqual(before["rest"], [1000], "nobody was a member then")

    def test_the_choice_and_the_page_by_segment(self):
        segment = self._segment()
        choice = self.env["crm.campaign.return.choice"]
        action = (
            choice.with_user(self.marketer)
            .create({"segment_id": segment.id})
            .action_show()
        )
        self.assertIn("Firs", action["name"])
        self.assertEqual(action["context"]["crm_segment"], segment.id)
        campaign = self.campaign.with_user(self.director)
        self.director.group_ids += self.env.ref("mass_mailing.group_mass_mailing_user")
        page = campaign.crm_get_return(None, segment.id)
        self.assertIn([segment.id, "Firs"], page["segments"])
        self.assertEqual(page["facts"]["cost_amount"], 100)
        self.assertEqual(page["models"][0]["revenue"], 500)
        self.assertEqual(page["models"][0]["payback"], 2)
        rows = self._report(self.director, crm_segment=segment.id).search(
            [("campaign_id", "=", self.campaign.id), ("kind", "=", "lead")]
        )
        opened = {row.action_open_document()["res_id"] for row in rows}
        self.assertEqual(len(opened), 3)

    def test_accountants_do_not_learn_who_is_in_a_segment(self):
        segment = self._segment()
        with self.assertRaises(AccessError):
            self._sums(["cost_amount:sum"], self.accountant, crm_segment=segment.id)
        action = (
            self.env["crm.campaign.return.choice"]
            .with_user(self.accountant)
            .create({})
            .action_show()
        )
        self.assertNotIn("crm_segment", action["context"])

    def test_another_company_is_closed(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._take_in((day(1), "A", 5, 80), company=other)
        self.assertEqual(self._sums(["cost_amount:sum"]), [0])

    def test_nobody_writes_and_salespeople_do_not_read(self):
        with self.assertRaises(AccessError):
            self._report(self.olena).search([])
        with self.assertRaises(AccessError):
            self._report(self.director).create({"kind": "sale"})

    def test_what_each_ad_cost_and_brought(self):
        """Clicks and cost as imported; a lead is its last touch's ad."""
        self._take_in((day(1), "red", 40, 200), (day(1), "blue", 20, 100))
        self._bill(day(2), 600)
        leads = [
            self._make_lead(name, **self.origin) for name in ("One", "Two", "None")
        ]
        leads[1].partner_id = self.customer
        about = {"touch_kind": "visit", "is_automatic": True}
        for key, lead, ad, campaign in (
            ("1", leads[0], "blue", self.campaign),
            ("2", leads[0], "red", self.campaign),
            ("3", leads[0], "other", self.env["utm.campaign"].create({"title": "B"})),
        ):
            self._make_interaction(
                key, "ad", lead_id=lead.id, utm_content=ad, campaign_id=campaign.id,
                started_at=datetime(2026, 3, int(key)), **about,
            )  # fmt: skip
        self._make_interaction(
            "4", "ad", partner_id=self.customer.id, utm_content="blue",
            campaign_id=self.campaign.id, started_at=datetime(2026, 3, 4), **about,
        )  # fmt: skip
        self._make_interaction(
            "5", "ad", lead_id=leads[2].id, utm_content="red", started_at=datetime(2900, 1, 1),
            campaign_id=self.campaign.id, **about,
        )  # fmt: skip
        action = self.campaign.with_user(self.marketer).action_crm_open_ads()
        rows = self._report()._read_group(
            action["domain"],
            action["context"]["pivot_row_groupby"],
            ["click_count:sum", "cost_amount:sum", "lead_count:sum", "cpl_amount:sum"],
        )
        self.assertEqual(
            {row[0]: tuple(map(float, filter(None, row[1:]))) for row in rows},
            {"red": (40, 400, 1, 400), "blue": (20, 200, 1, 200), False: (1,)},
        )
        results = self.env["crm.campaign.report"].with_user(self.marketer)
        found = results._read_group(
            [("campaign_id", "=", self.campaign.id)], ["content"],
            ["click_count:sum", "lead_count:sum"],
        )  # fmt: skip
        self.assertEqual(
            {row[0]: row[1:] for row in found},
            {"red": (2, 1), "blue": (2, 1), False: (0, 1)},
        )

    def test_the_page_costs_the_same_whatever_the_campaign_did(self):
        self._story()
        campaign = self.campaign.with_user(self.director)
        campaign.crm_get_return()
        before = self.env.cr.sql_log_count
        campaign.crm_get_return()
        few = self.env.cr.sql_log_count - before
        for number in range(6, 12):
            self._make_invoice(day(number), 10, **self.origin)
            self._make_lead(f"More {number}", **self.origin)
        self._work_out()
        campaign.crm_get_return()
        before = self.env.cr.sql_log_count
        campaign.crm_get_return()
        self.assertLessEqual(self.env.cr.sql_log_count - before, few)

    def test_a_burning_campaign_is_found(self):
        rule = self.env.ref("crm_marketing.alarm_rule_burning_campaign")
        self.assertFalse(rule.active)
        burning = [("id", "=", self.campaign.id), ("crm_budget_used", ">=", 20),
                   ("crm_qualified_count", "=", 0)]  # fmt: skip
        campaigns = self.env["utm.campaign"]
        self.assertFalse(campaigns.search(burning))
        self._take_in((day(1), "A", 5, 10000))
        self.assertEqual(campaigns.search(burning), self.campaign)
        self.assertEqual(self.campaign.crm_budget_used, 20)
        lead = self._make_lead(**self.origin)
        lead.qualification_state = "qualified"
        self.assertFalse(campaigns.search(burning))
        self.campaign.invalidate_recordset()
        self.assertEqual(self.campaign.crm_qualified_count, 1)
        self.assertTrue(campaigns.search([("crm_qualified_count", ">", 0)]))
