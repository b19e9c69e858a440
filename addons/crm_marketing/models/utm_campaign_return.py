"""The campaign's own page: what it cost, what it brought, by each model side by side."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools import campaign_return
from .crm_segment import READS_SEGMENTS
from .utm_campaign import MONEY

MARGIN = "crm_relations.group_see_margin"
USED = f"{MONEY},sales_team.group_sale_manager"
FACTS = (
    "budget_amount", "cost_amount", "bill_amount", "spend_amount", "provisional_amount",
    "click_count", "lead_count", "qualified_count", "rejected_count", "deal_count",
)  # fmt: skip
OPERATORS = {
    "<": SQL("<"), "<=": SQL("<="), ">": SQL(">"), ">=": SQL(">="),
}  # fmt: skip


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    crm_budget_used = fields.Float(
        string="Budget Used (%)",
        compute="_compute_crm_used",
        search="_search_crm_budget_used",
        groups=USED,
        help="Cost ÷ budget in the company in use; a search finds it in any company.",
    )
    crm_qualified_count = fields.Integer(
        string="Qualified Leads",
        compute="_compute_crm_used",
        search="_search_crm_qualified_count",
        groups=USED,
        help="Leads of the campaign that were found to be ours.",
    )

    @api.depends_context("company")
    def _compute_crm_used(self):
        rows = self.env.execute_query(
            self._get_used_query(SQL("company_id = %s", self.env.company.id))
        )
        parts = dict(rows)
        counts = dict(self.env.execute_query(self._get_qualified_query()))
        for campaign in self:
            campaign.crm_budget_used = parts.get(campaign.id, 0)
            campaign.crm_qualified_count = counts.get(campaign.id, 0)

    @api.model
    def _get_used_query(self, where):
        """SQL of (campaign, per cent of the budget used): the fullest of its companies."""
        self.env.flush_all()
        return SQL(
            """
            SELECT campaign_id, MAX(100.0 * cost / NULLIF(budget, 0))
              FROM (SELECT campaign_id, company_id, SUM(budget_amount) AS budget,
                           SUM(cost_amount) AS cost
                      FROM (SELECT campaign_id, company_id, amount AS budget_amount,
                                   0 AS cost_amount FROM crm_campaign_budget
                             UNION ALL
                            SELECT campaign_id, company_id, 0, cost_amount
                              FROM (%s) cost) piece
                     WHERE %s GROUP BY campaign_id, company_id) one
             WHERE budget > 0 GROUP BY campaign_id
            """,
            self.env["crm.campaign.cost"]._cost_query(),
            where,
        )

    @api.model
    def _get_qualified_query(self):
        """SQL of (campaign, number of its qualified leads) where there is any."""
        self.env["crm.lead"].flush_model(["campaign_id", "qualification_state"])
        return SQL(
            "SELECT campaign_id, COUNT(*) FROM crm_lead WHERE campaign_id IS NOT NULL "
            "AND qualification_state = 'qualified' GROUP BY campaign_id"
        )

    @api.model
    def _search_crm_budget_used(self, operator, value):
        if operator not in OPERATORS:
            return NotImplemented
        rows = self.env.execute_query(
            SQL(
                "SELECT campaign_id FROM (%s) used(campaign_id, part) WHERE part %s %s",
                self._get_used_query(SQL("TRUE")),
                OPERATORS[operator],
                value,
            )
        )
        return [("id", "in", [row[0] for row in rows])]

    @api.model
    def _search_crm_qualified_count(self, operator, value):
        """Campaigns without any have no row: they are those not found."""
        known = dict(self.env.execute_query(self._get_qualified_query()))
        if operator == "in":
            wanted = {int(number or 0) for number in value}
            found = [key for key, count in known.items() if count in wanted]
            zero = 0 in wanted
        elif operator in OPERATORS:
            check = {
                "<": int.__lt__,
                "<=": int.__le__,
                ">": int.__gt__,
                ">=": int.__ge__,
            }
            check = check[operator]
            found = [key for key, count in known.items() if check(count, int(value))]
            zero = check(0, int(value))
        else:
            return NotImplemented
        if not zero:
            return [("id", "in", found)]
        others = [key for key in known if key not in set(found)]
        return [("id", "not in", others)]

    # ------------------------------------------------------------ the page

    @api.readonly
    def crm_get_return(self, as_of=None, segment_id=None):
        """What the campaign's page shows, in the company in use.

        :param str as_of: last day of what is known, ISO; None: now
        :param int segment_id: members of this segment only; costs by their share of leads
        :return: ``{"currency_id", "facts": {name: number}, "reasons": [[name, count]],
            "models": [{"id", "name", "customers", "new_customers", "revenue", "margin",
            "cac", "romi", "payback"}], "segments": [[id, name]], …}``;
            margin, ROMI and pay-back only for whoever may see margins
        :raises AccessError: for whoever may not see what campaigns cost
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_groups(MONEY):
            raise AccessError(self.env._("You may not see what campaigns cost."))
        as_of = as_of and fields.Date.to_string(fields.Date.to_date(as_of))
        segments = self._crm_get_segments()
        segment_id = segments.browse(segment_id or ()).exists().id
        report = self.env["crm.campaign.return"].with_context(
            crm_as_of=as_of or False, crm_segment=segment_id
        )
        domain = [
            ("campaign_id", "=", self.id),
            ("company_id", "=", self.env.company.id),
        ]
        if segment_id:
            domain.append(("segment_part", "=", "in"))
        [row] = report._read_group(
            [*domain, ("kind", "!=", "sale")], [], [f"{name}:sum" for name in FACTS]
        )
        facts = {name: value or 0 for name, value in zip(FACTS, row, strict=True)}
        reasons = report._read_group(
            [*domain, ("reject_reason_id", "!=", False)],
            ["reject_reason_id"],
            ["rejected_count:sum"],
        )
        cost = facts["cost_amount"]
        facts["cpl"] = campaign_return.cost_per(cost, facts["lead_count"])
        facts["used"] = campaign_return.used(cost, facts["budget_amount"])
        return {
            "as_of": as_of or False,
            "segment_id": segment_id,
            "segments": [[segment.id, segment.name] for segment in segments],
            "currency_id": self.env.company.currency_id.id,
            "facts": facts,
            "reasons": sorted(
                [[reason.name, count] for reason, count in reasons],
                key=lambda pair: -pair[1],
            ),
            "sees_margin": self.env.user.has_group(MARGIN),
            "sees_bills": self.env["account.move"].has_access("read"),
            "models": self._crm_get_models(report, domain, cost),
        }

    def _crm_get_segments(self):
        """Segments of the company in use, for whoever may read them."""
        segments = self.env["crm.segment"]
        if not self.env.user.has_groups(READS_SEGMENTS):
            return segments
        return segments.search([("company_id", "=", self.env.company.id)])

    def _crm_get_models(self, report, domain, cost):
        """The document's own origin, then each model that the company chose."""
        # sudo: which models are shown is no secret
        chosen_sudo = self.env.company.sudo().crm_attribution_model_ids
        models_shown = [(False, self.env._("Own origin"))]
        models_shown += [(model.id, model.name) for model in chosen_sudo]
        costs = report._read_group(
            [*domain, ("kind", "=", "cost")], ["date:day"], ["cost_amount:sum"]
        )
        return [
            self._crm_get_model(report, domain, cost, costs, key, name)
            for key, name in models_shown
        ]

    def _crm_get_model(self, report, domain, cost, costs, key, name):
        report = report.with_context(crm_attribution_model=key)
        domain = [*domain, ("kind", "=", "sale")]
        [(customers, new, revenue)] = report._read_group(
            domain, [], ["customer_count:sum", "new_customer_count:sum",
                         "revenue_amount:sum"],
        )  # fmt: skip
        result = {
            "id": key,
            "name": name,
            "customers": customers or 0,
            "new_customers": new or 0,
            "revenue": revenue or 0,
            "cac": campaign_return.cost_per(cost, new),
        }
        if self.env.user.has_group(MARGIN):
            days = report._read_group(domain, ["date:day"], ["margin_amount:sum"])
            margin = sum(amount for _day, amount in days)
            result.update(
                margin=margin,
                romi=campaign_return.romi(margin, cost),
                payback=campaign_return.payback_days(costs, days),
            )
        return result

    def action_crm_open_ads(self):
        """What each ad of the campaign cost and brought."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_campaign_return_action"
        )
        measures = ["click_count", "cost_amount", "lead_count", "qualified_count",
                    "cpl_amount", "new_customer_count", "revenue_amount"]  # fmt: skip
        return dict(
            action,
            name=self.env._("Ads: %s", self.title),
            domain=[
                ("campaign_id", "=", self.id),
                ("kind", "in", ("cost", "lead", "sale")),
            ],
            context={"pivot_row_groupby": ["content"], "pivot_measures": measures},
        )

    def action_crm_open_customers(self):
        """Customers whose first invoice came from the campaign."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_customer_acquisition_action"
        )
        return dict(
            action,
            name=self.env._("Customers: %s", self.title),
            domain=[("campaign_id", "=", self.id)],
        )
