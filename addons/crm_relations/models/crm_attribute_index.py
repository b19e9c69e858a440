from odoo import api, fields, models
from odoo.modules.db import FunctionStatus
from odoo.tools import SQL
from odoo.tools.sql import make_identifier

# Up to this many rows an index is made at once; above it at night, because
# CREATE INDEX holds up writers (and CONCURRENTLY cannot run inside a cron, which
# keeps a transaction of its own open all the time).
SMALL_TABLE = 200_000

NUMBERS = ("integer", "float", "monetary")
DATES = ("date", "datetime")
TEXTS = ("char", "text")
NOT_INDEXED = ("separator", "html")


class Base(models.AbstractModel):
    _inherit = "base"

    def _additional_allowed_keys_properties_definition(self):
        return (*super()._additional_allowed_keys_properties_definition(), "searchable")


class CrmAttributeIndex(models.Model):
    """Attributes that heads of sales marked *searchable*, and the state of their index.

    An attribute is a key of a JSON column; its index covers exactly what the host's
    search compares (``odoo.fields.Properties.condition_to_sql``).
    """

    _name = "crm.attribute.index"
    _description = "Searchable Attribute"
    _order = "res_model, label"
    _rec_name = "label"

    res_model = fields.Selection(
        "_selection_res_model", string="Of", required=True, readonly=True
    )
    attribute = fields.Char(required=True, readonly=True, help="Technical name.")
    label = fields.Char(readonly=True)
    kind = fields.Char(string="Field Type", required=True, readonly=True)
    state = fields.Selection(
        [("pending", "Tonight"), ("ready", "Ready")],
        required=True,
        default="pending",
        readonly=True,
        help="Large tables are indexed at night: making an index holds up writers.",
    )

    _attribute_uniq = models.Constraint(
        "UNIQUE(res_model, attribute)", "This attribute is searchable already."
    )

    @api.model
    def _selection_res_model(self):
        return [
            ("crm.customer.asset", self.env._("Customers' assets")),
            ("res.partner", self.env._("Customers")),
        ]

    @api.model
    def _get_containers(self, res_model):
        """Records that hold a model's attribute definitions, archived types included."""
        # sudo: every company's types share one table and so one index
        if res_model == "crm.customer.asset":
            types_sudo = self.env["crm.customer.asset.type"].sudo()
            return types_sudo.with_context(active_test=False).search(
                [("properties_definition", "!=", False)]
            )
        base_sudo = self.env["properties.base.definition"].sudo()
        return base_sudo._get_definition_for_property_field(res_model, "properties")

    @api.model
    def _sync(self, res_model):
        """Make the indexes of ``res_model`` follow the marks on its attributes."""
        wanted = {  # attribute -> (label, kind)
            attribute["name"]: (attribute.get("string"), attribute["type"])
            for container in self._get_containers(res_model)
            for attribute in container.properties_definition or ()
            if attribute.get("searchable") and attribute["type"] not in NOT_INDEXED
        }
        # sudo: whoever may change a definition changes its indexes, by this way only
        known_sudo = self.sudo().search([("res_model", "=", res_model)])
        gone_sudo = known_sudo.filtered(
            lambda row: wanted.get(row.attribute, (None, None))[1] != row.kind
        )
        gone_sudo._drop_indexes()
        gone_sudo.unlink()
        kept = {row.attribute: row for row in known_sudo - gone_sudo}
        for attribute, row in kept.items():
            if row.label != wanted[attribute][0]:
                row.label = wanted[attribute][0]
        new_sudo = self.sudo().create(
            [
                {
                    "res_model": res_model,
                    "attribute": name,
                    "label": label,
                    "kind": kind,
                }
                for name, (label, kind) in wanted.items()
                if name not in kept
            ]
        )
        if new_sudo and new_sudo._get_estimated_rows(res_model) <= SMALL_TABLE:
            new_sudo._build()

    @api.model
    def _cron_build_attribute_indexes(self):
        pending = self.search([("state", "=", "pending")])
        for done, row in enumerate(pending, 1):
            row._build()
            self.env["ir.cron"]._commit_progress(1, remaining=len(pending) - done)

    def _build(self):
        for row in self:
            for name, definition in row._get_index_definitions():
                self.env.cr.execute(
                    SQL(
                        "CREATE INDEX IF NOT EXISTS %s ON %s %s",
                        SQL.identifier(name),
                        SQL.identifier(self.env[row.res_model]._table),
                        definition,
                    )
                )
            row.state = "ready"

    def _drop_indexes(self):
        for row in self:
            for name, __ in row._get_index_definitions():
                self.env.cr.execute(
                    SQL("DROP INDEX IF EXISTS %s", SQL.identifier(name))
                )

    def _get_index_definitions(self):
        """[(index name, SQL after ON table)]: one per comparison the host makes."""
        self.ensure_one()
        value = SQL("(properties -> %s)", self.attribute)
        text = SQL("(properties ->> %s)", self.attribute)
        if self.kind == "boolean":
            return [
                (self._get_index_name("true"), SQL("(id) WHERE %s != 'false'", value))
            ]
        # the host asks for `= value OR @> [value]`: both sides need an index
        definitions = [
            ("list", SQL("USING gin (%s jsonb_path_ops)", value)),
            ("equal", SQL("USING hash (%s)", value)),
        ]
        if self.kind in NUMBERS:
            definitions.append(("order", SQL("(%s)", value)))
        if self.kind in DATES:
            definitions.append(("order", SQL("(%s)", text)))
        if self.kind in TEXTS and self.env.registry.has_trigram:
            if self.env.registry.has_unaccent == FunctionStatus.INDEXABLE:
                text = self.env.registry.unaccent(text)
            definitions.append(("words", SQL("USING gin (%s gin_trgm_ops)", text)))
        return [(self._get_index_name(suffix), sql) for suffix, sql in definitions]

    def _get_index_name(self, suffix):
        table = self.env[self.res_model]._table
        return make_identifier(f"{table}_attribute_{self.attribute}_{suffix}")

    @api.model
    def _forget_all(self):
        """Before an uninstall: the host does not know the mark, and refuses to save a
        definition that carries it; indexes on its tables would stay for ever."""
        self.search([("id", "!=", False)])._drop_indexes()
        for definition in self._get_containers("res.partner"):
            definition.properties_definition = [
                {key: value for key, value in attribute.items() if key != "searchable"}
                for attribute in definition.properties_definition
            ]

    @api.model
    def _get_estimated_rows(self, res_model):
        """PostgreSQL's own estimate; -1 before the first ANALYZE counts as small."""
        table = self.env[res_model]._table
        rows = self.env.execute_query(
            SQL("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", table)
        )
        return rows[0][0]


class PropertiesBaseDefinition(models.Model):
    _inherit = "properties.base.definition"

    def write(self, vals):
        result = super().write(vals)
        if "properties_definition" in vals and any(
            # sudo: which field a definition belongs to is not secret
            definition.properties_field_id.model == "res.partner"
            for definition in self.sudo()
        ):
            self.env["crm.attribute.index"]._sync("res.partner")
        return result


class CrmCustomerAssetType(models.Model):
    _inherit = "crm.customer.asset.type"

    @api.model_create_multi
    def create(self, vals_list):
        types = super().create(vals_list)
        if any(vals.get("properties_definition") for vals in vals_list):
            self.env["crm.attribute.index"]._sync("crm.customer.asset")
        return types

    def write(self, vals):
        result = super().write(vals)
        if "properties_definition" in vals:
            self.env["crm.attribute.index"]._sync("crm.customer.asset")
        return result

    def unlink(self):
        result = super().unlink()
        self.env["crm.attribute.index"]._sync("crm.customer.asset")
        return result
