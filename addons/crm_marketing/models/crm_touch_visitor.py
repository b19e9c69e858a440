from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.touch import VISITOR, visitor_code

CODE_DAYS = 30  # how long a code that was told to an operator is looked for


class CrmTouchVisitor(models.Model):
    """A browser that agreed to be recognised, and whose it turned out to be."""

    _name = "crm.touch.visitor"
    _description = "Site Visitor"
    _order = "last_at desc, id desc"
    _rec_name = "code"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    key = fields.Char(
        required=True, size=32, help="The random number in the site's own cookie."
    )
    code = fields.Char(
        required=True,
        help="What the visitor tells an operator: six digits of the page.",
    )
    first_at = fields.Datetime(string="First Seen", required=True)
    last_at = fields.Datetime(string="Last Seen", required=True)
    partner_id = fields.Many2one(
        "res.partner", string="Person", ondelete="set null", index="btree_not_null"
    )

    _key_uniq = models.Constraint(
        "UNIQUE(company_id, key)", "This visitor is known already."
    )
    # _find_by_code(): a code that an operator was told
    _code_idx = models.Index("(company_id, code, last_at)")

    @api.model
    def _see(self, company, key, now):
        """The visitor with this key; his row is locked until commit, so that two calls of
        one browser queue up and a repeat is seen as one."""
        [(visitor_id,)] = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_touch_visitor (company_id, key, code, first_at, last_at)
                VALUES (%(company)s, %(key)s, %(code)s, %(now)s, %(now)s)
                    ON CONFLICT (company_id, key)
                    DO UPDATE SET last_at = GREATEST(
                        crm_touch_visitor.last_at, EXCLUDED.last_at)
                RETURNING id
                """,
                company=company.id,
                key=key,
                code=visitor_code(key),
                now=now,
            )
        )
        visitor = self.browse(visitor_id)
        visitor.invalidate_recordset()
        return visitor

    @api.model
    def _find(self, company, key):
        """The visitor whose browser sent this key, or none."""
        if not isinstance(key, str) or not VISITOR.fullmatch(key):
            return self.browse()
        return self.search([("company_id", "=", company.id), ("key", "=", key)])

    @api.model
    def _find_by_code(self, company, code, now):
        """The one visitor of late who was shown this code; none when there are two."""
        found = self.search(
            [
                ("company_id", "=", company.id),
                ("code", "=", (code or "").strip()),
                ("last_at", ">", now - timedelta(days=CODE_DAYS)),
            ],
            limit=2,
        )
        return found if len(found) == 1 else self.browse()

    def _get_touches_sudo(self):
        """His touches, newest first. sudo: an operator to whom he told his code, or the
        intake, may know where he came from."""
        rows_sudo = self.env["crm.interaction"].sudo()
        if not self:
            return rows_sudo
        return rows_sudo.search([("visitor_id", "in", self.ids)], limit=50)

    def _join(self, partner=None, lead=None):
        """From now on this visitor is that person: his nameless touches are too.

        What was joined to somebody stays his: browsers are shared.

        :return: how many touches got a person or a lead
        """
        self.ensure_one()
        if not partner and not lead:
            return 0
        if partner:
            self.partner_id = partner
        owner = partner.commercial_partner_id.user_id if partner else lead.user_id
        self.env["crm.interaction"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction
                   SET partner_id = %(partner)s::int4, customer_id = %(customer)s::int4,
                       lead_id = COALESCE(lead_id, %(lead)s::int4),
                       owner_id = COALESCE(owner_id, %(owner)s::int4)
                 WHERE visitor_id = %(visitor)s AND partner_id IS NULL
                   AND (%(partner)s::int4 IS NOT NULL OR lead_id IS NULL)
                """,
                partner=partner.id if partner else None,
                customer=partner.commercial_partner_id.id if partner else None,
                lead=lead.id if lead else None,
                owner=owner.id or None,
                visitor=self.id,
            )
        )
        count = self.env.cr.rowcount
        self.env["crm.interaction"].invalidate_model()
        if partner and count:
            # sudo: the queue belongs to the engine
            self.env["crm.attribution.dirty"].sudo()._mark_ids(
                "customer", partner.commercial_partner_id.ids
            )
        return count
