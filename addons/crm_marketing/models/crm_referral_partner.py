from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CrmReferralPartner(models.Model):
    """Who brings us leads for money, on which terms, and what we owe him."""

    _name = "crm.referral.partner"
    _description = "Referral Partner"
    _inherit = ["mail.thread"]
    _order = "name, id"

    partner_id = fields.Many2one(
        "res.partner", string="Partner", required=True, ondelete="restrict", index=True
    )
    name = fields.Char(related="partner_id.name", store=True)
    active = fields.Boolean(default=True)
    code = fields.Char(
        required=True,
        copy=False,
        help="He gives it to those he sends; written on the lead it names him.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", string="Responsible", default=lambda self: self.env.user
    )
    terms = fields.Selection(
        [("percent", "Percent of paid invoices"), ("fixed", "Fixed, once for a lead")],
        required=True,
        default="percent",
        tracking=True,
    )
    percent = fields.Float(tracking=True, help="Of the untaxed amount that was paid.")
    fixed_amount = fields.Monetary(tracking=True)
    lead_ids = fields.One2many("crm.lead", "crm_referral_partner_id")
    lead_count = fields.Integer(compute="_compute_lead_count")
    reward_ids = fields.One2many("crm.referral.reward", "referral_id")
    earned = fields.Monetary(compute="_compute_sums")
    billed = fields.Monetary(
        compute="_compute_sums", help="On his bills, drafts among them."
    )
    payable = fields.Monetary(
        compute="_compute_sums", help="Earned, and on no bill of his yet."
    )

    _code_uniq = models.Constraint(
        "UNIQUE(company_id, code)", "Another partner has this code."
    )
    _percent_check = models.Constraint(
        "CHECK(percent >= 0 AND percent <= 100)", "A percent lies between 0 and 100."
    )
    _fixed_check = models.Constraint(
        "CHECK(fixed_amount >= 0)", "A reward cannot be less than nothing."
    )

    def _compute_lead_count(self):
        counts = dict(
            self.env["crm.lead"]
            .with_context(active_test=False)
            ._read_group(
                [("crm_referral_partner_id", "in", self.ids)],
                ["crm_referral_partner_id"],
                ["__count"],
            )
        )
        for row in self:
            row.lead_count = counts.get(row, 0)

    def _compute_sums(self):
        rewards = dict(
            self.env["crm.referral.reward"]._read_group(
                [("referral_id", "in", self.ids)], ["referral_id"], ["amount:sum"]
            )
        )
        # sudo: sums of his own bills, for those who answer for him
        bills = dict(
            self.env["account.move"]
            .sudo()
            ._read_group(
                [
                    ("crm_referral_partner_id", "in", self.ids),
                    ("state", "!=", "cancel"),
                ],
                ["crm_referral_partner_id"],
                ["amount_untaxed_signed:sum"],
            )
        )
        for row in self:
            row.earned = rewards.get(row, 0)
            row.billed = -bills.get(row.sudo(), bills.get(row, 0))
            row.payable = row.earned - row.billed

    # ------------------------------------------------------------ whom he may bring

    def _get_refusal(self, lead):
        """Why this lead is nobody he brought, in words; empty: he may be rewarded."""
        self.ensure_one()
        # sudo: a shared phone counts, whether or not one may read both cards
        mine_sudo, lead_sudo = self.sudo().partner_id, lead.sudo()
        customer_sudo = lead_sudo.partner_id.commercial_partner_id
        if customer_sudo == mine_sudo.commercial_partner_id:
            return self.env._("he is the customer himself")
        if mine_sudo._crm_has_address_of(lead_sudo):
            return self.env._("they share a phone or an address")
        if lead_sudo.crm_referrer_id:
            return self.env._("a friend of his brought him already")
        if customer_sudo and self.env["crm.referral"].sudo().search_count(
            [("friend_id", "child_of", customer_sudo.id), ("state", "!=", "refused")],
            limit=1,
        ):
            return self.env._("a friend of his brought him already")
        return ""

    # ------------------------------------------------------------ reward

    @api.model
    def _cron_reward(self):
        self._reward()

    @api.model
    def _reward(self):
        """Append what paid invoices and credit notes changed; how many rows.

        A row is the difference between what is due for an invoice and what was written
        before, so that a second run, or one that was killed, writes nothing twice.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_referral_reward
                       (referral_id, company_id, lead_id, move_id, number, date, amount,
                        basis)
                SELECT due.referral_id, due.company_id, due.lead_id, due.move_id,
                       known.number + 1, CURRENT_DATE,
                       due.amount - known.amount, due.basis
                  FROM (SELECT found.*, ROUND(found.reward / money.rounding)
                               * money.rounding AS amount
                          FROM (%s) found
                          JOIN res_company company ON company.id = found.company_id
                          JOIN res_currency money ON money.id = company.currency_id) due
                  JOIN LATERAL (
                       SELECT count(*) AS number, COALESCE(sum(amount), 0) AS amount
                         FROM crm_referral_reward old
                        WHERE old.referral_id = due.referral_id
                          AND old.lead_id = due.lead_id
                          AND old.move_id = due.move_id) known ON TRUE
                 WHERE due.amount <> known.amount
                    ON CONFLICT DO NOTHING
                """,
                self._due_sql(),
            )
        )
        count = self.env.cr.rowcount
        self.env["crm.referral.reward"].invalidate_model()
        return count

    @api.model
    def _due_sql(self):
        """SELECT of what is due now for each invoice of a lead that was brought.

        ``part`` is what the lead's own orders have on the invoice; credit notes take back
        their share of it, down to nothing. What is not paid any more is due no more.
        """
        return SQL(
            """
            WITH sold AS (
                SELECT partner.id AS referral_id, partner.company_id, lead.id AS lead_id,
                       move.id AS move_id, partner.terms, partner.percent,
                       partner.fixed_amount,
                       CASE WHEN move.payment_state IN ('paid', 'in_payment')
                            THEN -sum(line.balance) ELSE 0 END AS part,
                       move.amount_untaxed_signed AS whole
                  FROM crm_referral_partner partner
                  JOIN crm_lead lead ON lead.crm_referral_partner_id = partner.id
                  JOIN sale_order sale ON sale.opportunity_id = lead.id
                  JOIN sale_order_line bought ON bought.order_id = sale.id
                  JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = bought.id
                  JOIN account_move_line line ON line.id = rel.invoice_line_id
                  JOIN account_move move ON move.id = line.move_id
                 WHERE move.state = 'posted' AND move.company_id = partner.company_id
                   AND move.move_type IN ('out_invoice', 'out_receipt')
                 GROUP BY partner.id, lead.id, move.id
            ), net AS (
                SELECT sold.*, GREATEST(0, part + CASE WHEN part = 0 OR whole = 0 THEN 0
                       ELSE part / whole * COALESCE((
                            SELECT sum(back.amount_untaxed_signed)
                              FROM account_move back
                             WHERE back.reversed_entry_id = sold.move_id
                               AND back.state = 'posted'), 0) END) AS paid
                  FROM sold
            ), ranked AS (
                SELECT net.*, row_number() OVER (
                           PARTITION BY referral_id, lead_id
                           ORDER BY (paid <= 0), move_id) AS place
                  FROM net
            )
            SELECT referral_id, company_id, lead_id, move_id, paid AS basis,
                   CASE WHEN terms = 'percent' THEN paid * percent::numeric / 100
                        WHEN place = 1 AND paid > 0 THEN fixed_amount
                        ELSE 0 END AS reward
              FROM ranked
            """
        )

    # ------------------------------------------------------------ buttons

    def action_open_leads(self):
        """Whom he brought."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "crm.lead",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "domain": [("crm_referral_partner_id", "=", self.id)],
            "context": {"active_test": False},
        }

    def action_open_rewards(self):
        """What he earned, document by document."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_referral_reward_action"
        )
        return dict(action, domain=[("referral_id", "=", self.id)], context={})

    def action_bill(self):
        """A draft bill for what is payable: the accountant looks at it and posts it."""
        self.check_access("read")
        bills = self.env["account.move"].with_context(default_move_type="in_invoice")
        for row in self:
            amount = row.payable
            if row.currency_id.compare_amounts(amount, 0) <= 0:
                raise UserError(
                    self.env._("Nothing is payable to %(name)s.", name=row.name)
                )
            bills |= bills.with_company(row.company_id).create(
                {
                    "move_type": "in_invoice",
                    "partner_id": row.partner_id.id,
                    "company_id": row.company_id.id,
                    "crm_referral_partner_id": row.id,
                    "invoice_line_ids": [
                        fields.Command.create(
                            {
                                "name": self.env._(
                                    "Reward for leads brought, code %(code)s",
                                    code=row.code,
                                ),
                                "quantity": 1,
                                "price_unit": amount,
                                "tax_ids": [fields.Command.clear()],
                            }
                        )
                    ],
                }
            )
        self.invalidate_recordset()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "views": [(False, "list"), (False, "form")]
            if len(bills) > 1
            else [(False, "form")],
            "res_id": bills.id if len(bills) == 1 else False,
            "domain": [("id", "in", bills.ids)],
        }
