"""Leads that a referral partner brought, and the bills that pay him."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


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


class CrmLead(models.Model):
    _inherit = "crm.lead"

    crm_referral_partner_id = fields.Many2one(
        "crm.referral.partner",
        string="Brought by Partner",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('company_id', 'in', [company_id, False])]",
        help="He is rewarded for the paid invoices of this deal.",
    )

    @api.constrains("crm_referral_partner_id", "crm_referrer_id", "partner_id")
    def _check_crm_referral_partner(self):
        for lead in self:
            referral = lead.crm_referral_partner_id
            reason = referral and referral._get_refusal(lead)
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
