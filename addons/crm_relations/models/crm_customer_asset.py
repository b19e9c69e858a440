from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.sql import escape_psql

from ..tools.serial import normalize_serial, search_words


class CrmCustomerAsset(models.Model):
    """A customer's thing: car, policy, machine, subscription.

    A partner's own properties hold one value per attribute; a person may have two
    cars. Columns that record rules read (company, owner, team) are copied here.
    """

    _name = "crm.customer.asset"
    _description = "Customer Asset"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "next_service_date, name, id"
    _mail_post_access = "read"

    name = fields.Char(
        required=True, tracking=True, help="What it is, such as 'Volkswagen Golf'."
    )
    type_id = fields.Many2one(
        "crm.customer.asset.type",
        required=True,
        ondelete="restrict",
        index=True,
        default=lambda self: self.env["crm.customer.asset.type"].search([], limit=1),
    )
    type_icon = fields.Char(
        related="type_id.icon", string="Type Icon", export_string_translation=False
    )
    active = fields.Boolean(default=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Holder",
        required=True,
        ondelete="cascade",
        index=True,
        tracking=True,
        help="The person or company that has it.",
    )
    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        index=True,
        ondelete="cascade",
        help="The holder's company (commercial partner).",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        compute="_compute_user_id",
        store=True,
        index="btree_not_null",
        help="Follows the customer's salesperson.",
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", compute="_compute_team_id", store=True
    )
    serial = fields.Char(
        string="Serial or plate", tracking=True, help="Any spelling is found."
    )
    # one search box and the list's search: any spelling of a serial or plate
    serial_normalized = fields.Char(
        compute="_compute_serial_normalized", store=True, index="trigram"
    )
    properties = fields.Properties(
        "Attributes", definition="type_id.properties_definition", copy=True
    )
    # _search_find: name, type, serial and the words of all attributes
    search_text = fields.Char(
        compute="_compute_search_text", store=True, index="trigram"
    )
    find = fields.Char(
        string="Words",
        compute="_compute_find",
        search="_search_find",
        export_string_translation=False,
        help="Search only: every word must be found in the name, type, serial "
        "or attributes.",
    )
    acquired_date = fields.Date("Has it since", help="Since when the customer has it.")
    serial_label = fields.Char(related="type_id.serial_label")
    service_label = fields.Char(related="type_id.service_label")
    last_service_date = fields.Date("Last service or renewal", tracking=True)
    next_service_date = fields.Date(
        string="Next service or renewal",
        index="btree_not_null",
        tracking=True,
        help="The salesperson gets a reminder before this day.",
    )
    service_reminded_for = fields.Date(
        help="The date that the last reminder was planned for: one reminder per date.",
        copy=False,
    )
    order_id = fields.Many2one(
        "sale.order",
        string="From order",
        index="btree_not_null",
        ondelete="set null",
        domain="[('partner_id', 'child_of', customer_id)]",
        help="The order that brought it to the customer.",
    )
    product_id = fields.Many2one("product.product", ondelete="set null")
    interaction_ids = fields.One2many("crm.interaction", "asset_id")
    interaction_count = fields.Integer(compute="_compute_interaction_count")
    note = fields.Html()

    # cron of reminders: what is due and was not reminded of
    _service_due_idx = models.Index(
        "(next_service_date) WHERE active AND next_service_date IS NOT NULL "
        "AND service_reminded_for IS DISTINCT FROM next_service_date"
    )

    @api.depends("partner_id.commercial_partner_id")
    def _compute_customer_id(self):
        for asset in self:
            asset.customer_id = asset.partner_id.commercial_partner_id

    @api.depends("partner_id.user_id", "partner_id.commercial_partner_id.user_id")
    def _compute_user_id(self):
        for asset in self:
            partner = asset.partner_id
            asset.user_id = partner.user_id or partner.commercial_partner_id.user_id

    @api.depends("user_id.sale_team_id")
    def _compute_team_id(self):
        for asset in self:
            asset.team_id = asset.user_id.sale_team_id

    @api.depends("serial")
    def _compute_serial_normalized(self):
        for asset in self:
            asset.serial_normalized = normalize_serial(asset.serial) or False

    @api.depends(
        "name", "serial", "type_id.name", "type_id.properties_definition", "properties"
    )
    def _compute_search_text(self):
        type_names = self._get_type_names()
        for asset in self:
            words = [asset.name, *type_names.get(asset.type_id.id, ()), asset.serial]
            words += asset._get_attribute_words()
            asset.search_text = " ".join(word for word in words if word)

    def _get_type_names(self):
        """{type id: names in every language}: found in the language one types."""
        languages = [code for code, __ in self.env["res.lang"].get_installed()]
        names = {}
        for code in languages:
            for asset_type in self.type_id.with_context(lang=code):
                names.setdefault(asset_type.id, {})[asset_type.name] = True
        return names

    def _get_attribute_words(self):
        """Values of this asset's attributes as a person would type them."""
        values = self._fields["properties"].convert_to_read(self.properties, self)
        return [word for value in values for word in self._attribute_to_words(value)]

    @api.model
    def _attribute_to_words(self, attribute):
        """Words of one attribute in the host's read format."""
        value, kind = attribute.get("value"), attribute["type"]
        if not value or kind in ("separator", "html"):
            return []
        if kind == "boolean":
            return [attribute.get("string") or ""]
        if kind == "selection":
            return [dict(map(tuple, attribute["selection"])).get(value, "")]
        if kind == "tags":
            return [tag[1] for tag in attribute["tags"] if tag[0] in value]
        if kind == "many2one":
            return [value[1] or ""]
        if kind == "many2many":
            return [name or "" for __, name in value]
        return [str(value)]

    def _compute_find(self):
        self.find = False

    def _search_find(self, operator, value):
        if operator not in ("ilike", "in"):
            return NotImplemented
        texts = [value] if isinstance(value, str) else list(value)
        return Domain.OR(self._get_words_domain(text) for text in texts if text)

    @api.model
    def _get_words_domain(self, text):
        """Every word somewhere, or the whole text as a serial in any spelling."""
        words = Domain.AND(
            Domain("search_text", "ilike", escape_psql(word))
            for word in search_words(text)
        )
        serial = normalize_serial(text)
        # two letters would match half of the plates
        if len(serial) >= 3:
            words |= Domain("serial_normalized", "ilike", serial)
        return words

    @api.depends("name", "serial")
    def _compute_display_name(self):
        for asset in self:
            asset.display_name = " · ".join(filter(None, (asset.name, asset.serial)))

    @api.model
    def _search_display_name(self, operator, value):
        if operator in ("ilike", "in"):
            return self._search_find(operator, value)
        return super()._search_display_name(operator, value)

    def _compute_interaction_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group(
                [("asset_id", "in", self.ids)], ["asset_id"], ["__count"]
            )
        )
        for asset in self:
            asset.interaction_count = counts.get(asset, 0)

    @api.onchange("order_id")
    def _onchange_order_id(self):
        if self.order_id and not self.partner_id:
            self.partner_id = self.order_id.partner_id

    def action_open_interactions(self):
        """Every contact about this asset: marked with it, or on a deal about it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_interaction_action"
        )
        # ids, not a subquery: the ledger is searched by two of its indexes then
        leads = self.env["crm.lead"].with_context(active_test=False)
        lead_ids = leads.search([("asset_id", "=", self.id)]).ids
        return dict(
            action,
            name=self.env._("Contacts about %(asset)s", asset=self.display_name),
            domain=["|", ("asset_id", "=", self.id), ("lead_id", "in", lead_ids)],
            context={},
        )

    def action_new_deal(self):
        """Start a deal about this asset."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "views": [(False, "form")],
            "context": {
                "default_type": "opportunity",
                "default_partner_id": self.partner_id.id,
                "default_asset_id": self.id,
                "default_name": self.display_name,
            },
        }

    def action_service_done(self):
        """It was serviced or renewed today: close the reminder, plan the next one."""
        today = fields.Date.context_today(self)
        for asset in self:
            months = asset.type_id.service_interval_months
            asset.write(
                {
                    "last_service_date": today,
                    "next_service_date": today + relativedelta(months=months)
                    if months
                    else False,
                }
            )
        reminders = self.activity_ids.filtered("crm_is_service_reminder")
        if reminders:
            reminders.action_feedback()
