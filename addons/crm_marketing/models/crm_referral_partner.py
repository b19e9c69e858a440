from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_referral_reward import TERMS


class CrmReferralPartner(models.Model):
    """Who brings us leads for money, on which terms, and what we owe him."""

    _name = "crm.referral.partner"
    _description = "Referral Partner"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _rec_names_search = ["name", "code"]

    partner_id = fields.Many2one(
        "res.partner", string="Partner", required=True, ondelete="restrict", index=True
    )
    name = fields.Char(related="partner_id.name", store=True)
    active = fields.Boolean(default=True)
    code = fields.Char(
        required=True,
        copy=False,
        help="He gives it to those he sends. A page of ours with a web form, opened as "
        "…?ref=CODE, names him on the lead.",
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
        TERMS,
        required=True,
        default="percent",
        tracking=True,
        help="Changed terms hold for leads that have earned him nothing yet.",
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
    _code_check = models.Constraint(
        "CHECK(code <> '')", "A code has at least one letter or figure."
    )
    _percent_check = models.Constraint(
        "CHECK(percent >= 0 AND percent <= 100)", "A percent lies between 0 and 100."
    )
    _fixed_check = models.Constraint(
        "CHECK(fixed_amount >= 0)", "A reward cannot be less than nothing."
    )

    def _compute_lead_count(self):
        # sudo: how many they are, for marketers and accountants who read no leads
        counts = dict(
            self.env["crm.lead"]
            .sudo()
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

    @api.model
    def _find(self, code, company):
        """Whose code this is in that company, however it was typed; empty: nobody's."""
        # sudo: a visitor with a code has no login
        return self.sudo().search(
            [("company_id", "=", company.id), ("code", "=", self._get_code(code))],
            limit=1,
        )

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

    def _get_known(self, lead):
        """Why nobody had to bring this customer: he had bought before; empty: he had not.

        Only a sales manager may say that he was brought nevertheless.
        """
        # sudo: whether there are invoices, for who names the partner
        customer_sudo = lead.sudo().partner_id.commercial_partner_id
        since = lead.crm_referral_partner_since or lead.create_date
        is_before = Domain("invoice_date", "<", since.date()) | Domain(
            "create_date", "<", since
        )
        is_his = Domain(
            [
                ("commercial_partner_id", "=", customer_sudo.id),
                ("company_id", "=", self.company_id.id),
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("state", "=", "posted"),
            ]
        )
        moves_sudo = self.env["account.move"].sudo()
        if customer_sudo and moves_sudo.search_count(is_his & is_before, limit=1):
            return self.env._("he had bought from us before, ask the sales manager")
        return ""

    # ------------------------------------------------------------ codes

    @api.model
    def _get_code(self, typed):
        """A code as it is kept, however it was typed."""
        return "".join(str(typed or "").split()).upper()[:64]

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [
                {**vals, "code": self._get_code(vals["code"])}
                if "code" in vals
                else vals
                for vals in vals_list
            ]
        )

    def write(self, vals):
        if "code" in vals:
            vals = {**vals, "code": self._get_code(vals["code"])}
        return super().write(vals)

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
        self._take_for_bill()
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
                    "currency_id": row.currency_id.id,
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

    def _take_for_bill(self):
        """Only one may read what is payable and bill it: the other begins anew.

        The rows are written, not locked alone: whoever read them before this transaction
        ended would still see what was payable before it.
        """
        self.lock_for_update(allow_referencing=True)
        self.env.cr.execute(
            SQL(
                "UPDATE crm_referral_partner SET write_date = now() AT TIME ZONE 'UTC' "
                "WHERE id = ANY(%s)",
                self.ids,
            )
        )
        self.env.flush_all()
        self.invalidate_recordset()
