"""The funnel picture: from the click to the money, with what each step cost."""

from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.crm_relations.models.crm_customer_month_source import SALE_TYPES

# (step, measures that count it, measure of its money)
STEPS = (
    ("click", ("click_count", "visit_count"), None),
    ("lead", ("lead_count",), None),
    ("qualified", ("qualified_count",), None),
    ("deal", ("deal_count",), None),
    ("order", ("order_count",), "order_amount"),
    ("posted", ("invoice_count",), "revenue_amount"),
    ("paid", ("payment_count",), "paid_amount"),
)
# {step: (model of its documents, domain, field of its day)}
DOCUMENTS = {
    "click": ("crm.interaction", [("touch_kind", "=", "visit")], "started_at"),
    "lead": ("crm.lead", [], "create_date"),
    "qualified": (
        "crm.lead",
        [("qualification_state", "=", "qualified")],
        "create_date",
    ),
    "deal": ("crm.lead", [("type", "=", "opportunity")], "create_date"),
    "order": ("sale.order", [("state", "=", "sale")], "date_order"),
    "posted": (
        "account.move",
        [("state", "=", "posted"), ("move_type", "in", SALE_TYPES)],
        "date",
    ),
}


class CrmCampaignReport(models.Model):
    _inherit = "crm.campaign.report"

    @api.model
    @api.readonly
    def get_funnel(self, date_from, date_to, campaign_id=False):
        """What happened at each step from one day to another, in the company in use.

        A step counts what happened in the period, not what became of its clicks.

        :param date_from: first day, ``YYYY-MM-DD``; ``date_to`` the last one
        :return: ``{"steps": [{"step", "label", "count", "amount" or None, "cost" of one
            or None}], "cost" of all or None, "currency_id", "campaigns": [[id, name]]}``
        """
        domain = self._get_funnel_domain(date_from, date_to)
        names = [name for _step, counts, money in STEPS for name in (*counts, money)]
        groups = self._read_group(
            domain, ["campaign_id"], [f"{name}:sum" for name in names if name]
        )
        keys = [name for name in names if name]
        sums = dict.fromkeys(keys, 0)
        campaigns = []
        for campaign, *values in groups:
            if campaign:
                campaigns.append([campaign.id, campaign.sudo().display_name])
            if campaign_id in (False, campaign.id):
                for key, value in zip(keys, values, strict=True):
                    sums[key] += value or 0
        cost = self._get_funnel_cost(date_from, date_to, campaign_id)
        return {
            "steps": [
                self._prepare_funnel_step(step, counts, money, sums, cost)
                for step, counts, money in STEPS
            ],
            "cost": cost,
            "currency_id": self.env.company.currency_id.id,
            "campaigns": sorted(campaigns, key=lambda item: item[1].casefold()),
        }

    @api.model
    def _prepare_funnel_step(self, step, counts, money, sums, cost):
        count = sum(sums[name] for name in counts)
        return {
            "step": step,
            "label": self._get_funnel_labels()[step],
            "count": count,
            "amount": sums[money] if money else None,
            "cost": cost / count if cost and count else None,
        }

    @api.model
    def _get_funnel_labels(self):
        return {
            "click": self.env._("Clicks and visits"),
            "lead": self.env._("Leads"),
            "qualified": self.env._("Qualified"),
            "deal": self.env._("Deals"),
            "order": self.env._("Orders"),
            "posted": self.env._("Invoices, less credit notes"),
            "paid": self.env._("Payments"),
        }

    @api.model
    def _get_funnel_domain(self, date_from, date_to):
        return [
            ("date", ">=", date_from),
            ("date", "<=", date_to),
            ("company_id", "in", [self.env.company.id, False]),
        ]

    @api.model
    def _get_funnel_cost(self, date_from, date_to, campaign_id):
        """What was spent, or None for those who may not see costs."""
        costs = self.env["utm.campaign"]._campaign_costs(date_from, date_to)
        if costs is None:
            return None
        return costs.get(campaign_id, 0) if campaign_id else sum(costs.values())

    @api.model
    @api.readonly
    def get_funnel_action(self, step, date_from, date_to, campaign_id=False):
        """Open what a step counts: its documents, or rows of this report for those who
        may not read them."""
        name = self._get_funnel_labels()[step]
        model, domain, day = DOCUMENTS.get(step, (None, [], None))
        chosen = [("campaign_id", "=", campaign_id)] if campaign_id else []
        if model and self.env[model].has_access("read"):
            domain = [
                *domain,
                *chosen,
                *self._get_day_domain(model, day, date_from, date_to),
                ("company_id", "in", [self.env.company.id, False]),
            ]
        else:
            model = self._name
            kinds = {"posted": ["invoice"], "paid": ["payment", "payback"],
                     "order": ["order"], "click": ["touch"]}  # fmt: skip
            domain = [
                *self._get_funnel_domain(date_from, date_to),
                *chosen,
                ("kind", "in", kinds.get(step, ["lead"])),
            ]
            if step in ("qualified", "deal"):
                domain.append((f"{step}_count", "=", 1))
        views = [[False, "list"], [False, "form"]]
        if model == "crm.interaction":
            views = [
                [self.env.ref(f"crm_marketing.crm_touch_view_{kind}").id, kind]
                for kind in ("list", "form")
            ]
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": views if model != self._name else views[:1],
            "domain": domain,
            # rejected and lost leads are archived, and counted
            "context": {"active_test": False, "create": False},
        }

    @api.model
    def _get_day_domain(self, model, day, date_from, date_to):
        if self.env[model]._fields[day].type == "date":
            return [(day, ">=", date_from), (day, "<=", date_to)]
        after = fields.Date.to_date(date_to) + timedelta(days=1)
        return [
            (day, ">=", f"{date_from} 00:00:00"),
            (day, "<", f"{after} 00:00:00"),
        ]
