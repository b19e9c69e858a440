"""Customers whom a program holds out: what they buy shows what would have come anyway.

Who is held out is decided by the same hash as the control group of a scenario, of the
program, the time its share was set, and the customer: nothing is stored for it. Who was
a member before the share was set stays one and is not compared, on either side, so the
two groups differ by chance alone.
"""

from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.tools import SQL

from .crm_scenario_trigger import control_sql


class Holdout(NamedTuple):
    """The holdout of one points program. ``since``: naive UTC."""

    program_id: int
    company_id: int | None
    percent: float
    since: object

    @property
    def key(self):
        """What the hash is of: another share, or a new start, draws anew."""
        return f"loyalty{self.program_id}:{self.since:%Y%m%d%H%M%S}"

    def is_of(self, company):
        return not self.company_id or self.company_id == company.id

    def held_sql(self, customer):
        """Whether ``customer`` (SQL: id of a commercial partner) gets nothing."""
        return SQL(
            "(COALESCE(%s, %s) AND NOT %s)",
            self._side_sql(SQL("is_held"), customer),
            control_sql(self.key, customer, self.percent),
            self._member_before_sql(customer),
        )

    def compared_sql(self, customer):
        """Whether he is in one of the two groups at all."""
        return SQL(
            "(COALESCE(%s, TRUE) AND NOT %s)",
            self._side_sql(SQL("is_compared"), customer),
            self._member_before_sql(customer),
        )

    def _side_sql(self, column, customer):
        return SQL(
            "(SELECT side.%s FROM crm_loyalty_side side WHERE side.program_id = %s "
            "AND side.customer_id = %s)",
            column,
            self.program_id,
            customer,
        )

    def _member_before_sql(self, customer):
        """He had a card of the program, or a level of its company, before the draw."""
        return SQL(
            """
            (EXISTS (SELECT FROM res_partner holder
                       JOIN loyalty_card card ON card.partner_id = holder.id
                      WHERE holder.commercial_partner_id = %(customer)s
                        AND card.program_id = %(program)s AND card.create_date < %(since)s)
             OR EXISTS (SELECT FROM crm_customer_level_log log
                         WHERE log.customer_id = %(customer)s AND log.level_id IS NOT NULL
                           AND log.date <= %(since)s::date
                           AND (%(company)s::int IS NULL
                                OR log.company_id = %(company)s::int)))
            """,
            customer=customer,
            program=self.program_id,
            since=self.since,
            company=self.company_id,
        )


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    crm_control_percent = fields.Float(
        string="Left out, %",
        default=0.0,
        copy=False,
        help="So many customers, chosen by chance, get no points and no level, and are "
        "promised none: what they buy shows what would have come anyway. What you give "
        "up is what the program would have sold them. A customer stays on his side; who "
        "has a card or a level already keeps it and is not compared. Another share draws "
        "anew. 0: nobody is left out, and nobody can tell what the program brings.",
    )
    crm_control_since = fields.Datetime(
        string="Left out since", readonly=True, copy=False
    )

    _crm_control_check = models.Constraint(
        "CHECK(crm_control_percent >= 0 AND crm_control_percent < 100)",
        "The customers left out must be less than everybody.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        now = fields.Datetime.now()
        for vals in vals_list:
            if vals.get("crm_control_percent"):
                vals["crm_control_since"] = now
        programs = super().create(vals_list)
        if any(programs.mapped("crm_control_percent")):
            self.env.registry.clear_cache()
        return programs

    def write(self, vals):
        """Another share draws anew: nobody who was a member is thrown out."""
        if "crm_control_percent" in vals:
            percent = vals["crm_control_percent"] or 0
            drawn = self.filtered(lambda one: one.crm_control_percent != percent)
            drawn._crm_draw(percent)
        result = super().write(vals)
        if vals.keys() & {"crm_control_percent", "active", "company_id"}:
            self.env.registry.clear_cache()
        return result

    def _crm_draw(self, percent):
        if not self:
            return
        # sudo: sides are written by nobody; who may change the program draws anew
        sides_sudo = self.env["crm.loyalty.side"].sudo()
        sides_sudo.search([("program_id", "in", self.ids)]).unlink()
        since = fields.Datetime.now() if percent else False
        self.write({"crm_control_since": since})

    @api.model
    @tools.ormcache()
    def _crm_get_holdouts(self):
        """(Holdout, …) of the points programs in use: most questions end here."""
        # sudo: asked for every order, whoever sells
        programs_sudo = self.sudo().search(
            [("program_type", "=", "loyalty"), ("crm_control_percent", ">", 0)]
        )
        return tuple(
            Holdout(
                program.id,
                program.company_id.id or None,
                program.crm_control_percent,
                program.crm_control_since,
            )
            for program in programs_sudo
        )

    def _crm_get_holdout(self):
        self.ensure_one()
        found = [one for one in self._crm_get_holdouts() if one.program_id == self.id]
        return found[0] if found else None

    @api.model
    def _crm_get_held_ids(self, partner, company):
        """Programs of the company from which ``partner``'s customer is held out."""
        holdouts = [one for one in self._crm_get_holdouts() if one.is_of(company)]
        customer_id = partner.commercial_partner_id.id
        if not holdouts or not customer_id:
            return []
        self._crm_flush_sides()
        columns = [one.held_sql(SQL("%s", customer_id)) for one in holdouts]
        (row,) = self.env.execute_query(SQL("SELECT %s", SQL(", ").join(columns)))
        return [
            one.program_id
            for one, is_held in zip(holdouts, row, strict=True)
            if is_held
        ]

    @api.model
    def _crm_get_held_customers(self, customer_ids, company):
        """{customer id} of those whom any program of the company holds out."""
        holdouts = [one for one in self._crm_get_holdouts() if one.is_of(company)]
        return self._crm_filter_held(holdouts, customer_ids)

    @api.model
    def _crm_filter_held(self, holdouts, customer_ids):
        if not holdouts or not customer_ids:
            return set()
        self._crm_flush_sides()
        customer = SQL("asked.id")
        held = SQL(" OR ").join(one.held_sql(customer) for one in holdouts)
        rows = self.env.execute_query(
            SQL(
                "SELECT asked.id FROM unnest(%s::int[]) asked(id) WHERE %s",
                list(customer_ids),
                held,
            )
        )
        return {customer_id for (customer_id,) in rows}

    @api.model
    def _crm_flush_sides(self):
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.env["loyalty.card"].flush_model(["partner_id", "program_id"])
        self.env["crm.customer.level.log"].flush_model()

    @api.model
    def _crm_get_closed_ids(self, partner, company):
        closed = super()._crm_get_closed_ids(partner, company)
        return [*closed, *self._crm_get_held_ids(partner, company)]
