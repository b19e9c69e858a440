"""Lots whose last day has passed go at night; their owners are told before."""

from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date, split_every

from .loyalty_card import Change

BATCH = 200


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model
    def _cron_crm_expire(self):
        """What has expired goes first; then gifts and reminders, each part by itself.

        A part that fails leaves what was done before it.
        """
        now = fields.Datetime.now()
        today = fields.Date.context_today(self)
        if not self._cron_crm_expire_points():
            return
        referrals = self.env["crm.referral"]
        parts = (
            lambda: self._crm_remind(today, now),
            lambda: self._crm_give_birthdays(today),
            lambda: self._crm_give_reviews(now),
            lambda: self._crm_give_margins(self._crm_save),
            referrals._follow_leads,
            referrals._reward,
        )
        for part in parts:
            part()
            if not self._crm_save():
                return

    @api.model
    def _cron_crm_expire_points(self):
        """In the night, and once more before the letters: expired points go, by batches.

        :return: time that is left
        """
        today = self._crm_get_day(fields.Datetime.now())
        lots = self._crm_get_lots(SQL("lot.expires_on < %s", today))
        left = True
        for card_ids in split_every(BATCH, dict.fromkeys(lot[0] for lot in lots), list):
            left = self._crm_save(self._crm_expire(today, card_ids))
            if not left:
                break
        return left

    @api.model
    def _crm_save(self, count=1):
        """Commit what was done; time that is left for the job, in seconds."""
        return self.env["ir.cron"]._commit_progress(count, remaining=0)

    @api.model
    def _crm_get_day(self, now):
        """The earliest day that it is for any of the companies: nothing expires early."""
        rows = self.env["res.company"]._read_group(
            [("active", "=", True)], ["partner_id"]
        )
        zones = {partner.tz or "UTC" for (partner,) in rows}
        utc = pytz.utc.localize(now)
        return min(utc.astimezone(pytz.timezone(zone)).date() for zone in zones)

    @api.model
    def _crm_expire(self, today, card_ids=None):
        """Take expired points off cards; run again, it finds nothing.

        :param card_ids: of these only; they are looked at again, each time
        :return: number of cards
        """
        condition = SQL("lot.expires_on < %s", today)
        if card_ids is not None:
            condition = SQL("%s AND lot.card_ref = ANY(%s)", condition, card_ids)
        chosen = {}
        for card_id, _expires, milli in self._crm_get_lots(condition):
            chosen[card_id] = chosen.get(card_id, 0) + milli
        changes = {
            # without a key: what came back to an old lot expires on the same day again
            card_id: [Change("expired", -milli, self._name, card_id, expires=today)]
            for card_id, milli in chosen.items()
        }
        for lang, cards in (
            self.browse(chosen).grouped(lambda card: card.partner_id.lang).items()
        ):
            text = self.with_context(lang=lang).env._("Points expired")
            self._crm_change_points({card.id: changes[card.id] for card in cards}, text)
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
            told = card.with_context(lang=card.partner_id.lang)
            values = {
                "crm_company": card.company_id or card.partner_id.company_id,
                "crm_points": told._format_points(milli / 1000),
                "crm_until": format_date(
                    self.env, expires, lang_code=card.partner_id.lang
                ),
            }
            asked.append((f"{card_id}:{expires}", card.partner_id, card, values))
        return asked
