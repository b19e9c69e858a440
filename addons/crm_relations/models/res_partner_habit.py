from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

LOOK_BACK = timedelta(days=365)
LAST_CONTACTS = 200  # of a customer, newest first: habits change
# where nobody can be reached, or only everybody at once
NOT_PREFERRED = ("form", "mailing", "ad")


class ResPartner(models.Model):
    """How a customer likes it: what he told us, else what he does."""

    _inherit = "res.partner"

    crm_preferred_channel_id = fields.Many2one(
        "crm.channel",
        string="Prefers to Be Reached by",
        ondelete="set null",
        help="What the customer told us. Empty: the channel he uses and answers most.",
    )
    crm_preferred_delivery = fields.Char(
        string="Prefers Delivery",
        help="What the customer told us. Empty: how most of his deliveries went.",
    )
    crm_preferred_payment = fields.Char(
        string="Prefers Payment",
        help="What the customer told us. Empty: how he paid last, and his usual term.",
    )
    crm_effective_channel_id = fields.Many2one(
        "crm.channel", string="Best Channel", compute="_compute_crm_effective"
    )
    crm_effective_delivery = fields.Char(
        string="Usual Delivery", compute="_compute_crm_effective"
    )
    crm_effective_payment = fields.Char(
        string="Usual Payment", compute="_compute_crm_effective"
    )

    @api.depends(
        "crm_preferred_channel_id", "crm_preferred_delivery", "crm_preferred_payment"
    )
    def _compute_crm_effective(self):
        habits = self._get_crm_habits(fields.Datetime.now())
        channels = self.env["crm.channel"]
        for partner in self:
            habit = habits.get(partner._origin.id, {})
            partner.crm_effective_channel_id = (
                partner.crm_preferred_channel_id
                or channels.browse(habit.get("channel_id"))
            )
            partner.crm_effective_delivery = (
                partner.crm_preferred_delivery or habit.get("delivery")
            )
            partner.crm_effective_payment = partner.crm_preferred_payment or habit.get(
                "payment"
            )

    def _get_crm_habits(self, now):
        """{partner id: {"channel_id", "delivery", "payment"}} out of the history.

        One query however many partners. It says how somebody is best served, no
        amounts and no words: everybody who may read the partner may know it.
        """
        if not any(partner._origin.id for partner in self):
            return {}
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._select_crm_habits(now))
        return {row.pop("id"): row for row in rows}

    def _select_crm_habits(self, now):
        return SQL(
            """
            SELECT p.id, (%s) AS channel_id, (%s) AS delivery, (%s) AS payment
              FROM res_partner p WHERE p.id = ANY(%s)
            """,
            self._select_channel_habit(now),
            self._select_delivery_habit(),
            self._select_payment_habit(),
            [partner._origin.id for partner in self if partner._origin.id],
        )

    @api.model
    def _select_channel_habit(self, now):
        """The channel he used himself or answered in most often, of the last year."""
        return SQL(
            """
            SELECT i.channel_id
              FROM (
                    SELECT * FROM crm_interaction row
                     WHERE (row.customer_id = p.id OR row.partner_id = p.id)
                       AND row.started_at > %(since)s
                       AND row.company_id = ANY(%(companies)s)
                  ORDER BY row.started_at DESC LIMIT %(last)s
                   ) AS i
              JOIN crm_channel c ON c.id = i.channel_id
             WHERE i.is_automatic IS NOT TRUE AND c.active
               AND NOT c.kind = ANY(%(excluded)s)
               AND (i.direction = 'in' OR i.answered_at IS NOT NULL
                    OR i.outcome IN ('done', 'answered', 'opened'))
          GROUP BY i.channel_id
          ORDER BY count(*) DESC, max(i.started_at) DESC LIMIT 1
            """,
            since=now - LOOK_BACK,
            companies=self.env.companies.ids,
            last=LAST_CONTACTS,
            excluded=list(NOT_PREFERRED),
        )

    @api.model
    def _select_delivery_habit(self):
        """Nothing without a warehouse: the glue knows."""
        return SQL("NULL::text")

    @api.model
    def _select_payment_habit(self):
        """Where he usually pays (Bank, Cash) and on which term, of the last ten each."""
        lang = self.env.lang or "en_US"
        return SQL(
            """
            SELECT NULLIF(concat_ws(' · ',
                (SELECT COALESCE(j.name ->> %(lang)s, j.name ->> 'en_US')
                   FROM (SELECT pay.journal_id, pay.date FROM account_payment pay
                          WHERE pay.partner_id IN (p.id, p.commercial_partner_id)
                            AND pay.payment_type = 'inbound'
                            AND pay.state IN ('in_process', 'paid')
                            AND pay.company_id = ANY(%(companies)s)
                       ORDER BY pay.date DESC, pay.id DESC LIMIT 10) AS last
                   JOIN account_journal j ON j.id = last.journal_id
               GROUP BY j.id ORDER BY count(*) DESC, max(last.date) DESC LIMIT 1),
                (SELECT COALESCE(t.name ->> %(lang)s, t.name ->> 'en_US')
                   FROM (SELECT m.invoice_payment_term_id AS term_id, m.invoice_date
                           FROM account_move m
                          WHERE m.commercial_partner_id = p.commercial_partner_id
                            AND m.move_type = 'out_invoice' AND m.state = 'posted'
                            AND m.company_id = ANY(%(companies)s)
                       ORDER BY m.invoice_date DESC, m.id DESC LIMIT 10) AS last
                   JOIN account_payment_term t ON t.id = last.term_id
               GROUP BY t.id ORDER BY count(*) DESC, max(last.invoice_date) DESC LIMIT 1)
            ), '')
            """,
            lang=lang,
            companies=self.env.companies.ids,
        )
