"""Leads that a referral partner brought, and the bills that pay him."""

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .crm_referral import DATES_IT

SINCE = "crm_referral_partner_since"


class AccountMove(models.Model):
    _inherit = "account.move"

    crm_referral_partner_id = fields.Many2one(
        "crm.referral.partner",
        string="Referral Partner",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="Whose reward this bill pays.",
    )

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """What takes a bill of his back makes its reward payable again."""
        values_list = [
            {**values, "crm_referral_partner_id": move.crm_referral_partner_id.id}
            for move, values in zip(
                self, default_values_list or [{}] * len(self), strict=False
            )
        ]
        return super()._reverse_moves(values_list, cancel=cancel)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    crm_referral_partner_id = fields.Many2one(
        "crm.referral.partner",
        string="Brought by Partner",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        domain="[('company_id', 'in', [company_id, False])]",
        help="He is rewarded for the paid invoices of this deal. Who brought a customer "
        "that was ours before, a sales manager says.",
    )
    crm_referral_partner_since = fields.Datetime(
        string="Partner named on",
        readonly=True,
        copy=False,
        help="When it was written down that a partner brought this lead.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        now = self.env.cr.now()
        return super().create(
            [
                {**vals, SINCE: vals.get("crm_referral_partner_id") and now}
                if {"crm_referral_partner_id", SINCE} & vals.keys()
                else vals
                for vals in vals_list
            ]
        )

    def write(self, vals):
        """Nobody but the clock says since when a partner is named."""
        if not {"crm_referral_partner_id", SINCE} & vals.keys():
            return super().write(vals)
        vals = {name: vals[name] for name in vals if name != SINCE}
        if "crm_referral_partner_id" not in vals:
            return super().write(vals)
        partner_id = vals.pop("crm_referral_partner_id")
        anew = self.filtered(
            lambda lead: lead.crm_referral_partner_id.id != (partner_id or False)
        )
        # what a manager has said once is not asked again
        super(CrmLead, self - anew).write(vals)
        named = {"crm_referral_partner_id": partner_id}
        named[SINCE] = partner_id and self.env.cr.now()
        return super(CrmLead, anew).write({**vals, **named})

    @api.constrains("crm_referral_partner_id", "crm_referrer_id", "partner_id")
    def _check_crm_referral_partner(self):
        # by who asks: the host checks with all rights
        is_trusted = self.env.uid == SUPERUSER_ID or self.env.user.has_group(DATES_IT)
        for lead in self:
            referral = lead.crm_referral_partner_id
            reason = referral and (
                referral._get_refusal(lead)
                or (not is_trusted and referral._get_known(lead))
            )
            if reason:
                raise ValidationError(
                    self.env._(
                        "%(partner)s cannot be rewarded for %(lead)s: %(reason)s.",
                        partner=referral.name,
                        lead=lead.name,
                        reason=reason,
                    )
                )

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "crm_referral_partner_id"]

    @api.model
    @tools.ormcache()
    def _is_lead_rewarded(self):
        """Whether anybody was ever rewarded for a lead."""
        return bool(
            self.env.execute_query(SQL("SELECT FROM crm_referral_reward LIMIT 1"))
        )

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        """The rewards go with their invoices, so that nothing is earned twice."""
        if self._is_lead_rewarded():
            self._move_rewards(list(source_ids), destination.id)
        return super()._crm_merge_leads(source_ids, destination)

    @api.model
    def _move_rewards(self, source_ids, destination_id):
        """Numbered on from what the invoice has: the leads may share it."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_referral_reward row
                   SET lead_id = %(destination)s, number = anew.number
                  FROM (SELECT id, max(number) OVER document + row_number() OVER (
                               PARTITION BY referral_id, move_id ORDER BY id) AS number
                          FROM crm_referral_reward
                         WHERE lead_id = ANY(%(leads)s)
                        WINDOW document AS (PARTITION BY referral_id, move_id)) anew
                 WHERE anew.id = row.id AND row.lead_id = ANY(%(sources)s)
                """,
                destination=destination_id,
                leads=[*source_ids, destination_id],
                sources=source_ids,
            )
        )
        self.env["crm.referral.reward"].invalidate_model(
            ["lead_id", "number"], flush=False
        )


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _crm_has_address_of(self, lead):
        """Whether a phone or address of the lead, or of its customer, is this customer's."""
        self.env["crm.contact.point"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    SELECT 1 FROM crm_contact_point mine
                      JOIN res_partner me ON me.id = mine.partner_id
                     WHERE me.commercial_partner_id = %s AND mine.state = 'ok'
                       AND (mine.normalized = ANY(%s) OR EXISTS (
                            SELECT FROM crm_contact_point theirs
                              JOIN res_partner they ON they.id = theirs.partner_id
                             WHERE they.commercial_partner_id = %s
                               AND theirs.kind = mine.kind AND theirs.state = 'ok'
                               AND theirs.normalized = mine.normalized))
                     LIMIT 1
                    """,
                    self.commercial_partner_id.id,
                    [
                        value
                        for value in (lead.email_normalized, lead.phone_sanitized)
                        if value
                    ],
                    lead.partner_id.commercial_partner_id.id or 0,
                )
            )
        )
