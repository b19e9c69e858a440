from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    crm_class = fields.Selection(
        "_selection_crm_class",
        string="Class",
        compute="_compute_crm_class",
        search="_search_crm_class",
        groups="base.group_user",
        help="By the profit of the last 12 full months in the company in use. A: who "
        "together bring the first 80 %, B: up to 95 %, C: the rest, N: new, or without "
        "profit.",
    )

    @api.model
    def _selection_crm_class(self):
        return self.env["crm.customer.metric"]._selection_class()

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_crm_class(self):
        customers = [partner.commercial_partner_id.id for partner in self]
        classes = dict(
            # past the rules of the figures: the class goes with the card
            self.env.execute_query(
                SQL(
                    "SELECT customer_id, crm_class FROM crm_customer_metric "
                    "WHERE company_id = %s AND customer_id = ANY(%s)",
                    self.env.company.id,
                    [key for key in customers if isinstance(key, int)],
                )
            )
        )
        for partner, customer in zip(self, customers, strict=True):
            partner.crm_class = classes.get(customer) or False

    @api.model
    def _search_crm_class(self, operator, value):
        if operator != "in":
            return NotImplemented
        company = self.env.company.id
        letters = [letter for letter in value if letter]

        def to_sql(_model, alias, _query):
            customer = SQL.identifier(alias, "commercial_partner_id")
            has = SQL(
                "%s IN (SELECT customer_id FROM crm_customer_metric "
                "WHERE company_id = %s AND crm_class = ANY(%s))",
                customer,
                company,
                letters,
            )
            if len(letters) == len(value):
                return has
            # False: who has no class at all
            return SQL(
                "(%s OR NOT EXISTS (SELECT FROM crm_customer_metric "
                "WHERE customer_id = %s AND company_id = %s AND crm_class IS NOT NULL))",
                has,
                customer,
                company,
            )

        return Domain.custom(to_sql=to_sql)

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr != "crm_class":
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields["crm_class"], "read")
        if query is None:
            return SQL(
                "(SELECT crm_class FROM crm_customer_metric "
                "WHERE customer_id = %s AND company_id = %s)",
                SQL.identifier(alias, "commercial_partner_id"),
                self.env.company.id,
            )
        metric = query.make_alias(alias, "crm_metric")
        if metric not in query._tables and metric not in query._joins:
            query.add_join(
                "LEFT JOIN",
                metric,
                "crm_customer_metric",
                SQL(
                    "%s = %s AND %s = %s",
                    SQL.identifier(alias, "commercial_partner_id"),
                    SQL.identifier(metric, "customer_id"),
                    SQL.identifier(metric, "company_id"),
                    self.env.company.id,
                ),
            )
        return SQL.identifier(metric, "crm_class")

    # ------------------------------------------------------------ what changes sums

    def write(self, vals):
        moves_family = {"parent_id", "is_company"} & vals.keys()
        if moves_family:
            self._crm_mark_family()
        result = super().write(vals)
        if moves_family:
            self._crm_mark_family()
        if "user_id" in vals:
            self._crm_update_metric_owner()
        return result

    def _crm_mark_family(self):
        """Queue what belongs to these people and to their companies."""
        if self.ids:
            family = self | self.commercial_partner_id
            self.env["crm.customer.month"]._mark_customers(family.ids)

    def _crm_update_metric_owner(self):
        """The figures are seen by whoever has the customer now."""
        self.flush_recordset(["user_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_customer_metric metric
                   SET user_id = partner.user_id, team_id = owner.sale_team_id
                  FROM res_partner partner
                  LEFT JOIN res_users owner ON owner.id = partner.user_id
                 WHERE partner.id = ANY(%s) AND metric.customer_id = partner.id
                """,
                self.ids,
            )
        )
        self.env["crm.customer.metric"].invalidate_model(["user_id", "team_id"])

    def _erase_interactions(self):
        if self.ids:
            self.env["crm.customer.month"]._mark_customers(
                (self | self.commercial_partner_id).ids
            )
        return super()._erase_interactions()

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Sums are worked out anew; the customer that stays keeps his class."""
        sources = self.browse(source_ids)
        everybody = (
            sources | destination | (sources | destination).commercial_partner_id
        )
        targets = destination | destination.commercial_partner_id
        self.env["crm.customer.month"]._mark_customers(everybody.ids, targets.ids)
        result = super()._crm_merge_partners(source_ids, destination)
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_customer_month WHERE customer_id = ANY(%s)",
                [*source_ids, destination.id],
            )
        )
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_customer_metric WHERE customer_id = ANY(%s)",
                list(source_ids),
            )
        )
        self.env.invalidate_all()
        return result


class CrmPartnerMergeLog(models.Model):
    _inherit = "crm.partner.merge.log"

    def action_undo(self):
        result = super().action_undo()
        both = self.source_id | self.destination_id
        both |= both.commercial_partner_id
        # sudo: the sums follow what the merge had moved past all rights
        self.env["crm.customer.month"].sudo()._mark_customers(both.ids, both.ids)
        return result
