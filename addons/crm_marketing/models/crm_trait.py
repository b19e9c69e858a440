"""What can be said of a customer before it is known how it ended."""

from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Trait(NamedTuple):
    """``select`` gives (customer_id, value, known_at); see tools/portrait.KNOWN."""

    label: str
    known: str
    select: SQL
    asked_by: tuple  # conditions of a segment that ask for it: it would tell itself


class CrmTrait(models.AbstractModel):
    """Traits of customers, each with when it is known. Modules add theirs."""

    _name = "crm.trait"
    _description = "Traits of Customers"

    @api.model
    def _get_traits(self, company):
        """``{code: Trait}``; one value per customer, but for tags and assets."""
        lang = self.env.lang or "en_US"
        return {
            "kind": Trait(
                self.env._("Kind"), "before", self._select_kind(), ("is_company", "company_type")
            ),
            "country": Trait(
                self.env._("Country"), "before",
                self._select_named("country_id", "res_country", lang),
                ("country_id", "region"),
            ),
            "state": Trait(
                self.env._("State"), "before",
                self._select_named("state_id", "res_country_state", None),
                ("state_id", "region"),
            ),
            "city": Trait(
                self.env._("City"), "before",
                SQL("SELECT id AS customer_id, NULLIF(city, '') AS value, "
                    "NULL::timestamp AS known_at FROM res_partner"),
                ("city", "zip", "region"),
            ),
            "tag": Trait(self.env._("Tag"), "undated", self._select_tags(lang), ("category_id",)),
            "attribute": Trait(
                self.env._("Attribute"), "undated", self._select_attributes(), ("properties",)
            ),
            "age": Trait(
                self.env._("Customer for"), "dated", self._select_age(company), ("create_date",)
            ),
            "asset": Trait(
                self.env._("Asset"), "dated", self._select_asset(company), ("asset",)
            ),
            "asset_attribute": Trait(
                self.env._("Attribute of an asset"), "dated",
                self._select_asset_attributes(company), ("asset",),
            ),
            "source": Trait(
                self.env._("First source"), "dated", self._select_source(company), ()
            ),
            "first_category": Trait(
                self.env._("First bought"), "dated", self._select_first_category(company, lang),
                ("bought",),
            ),
            "size": Trait(
                self.env._("Size of a purchase"), "dated", self._select_size(company),
                ("bought", "measure"),
            ),
            "channel": Trait(
                self.env._("Contacts by"), "dated", self._select_channel(company, lang),
                ("contacted",),
            ),
        }  # fmt: skip

    @api.model
    def _select_kind(self):
        return SQL(
            "SELECT id AS customer_id, CASE WHEN is_company THEN %s ELSE %s END AS value, "
            "NULL::timestamp AS known_at FROM res_partner",
            self.env._("company"),
            self.env._("private person"),
        )

    @api.model
    def _select_named(self, column, table, lang):
        name = SQL("named.name")
        if lang:
            name = SQL("COALESCE(named.name ->> %s, named.name ->> 'en_US')", lang)
        return SQL(
            "SELECT partner.id AS customer_id, %s AS value, NULL::timestamp AS known_at "
            "FROM res_partner partner JOIN %s named ON named.id = partner.%s",
            name,
            SQL.identifier(table),
            SQL.identifier(column),
        )

    @api.model
    def _select_tags(self, lang):
        return SQL(
            """
            SELECT rel.partner_id AS customer_id,
                   COALESCE(tag.name ->> %s, tag.name ->> 'en_US') AS value,
                   NULL::timestamp AS known_at
              FROM res_partner_res_partner_category_rel rel
              JOIN res_partner_category tag ON tag.id = rel.category_id
            """,
            lang,
        )

    @api.model
    def _select_attributes(self):
        """The host's properties of customers: choices, ticks and short texts."""
        definitions = self.env["properties.base.definition"].sudo()  # labels only
        field = self.env["ir.model.fields"]._get("res.partner", "properties")
        definition = definitions.search(
            [("properties_field_id", "=", field.id)], limit=1
        )
        return self._select_properties(
            SQL("SELECT id AS customer_id, properties, NULL::timestamp AS known_at "
                "FROM res_partner WHERE properties IS NOT NULL"),
            definition.properties_definition or [],
        )  # fmt: skip

    @api.model
    def _select_asset_attributes(self, company):
        types = self.env["crm.customer.asset.type"].sudo()  # labels only
        definitions = {}
        for asset_type in types.with_context(active_test=False).search(
            [("company_id", "in", (False, company.id))]
        ):
            for item in asset_type.properties_definition or []:
                definitions[item["name"]] = item
        return self._select_properties(
            SQL(
                """
                SELECT customer_id, properties,
                       COALESCE(acquired_date, create_date) AS known_at
                  FROM crm_customer_asset
                 WHERE active AND company_id = %s AND properties IS NOT NULL
                """,
                company.id,
            ),
            list(definitions.values()),
        )

    @api.model
    def _select_properties(self, rows, definitions):
        """``Colour: Red`` of rows (customer_id, properties, known_at)."""
        names, keys, values = [], [], []
        for item in definitions:
            label = item.get("string") or item["name"]
            if item["type"] in ("selection", "tags"):
                for option in item.get(item["type"]) or []:
                    names.append(item["name"])
                    keys.append(str(option[0]))
                    values.append(f"{label}: {option[1]}")
            elif item["type"] == "boolean":
                names.append(item["name"])
                keys.append("true")
                values.append(label)
        return SQL(
            """
            SELECT DISTINCT row.customer_id, told.value, row.known_at FROM (%s) row
              JOIN unnest(%s::text[], %s::text[], %s::text[]) AS told(name, key, value)
                ON CASE jsonb_typeof(row.properties -> told.name)
                   WHEN 'array' THEN row.properties -> told.name ? told.key
                   ELSE row.properties ->> told.name = told.key END
            """,
            rows,
            names,
            keys,
            values,
        )

    @api.model
    def _select_age(self, company):
        return SQL(
            """
            SELECT customer_id, CASE
                   WHEN first_order_on > %(day)s::date - 183 THEN %(half)s
                   WHEN first_order_on > %(day)s::date - 730 THEN %(two)s
                   ELSE %(more)s END AS value, first_order_on::timestamp AS known_at
              FROM crm_customer_metric
             WHERE company_id = %(company)s AND first_order_on IS NOT NULL
            """,
            day=self.env.context.get("trait_day"),
            half=self.env._("less than half a year"),
            two=self.env._("up to two years"),
            more=self.env._("more than two years"),
            company=company.id,
        )

    @api.model
    def _select_asset(self, company):
        """The first word of its name: the make."""
        return SQL(
            """
            SELECT DISTINCT customer_id, split_part(name, ' ', 1) AS value,
                   COALESCE(acquired_date, create_date) AS known_at
              FROM crm_customer_asset WHERE active AND company_id = %s
            """,
            company.id,
        )

    @api.model
    def _select_source(self, company):
        return SQL(
            """
            SELECT DISTINCT ON (row.customer_id) row.customer_id, source.name AS value,
                   row.started_at AS known_at
              FROM crm_interaction row JOIN utm_source source ON source.id = row.source_id
             WHERE row.company_id = %s AND row.customer_id IS NOT NULL
             ORDER BY row.customer_id, row.started_at, row.id
            """,
            company.id,
        )

    @api.model
    def _select_first_category(self, company, lang):
        return SQL(
            """
            SELECT DISTINCT ON (move.commercial_partner_id)
                   move.commercial_partner_id AS customer_id, categ.name AS value,
                   COALESCE(move.invoice_date, move.date)::timestamp AS known_at
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
               AND line.display_type = 'product'
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN product_category categ ON categ.id = template.categ_id
             WHERE move.state = 'posted' AND move.company_id = %s
               AND move.move_type IN ('out_invoice', 'out_receipt')
             ORDER BY move.commercial_partner_id, COALESCE(move.invoice_date, move.date),
                      line.price_subtotal DESC, line.id
            """,
            company.id,
        )

    @api.model
    def _select_size(self, company):
        """Fifths of all customers by what one purchase before that day came to."""
        return SQL(
            """
            SELECT customer_id, %(words)s || ' ' || ntile(5) OVER (ORDER BY amount)
                   AS value, known_at
              FROM (SELECT commercial_partner_id AS customer_id,
                           AVG(amount_untaxed_signed) AS amount,
                           MAX(COALESCE(invoice_date, date))::timestamp AS known_at
                      FROM account_move
                     WHERE state = 'posted' AND company_id = %(company)s
                       AND move_type IN ('out_invoice', 'out_receipt')
                       AND COALESCE(invoice_date, date) < %(day)s
                     GROUP BY commercial_partner_id) average
            """,
            words=self.env._("fifth from below:"),
            company=company.id,
            day=self.env.context.get("trait_day"),
        )

    @api.model
    def _select_channel(self, company, lang):
        return SQL(
            """
            SELECT row.customer_id, COALESCE(channel.name ->> %s, channel.name ->> 'en_US')
                   AS value, MIN(row.started_at) AS known_at
              FROM crm_interaction row JOIN crm_channel channel ON channel.id = row.channel_id
             WHERE row.company_id = %s AND row.customer_id IS NOT NULL
               AND row.direction = 'in' AND row.is_automatic IS NOT TRUE
             GROUP BY row.customer_id, channel.id
            """,
            lang,
            company.id,
        )
