"""What a customer reads about himself in the portal: points, level, friends."""

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date


class ResPartner(models.Model):
    _inherit = "res.partner"

    # sudo throughout: a customer has no right to any of these tables; every question is
    # about the partner himself, whom the controller takes from his login

    def _crm_get_own_cards_sudo(self):
        """His cards of points programs, then those of the firm he is a contact of.

        Never those of his colleagues, and of a firm's people nothing to the firm.
        """
        self.ensure_one()
        people = self | self.sudo().commercial_partner_id
        cards_sudo = (
            self.env["loyalty.card"]
            .sudo()
            .search(
                Domain("partner_id", "in", people.ids)
                & Domain("program_id.active", "=", True)
                & Domain("program_id.program_type", "=", "loyalty")
            )
        )
        return cards_sudo.sorted(lambda card: card.partner_id != self)

    def _crm_is_promised_nothing(self):
        """Whether a program of the company holds him out: what he reads promises nothing."""
        self.ensure_one()
        # sudo: a customer reads no programs
        programs_sudo = self.env["loyalty.program"].sudo()
        return bool(programs_sudo._crm_get_held_ids(self.sudo(), self.env.company))

    def _crm_has_loyalty(self):
        """Whether there is anything to show at all."""
        self.ensure_one()
        if self._crm_is_promised_nothing():
            return bool(self._crm_get_own_cards_sudo())
        return bool(
            self._crm_get_own_cards_sudo()
            or self._crm_get_level_rows()
            or self._crm_get_friend_program_sudo()
        )

    def _crm_get_friend_program_sudo(self):
        """By which program of the company friends bring points, if by any."""
        return self.env["crm.referral"].sudo()._get_program(self.env.company)

    def _crm_get_loyalty_page(self):
        """Everything of the page *Points and Level*, in the language of the context."""
        self.ensure_one()
        row = self._crm_get_level_rows().get(self.commercial_partner_id.id)
        if self._crm_is_promised_nothing():
            cards = self._crm_get_card_parts()
            values = {"level": None, "levels": [], "friends": None}
            return {**values, "cards": cards, "is_promised": False}
        return {
            "is_promised": True,
            "cards": self._crm_get_card_parts(),
            "level": row and self._crm_get_level_parts(row),
            "levels": self._crm_get_ladder(row),
            "friends": self._crm_get_friend_parts(),
        }

    def _crm_get_card_parts(self):
        """[{card, lots, debt, rewards}] with points as text."""
        cards = self._crm_get_own_cards_sudo()
        if not cards:
            return []
        lots = {}
        for card_id, day, milli in cards._crm_get_lots(
            SQL("lot.card_id = ANY(%s)", cards.ids)
        ):
            of_card = lots.setdefault(card_id, {})
            of_card[day] = of_card.get(day, 0) + milli
        return [
            {
                "card": card,
                "points": card._format_points(card.points),
                "lots": [
                    (card._format_points(milli / 1000), self._crm_get_until(day))
                    for day, milli in sorted(
                        lots.get(card.id, {}).items(),
                        key=lambda lot: (lot[0] is None, lot[0]),
                    )
                ],
                "is_debt": card.points < 0,
                # the host shows movements to nobody but the holder
                "is_own": card.partner_id == self,
                "rewards": card._crm_get_reward_parts(),
            }
            for card in cards
        ]

    def _crm_get_until(self, day):
        if not day:
            return self.env._("they do not expire")
        return self.env._("until %(day)s", day=format_date(self.env, day))

    def _crm_get_level_parts(self, row):
        return {
            "name": row.level_id.name,
            "since": row.since,
            "ends": row.falls_on
            and self.env._(
                "It ends on %(day)s unless you buy enough until then.",
                day=format_date(self.env, row.falls_on),
            ),
            "way": row._get_way(),
            "percent": row._get_percent(),
            "next": row.next_level_id.name,
        }

    def _crm_get_ladder(self, row):
        """[(name, condition, benefits, whether it is his)] of the company's levels."""
        levels_sudo = (
            self.env["crm.loyalty.level"]
            .sudo()
            .search([("company_id", "=", self.env.company.id)], order="sequence")
        )
        return [
            (
                level.name,
                level._get_condition(),
                level._get_benefits(),
                bool(row) and level == row.level_id,
            )
            for level in levels_sudo
        ]

    def _crm_get_friend_parts(self):
        """His code, link and what friends brought; None where friends bring nothing."""
        program = self._crm_get_friend_program_sudo()
        if not program:
            return None
        code = self.env["crm.referral.code"]._get_code(self)
        referrals = (
            self.env["crm.referral"].sudo().search([("referrer_id", "=", self.id)])
        )
        points = dict(
            self.env["crm.loyalty.entry"]
            .sudo()
            ._read_group(
                [
                    ("source_model", "=", "crm.referral"),
                    ("source_id", "in", referrals.ids),
                    ("card_id.partner_id", "=", self.id),
                ],
                ["source_id"],
                ["points:sum"],
            )
        )
        return {
            "code": code,
            "link": f"{self.get_base_url()}/crm/friend/{code}",
            "promise": self.env._(
                "Give a friend your link or code. With his first purchase you get "
                "%(mine)s points, and he gets %(theirs)s.",
                mine=f"{program.crm_referral_points:g}",
                theirs=f"{program.crm_referred_points:g}",
            ),
            "rows": [
                {
                    # a first name is enough for whoever brought him
                    "name": (one.friend_id.name or "").split(" ")[0],
                    "date": one.date,
                    "state": one.state,
                    "points": f"{points.get(one.id, 0):g}",
                }
                for one in referrals
            ],
            "total": self.env._(
                "Your friends brought you %(points)s points.",
                points=f"{sum(points.values()):g}",
            ),
        }


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _crm_get_reward_parts(self):
        """[(reward, points, whether he has enough)], the cheapest first."""
        self.ensure_one()
        rewards = self.program_id.reward_ids.sorted("required_points")
        return [
            (
                reward.description,
                self._format_points(reward.required_points),
                reward.required_points <= self.points,
            )
            for reward in rewards
        ]
