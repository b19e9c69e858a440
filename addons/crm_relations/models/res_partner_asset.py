from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_asset_ids = fields.One2many(
        "crm.customer.asset",
        "partner_id",
        string="Assets",
        groups="sales_team.group_sale_salesman",
    )
    crm_asset_count = fields.Integer(
        compute="_compute_crm_asset_count", groups="sales_team.group_sale_salesman"
    )

    crm_asset_words = fields.Char(
        string="Asset",
        compute="_compute_crm_asset_words",
        search="_search_crm_asset_words",
        groups="sales_team.group_sale_salesman",
        export_string_translation=False,
        help="Search only: words, serial or plate of an asset.",
    )

    def _compute_crm_asset_words(self):
        self.crm_asset_words = False

    def _search_crm_asset_words(self, operator, value):
        """Holders of the assets found, and their companies: assets first, few rows."""
        if operator not in ("ilike", "in"):
            return NotImplemented
        assets = self.env["crm.customer.asset"]
        assets.flush_model(["partner_id", "customer_id"])  # read beside the domain
        query = assets._search([("find", operator, value)])
        holders = query.subselect(SQL.identifier(query.table, "partner_id"))
        customers = query.subselect(SQL.identifier(query.table, "customer_id"))
        return Domain("id", "in", SQL("(%s UNION %s)", holders, customers))

    @api.depends("crm_asset_ids")
    def _compute_crm_asset_count(self):
        counts = {}  # {partner id: [held by himself, by him and his people]}
        ids = set(self.ids)
        for holder, customer, count in self.env["crm.customer.asset"]._read_group(
            Domain("partner_id", "in", self.ids)
            | Domain("customer_id", "in", self.ids),
            ["partner_id", "customer_id"],
            ["__count"],
        ):
            for partner_id, place in ((holder.id, 0), (customer.id, 1)):
                if partner_id in ids:
                    row = counts.setdefault(partner_id, [0, 0])
                    row[place] += count
        for partner in self:
            held, all_of_company = counts.get(partner.id, (0, 0))
            # a company counts its people's assets too
            partner.crm_asset_count = all_of_company or held

    def action_open_assets(self):
        """Assets of this customer and of its people."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_customer_asset_action"
        )
        return dict(
            action,
            domain=["|", ("customer_id", "=", self.id), ("partner_id", "=", self.id)],
            context={"default_partner_id": self.id},
        )
