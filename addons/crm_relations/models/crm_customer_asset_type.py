from odoo import api, fields, models


class CrmCustomerAssetType(models.Model):
    """Car, policy, machine, subscription …: what an asset of this type is asked for."""

    _name = "crm.customer.asset.type"
    _description = "Customer Asset Type"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    icon = fields.Char(default="fa-cube", help="Font Awesome 4 icon name.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        help="Leave empty to use this type in all companies.",
    )
    serial_label = fields.Char(
        string="Number is called",
        translate=True,
        help="What the serial is called on this type: plate, policy number, IMEI.",
    )
    service_label = fields.Char(
        string="What comes",
        translate=True,
        help="What comes regularly: service, renewal, inspection. It becomes the "
        "subject of the reminder.",
    )
    service_interval_months = fields.Integer(
        string="Every (months)",
        help="After a service the next one is planned this many months later. "
        "0: the date is set by hand.",
    )
    remind_days = fields.Integer(
        string="Remind (days before)",
        default=14,
        help="The reminder is planned this many days before the date.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Reminder",
        domain="[('res_model', 'in', [False, 'crm.customer.asset'])]",
        help="Kind of activity that reminds the salesperson; a to-do when empty.",
    )
    properties_definition = fields.PropertiesDefinition("Attributes")
    asset_ids = fields.One2many("crm.customer.asset", "type_id")
    asset_count = fields.Integer(compute="_compute_asset_count")

    _interval_check = models.Constraint(
        "CHECK(service_interval_months >= 0 AND remind_days >= 0)",
        "Months and days cannot be negative.",
    )

    @api.depends("asset_ids")
    def _compute_asset_count(self):
        counts = dict(
            self.env["crm.customer.asset"]._read_group(
                [("type_id", "in", self.ids)], ["type_id"], ["__count"]
            )
        )
        for asset_type in self:
            asset_type.asset_count = counts.get(asset_type, 0)

    def action_open_assets(self):
        """The assets of this type, with its attributes as columns."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_customer_asset_action"
        )
        return dict(
            action,
            name=self.name,
            domain=[("type_id", "=", self.id)],
            context={"default_type_id": self.id},
        )
