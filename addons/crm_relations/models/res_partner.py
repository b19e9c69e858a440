from odoo import api, fields, models

from .base import trigram_index

# a change of these changes what the points of a partner say
POINT_FIELDS = {"phone", "email", "country_id", "company_id", "parent_id", "active"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_contact_point_ids = fields.One2many(
        "crm.contact.point",
        "partner_id",
        string="Contact Points",
        help="Every number and address this person is known by, former ones too.",
    )

    # crm.search, and the host's own look-up of a customer by name
    _complete_name_trgm_idx = models.Index(
        lambda registry: trigram_index(registry, "complete_name")
    )
    # crm.search: customers of a colleague
    _user_idx = models.Index("(user_id) WHERE user_id IS NOT NULL")

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        reachable = partners.filtered(lambda partner: partner.phone or partner.email)
        reachable._crm_sync_points(fresh=True)
        return partners

    def write(self, vals):
        result = super().write(vals)
        if POINT_FIELDS & vals.keys():
            self._crm_sync_points(
                with_children=bool({"country_id", "parent_id"} & vals.keys())
            )
        return result

    def _crm_sync_points(self, with_children=False, fresh=False):
        """Tell the points what the cards say now; the points' own writes do not echo."""
        if not self or self.env.context.get("crm_point_sync"):
            return
        partners = self
        if with_children:  # contacts take the country of their company
            # sudo: a contact of one's company may be closed to the writer, its country is not
            partners = (
                self.sudo()
                .with_context(active_test=False)
                .search([("id", "child_of", self.ids)])
            )
        # sudo: whoever may write the card may have its points follow
        self.env["crm.contact.point"].sudo()._sync_partners(
            partners.ids or self.ids, fresh=fresh
        )
