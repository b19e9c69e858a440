from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    crm_keeper_id = fields.Many2one(
        "res.users",
        string="Delivers for Sales",
        check_company=True,
        domain="[('share', '=', False)]",
        help="Who is asked by salespeople to deliver. Empty: the responsible of the "
        "transfer, else somebody with rights in Inventory.",
    )

    def _crm_find_any_keeper(self):
        keepers = self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref("stock.group_stock_user").ids),
                ("company_ids", "in", self.company_id.ids),
                ("share", "=", False),
            ]
        )
        # a person of the warehouse before the one who administers it
        manager = self.env.ref("stock.group_stock_manager")
        return keepers.sorted(lambda user: (manager in user.all_group_ids, user.id))[:1]
