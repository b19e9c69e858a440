from odoo import api, fields, models
from odoo.tools.misc import split_every

BATCH = 5000
# What a person said or was put on; the gate's frequency and hours are the sender's matter.
SAID_NO = ("refused", "withdrawn")


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    crm_segment_id = fields.Many2one(
        "crm.segment",
        string="Segment",
        index="btree_not_null",
        ondelete="set null",
        domain="[('company_id', 'in', allowed_company_ids)]",
        help="Its members when the mailing is sent. Only those who agreed to news and "
        "offers get it.",
    )

    @api.depends("crm_segment_id")
    def _compute_mailing_domain(self):
        """A segment is a filter of the host as any other."""
        chosen = self.filtered(
            lambda mailing: mailing.crm_segment_id
            and mailing.mailing_model_id.model == "res.partner"
        )
        for mailing in chosen:
            mailing.mailing_domain = repr(
                [("crm_segment_ids", "in", mailing.crm_segment_id.ids)]
            )
        return super(MailingMailing, self - chosen)._compute_mailing_domain()


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _mailing_get_opt_out_list(self, mailing):
        """Addresses that get none of this mailing, whatever its filter says.

        To a segment, only with what its purpose asks for (consent, as it comes); any other
        mailing to customers leaves out those who refused or withdrew.

        :return: set of normalized addresses
        """
        gate = self.env["crm.consent"]
        purpose = gate._get_purpose("email", "marketing")
        company = mailing.crm_segment_id.company_id or self.env.company
        # sudo: a refusal counts, whether or not the sender may read the card
        partners_sudo = self.env["res.partner"].sudo()
        excluded = set()
        for ids in split_every(
            BATCH, self.search(mailing._get_recipients_domain()).ids
        ):
            batch_sudo = partners_sudo.browse(ids)
            reasons = gate._get_refusals(batch_sudo, "email", purpose, company)
            if not mailing.crm_segment_id:
                reasons = {key: why for key, why in reasons.items() if why in SAID_NO}
            addresses = partners_sudo.browse(reasons).mapped("email_normalized")
            excluded.update(filter(None, addresses))
        return excluded


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    mailing_ids = fields.One2many("mailing.mailing", "crm_segment_id", copy=False)

    def action_mail(self):
        """Write a mailing to the members."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Mailing to %(name)s", name=self.name),
            "res_model": "mailing.mailing",
            "views": [(False, "form")],
            "context": {
                "default_mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "default_crm_segment_id": self.id,
                "default_mailing_domain": repr([("crm_segment_ids", "in", self.ids)]),
            },
        }
