from odoo import api, fields, models
from odoo.tools import SQL


class CrmLoyaltyNotice(models.Model):
    """What a customer was told about his points or level: once each, by a unique key."""

    _name = "crm.loyalty.notice"
    _description = "Loyalty Notice"
    _order = "id DESC"
    _rec_name = "kind"
    _log_access = False

    kind = fields.Selection(
        [("expiry", "Points expire"), ("fall", "Level ends")],
        required=True,
        readonly=True,
    )
    key = fields.Char(required=True, readonly=True, help="What the notice was about.")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    at = fields.Datetime(string="Sent", required=True, readonly=True)
    is_refused = fields.Boolean(
        string="Not Sent",
        readonly=True,
        help="He does not want such letters, or has no address.",
    )

    _key_uniq = models.Constraint(
        "UNIQUE(kind, key)", "The customer has been told this already."
    )

    @api.model
    def _send(self, kind, asked, template, now):
        """Send a letter for each of ``asked`` that was not sent yet.

        A letter that may go later waits for the next night; who refuses them is noted.

        :param asked: ``[(key, partner, record of the template, values for its context)]``;
            ``crm_company`` of the values: who writes it (none: the company in use)
        :return: number of letters
        """
        known = set(
            self.search([("kind", "=", kind), ("key", "in", [row[0] for row in asked])])
            .mapped("key")
        )  # fmt: skip
        asked = [row for row in asked if row[0] not in known]
        return sum(
            self.with_company(company)._send_letters(kind, rows, template, now)
            for company, rows in self._group_letters(asked).items()
        )

    @api.model
    def _group_letters(self, asked):
        """``{company that writes: rows}``: each letter is of one company."""
        found = {}
        for row in asked:
            company = row[3].get("crm_company") or self.env.company
            values = {**row[3], "crm_company": company}
            found.setdefault(company, []).append((*row[:3], values))
        return found

    @api.model
    def _send_letters(self, kind, asked, template, now):
        partners = self.env["res.partner"].union(*[row[1] for row in asked])
        verdicts = self.env["crm.consent"]._may_contact_many(
            partners, "email", "service", now
        )
        template = template.with_env(self.env)
        count = 0
        for key, partner, record, values in asked:
            verdict = verdicts[partner.id]
            is_refused = not partner.email or (not verdict and not verdict.until)
            if not verdict and not is_refused:
                continue
            if self._note(kind, key, partner, now, is_refused) and not is_refused:
                template.with_context(**values).send_mail(record.id)
                count += 1
        return count

    @api.model
    def _note(self, kind, key, partner, now, is_refused):
        """Whether it was this transaction that wrote the notice down."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_loyalty_notice
                       (kind, key, partner_id, company_id, at, is_refused)
                VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
                """,
                kind,
                key,
                partner.id,
                self.env.company.id,
                now,
                is_refused,
            )
        )
        return bool(self.env.cr.rowcount)
