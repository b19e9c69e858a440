"""Points that no order brings: birthdays, friends. Each only once, by its key."""

from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.loyalty_ledger import to_milli
from ..tools.scenario_time import birthday_keys
from .loyalty_card import Change

# A night that was missed is made good; a week that was missed is not.
BIRTHDAY_DAYS = 3


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model
    def _crm_give(self, program, partner, reason, points, source, key, description):
        """Give points for ``source`` unless they were given already.

        :param source: the record they are given for
        :param str key: which of several gifts for one record this is
        :return: whether they were given now
        """
        if self._crm_is_closed(program, partner):
            return False
        card = self._crm_get_card(program, partner)
        given = self.env["crm.loyalty.entry"].search_count(
            [
                ("card_ref", "=", card.id),
                ("reason", "=", reason),
                ("source_model", "=", source._name),
                ("source_id", "=", source.id),
                ("line_key", "=", key),
            ],
            limit=1,
        )
        if given or not to_milli(points):
            return False
        change = Change(reason, to_milli(points), source._name, source.id, key=key)
        card._crm_change_points({card.id: [change]}, description)
        return True

    @api.model
    def _crm_grant(self, partner, reason, source, points=None, key="once"):
        """The one door for other modules: points for something a person did.

        In the company in use, on the customer's card of its points program (the first by
        sequence that gives points for this reason, else the first); a card is made when
        there is none. The same ``source`` is never rewarded twice for one reason,
        whoever of the customer's people asks.

        :param partner: who did it; archived or empty: nothing is given
        :param str reason: a reason of ``crm.loyalty.entry``: "review", "survey", "other"
        :param source: the record it is for, such as an answer (one record, stored)
        :param points: how many; None: as many as the program says for this reason
        :param str key: which of several gifts for one source this is
        :return: points that were given now; 0 when nothing was
        """
        source.ensure_one()
        program = self._crm_get_gift_program(reason)
        if points is None:
            points = program and program._crm_get_gift(reason)
        if not program or not partner.active or to_milli(points) <= 0:
            return 0
        # sudo: who did something gets his points, whoever's request it is
        cards_sudo = self.sudo()
        if cards_sudo._crm_was_given(program, reason, source, key):
            return 0
        text = program.with_context(lang=partner.lang)._crm_get_gift_text(reason)
        given = cards_sudo._crm_give(
            program, partner, reason, points, source, key, text
        )
        return points if given else 0

    @api.model
    def _crm_is_closed(self, program, partner):
        """Whether the program is for segments of which he is no member."""
        programs = self.env["loyalty.program"]
        return program.id in programs._crm_get_closed_ids(partner, self.env.company)

    @api.model
    def _crm_get_gift_program(self, reason):
        """The points program of the company in use that rewards this, or the first."""
        # sudo: whoever answers or writes a review reads no programs
        programs_sudo = (
            self.env["loyalty.program"]
            .sudo()
            .search(
                [
                    ("program_type", "=", "loyalty"),
                    ("company_id", "in", [self.env.company.id, False]),
                ]
            )
        )
        giving = programs_sudo.filtered(lambda one: one._crm_get_gift(reason))
        return (giving or programs_sudo)[:1]

    @api.model
    def _crm_was_given(self, program, reason, source, key):
        """Whether any card of the program has it already, also one that was merged."""
        return bool(
            self.env["crm.loyalty.entry"].search_count(
                [
                    ("program_id", "=", program.id),
                    ("reason", "=", reason),
                    ("source_model", "=", source._name),
                    ("source_id", "=", source.id),
                    ("line_key", "=", key),
                ],
                limit=1,
            )
        )

    @api.model
    def _crm_get_card(self, program, partner):
        """The customer's card of a program: one is made when there is none."""
        people = partner | partner.commercial_partner_id
        cards = self.search(
            [("program_id", "=", program.id), ("partner_id", "in", people.ids)]
        )
        own = cards.filtered(lambda card: card.partner_id == partner)
        return (own or cards)[:1] or self.create(
            {"program_id": program.id, "partner_id": partner.id, "points": 0}
        )

    @api.model
    def _crm_give_birthdays(self, today):
        """Whose birthday it is, if he has a card of a program that congratulates.

        :return: number of gifts
        """
        programs = self.env["loyalty.program"].search(
            [("crm_birthday_points", ">", 0), ("program_type", "=", "loyalty")]
        )
        if not programs:
            return 0
        keys = birthday_keys(today - timedelta(days=BIRTHDAY_DAYS - 1), today)
        people = self.env["res.partner"].search(
            Domain.OR([[("crm_birthday", "=like", f"%{key}")] for key in sorted(keys)])
        )
        cards = self.search(
            [("program_id", "in", programs.ids), ("partner_id", "in", people.ids)]
        )
        given = self._crm_get_birthdays(cards)
        count = 0
        for card in cards:
            person = card.partner_id
            year = keys[person.crm_birthday[-5:]].year
            gift = (person.id, card.program_id.id, str(year))
            if gift in given:
                continue
            given.add(gift)
            program = card.program_id.with_context(lang=person.lang)
            ours = self.with_company(card.company_id or self.env.company)
            count += ours._crm_give(
                program,
                person,
                "birthday",
                program.crm_birthday_points,
                person,
                str(year),
                program._crm_get_gift_text("birthday"),
            )
        return count

    @api.model
    def _crm_get_birthdays(self, cards):
        """{(person id, program id, year)} of gifts, also on cards that were merged."""
        self.flush_model(["partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT holder.partner_id, entry.program_id, entry.line_key
                  FROM loyalty_card holder
                  JOIN crm_loyalty_entry entry ON entry.card_ref = holder.id
                 WHERE holder.partner_id = ANY(%s) AND entry.reason = 'birthday'
                """,
                cards.partner_id.ids,
            )
        )
        return set(rows)
