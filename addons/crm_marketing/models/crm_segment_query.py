"""How members are found: every condition is one part of one SQL statement."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class Look(NamedTuple):
    """One look at the customers."""

    alias: str  # of res_partner in the statement
    now: datetime  # naive UTC
    asked: list | None  # ids of partners, with their companies; None: everybody


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    def _get_query(self, now, asked=None, partners=None):
        """Who belongs to it, as a Query over res_partner.

        :param now: naive UTC
        :param asked: ids of partners to look at (their companies among them), or None
        :param partners: res.partner with the rights to use; else past record rules
        """
        self.ensure_one()
        company = self.company_id
        if partners is None:
            # sudo: a segment has the same members whoever looks; see _check_domain
            partners = self.env["res.partner"].sudo()
        partners = partners.with_company(company).with_context(
            allowed_company_ids=company.ids, active_test=True
        )
        query = partners._search(self._get_base_domain() & self._parse_domain())
        look = Look(query.table, now, asked)
        if self.scope == "customer":
            query.add_where(
                SQL(
                    "%s = %s",
                    SQL.identifier(look.alias, "id"),
                    SQL.identifier(look.alias, "commercial_partner_id"),
                )
            )
        if asked is not None:
            query.add_where(
                SQL("%s = ANY(%s)", SQL.identifier(look.alias, "id"), asked)
            )
        conditions = [block._to_sql(look) for block in self.block_ids]
        if conditions:
            joint = SQL(" AND ") if self.match == "all" else SQL(" OR ")
            query.add_where(SQL("(%s)", joint.join(conditions)))
        return query

    def _get_base_domain(self):
        """Neither colleagues nor our own companies, nor another company's customers."""
        own = self.env.execute_query(SQL("SELECT partner_id FROM res_company"))
        company = self.company_id._origin.id or self.company_id.id
        return (
            Domain("partner_share", "=", True)
            & Domain("id", "not in", [key for (key,) in own])
            & Domain("company_id", "in", [False, company])
        )


class CrmSegmentBlock(models.Model):
    _inherit = "crm.segment.block"

    def _to_sql(self, look):
        """The condition on ``look.alias``; modules that add kinds add ``_sql_<kind>``."""
        self.ensure_one()
        condition = getattr(self, f"_sql_{self.kind}")(look)
        return SQL("NOT (%s)", condition) if self.is_not == "not" else condition

    def _company(self):
        company = self.segment_id.company_id
        return company._origin.id or company.id or self.env.company.id

    def _is_person(self):
        return self.segment_id.scope == "person"

    def _customer_in(self, look, select):
        """His company is among the customers that ``select`` gives."""
        customer = SQL.identifier(look.alias, "commercial_partner_id")
        return SQL("%s IN (%s)", customer, select)

    def _partner_in(self, look, select):
        return SQL("%s IN (%s)", SQL.identifier(look.alias, "id"), select)

    @api.model
    def _only(self, look, column):
        """Narrows a part to the partners looked at: `` AND column = ANY(…)``."""
        if look.asked is None:
            return SQL()
        return SQL(" AND %s = ANY(%s)", column, look.asked)

    def _between(self, look, column, is_date=False):
        """`` AND column …`` of the days asked for, in the company's own calendar."""
        zone = ZoneInfo(self.segment_id.company_id.partner_id.tz or "UTC")
        parts = SQL()
        today = look.now.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()

        def border(day):
            if is_date:
                return day
            start = datetime(day.year, day.month, day.day, tzinfo=zone)
            return start.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

        if self.days:
            since = today - timedelta(days=self.days)
            parts = SQL("%s AND %s >= %s", parts, column, border(since))
        if self.date_from:
            parts = SQL("%s AND %s >= %s", parts, column, border(self.date_from))
        if self.date_to:
            after = border(self.date_to + timedelta(days=1))
            parts = SQL("%s AND %s < %s", parts, column, after)
        return parts
