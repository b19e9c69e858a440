"""Lots whose last day has passed go at night; their owners are told before."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from .loyalty_card import Change

BATCH = 200


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model
    def _cron_crm_expire(self):
        """Gifts and reminders first, then what has expired, batch by batch."""
        now = fields.Datetime.now()
        today = fields.Date.context_today(self)
        self._crm_give_birthdays(today)
        self._crm_give_reviews(now)
        self._crm_give_margins()
        self.env["crm.referral"]._follow_leads()
        self.env["crm.referral"]._reward()
        self._crm_remind(today, now)
        while True:
            count = self._crm_expire(today)
            if not self.env["ir.cron"]._commit_progress(count, remaining=count):
                return
            if count < BATCH:
                return

    @api.model
    def _crm_expire(self, today, limit=BATCH):
        """Take expired points off cards; run again, it finds nothing.

        :return: number of cards
        """
        lots = self._crm_get_lots(SQL("lot.expires_on < %s", today))
        sums = {}
        for card_id, _expires, milli in lots:
            sums[card_id] = sums.get(card_id, 0) + milli
        chosen = dict(sorted(sums.items())[:limit])
        changes = {
            card_id: [
                Change(
                    "expired",
                    -milli,
                    self._name,
                    card_id,
                    key=str(today),
                    expires=today,
                )
            ]
            for card_id, milli in chosen.items()
        }
        self._crm_change_points(changes, self.env._("Points expired"))
        return len(changes)

    @api.model
    def _crm_get_lots(self, condition):
        """[(card id, last day or None, thousandths left)] of lots with something in them."""
        return self.env.execute_query(
            SQL(
                """
                SELECT lot.card_id, lot.expires_on, (left_over.points * 1000)::bigint
                  FROM crm_loyalty_entry lot
                  JOIN LATERAL (
                       SELECT SUM(entry.points) AS points FROM crm_loyalty_entry entry
                        WHERE entry.card_ref = lot.card_ref AND entry.lot_id = lot.id
                       ) left_over ON left_over.points > 0
                 WHERE lot.card_id IS NOT NULL AND %s
                 ORDER BY lot.card_id, lot.expires_on
                """,
                condition,
            )
        )

    # ------------------------------------------------------------ reminders

    @api.model
    def _crm_remind(self, today, now):
        """Tell customers whose points expire within the days their program says."""
        programs = self.env["loyalty.program"].search([("crm_remind_days", ">", 0)])
        if not programs:
            return 0
        last = today + timedelta(days=max(programs.mapped("crm_remind_days")))
        lots = self._crm_get_lots(
            SQL(
                "lot.expires_on BETWEEN %s AND %s AND lot.program_id = ANY(%s)",
                today,
                last,
                programs.ids,
            )
        )
        asked = self._crm_get_reminders(lots, today)
        template = self.env.ref("crm_marketing.mail_template_loyalty_expiry")
        return self.env["crm.loyalty.notice"]._send("expiry", asked, template, now)

    @api.model
    def _crm_get_reminders(self, lots, today):
        """[(key, partner, card, context)], one for each card and day."""
        sums = {}
        for card_id, expires, milli in lots:
            sums[card_id, expires] = sums.get((card_id, expires), 0) + milli
        cards = {card.id: card for card in self.browse({key[0] for key in sums})}
        asked = []
        for (card_id, expires), milli in sums.items():
            card = cards[card_id]
            days = timedelta(days=card.program_id.crm_remind_days)
            if not card.partner_id or expires > today + days:
                continue
            values = {
                "crm_points": card._format_points(milli / 1000),
                "crm_until": format_date(
                    self.env, expires, lang_code=card.partner_id.lang
                ),
            }
            asked.append((f"{card_id}:{expires}", card.partner_id, card, values))
        return asked
