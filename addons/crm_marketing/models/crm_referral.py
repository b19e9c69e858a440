from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .loyalty_card import Change

BATCH = 500  # leads of a night
OURS = ("state", "refusal", "user_id", "lead_id")
DATES_IT = "sales_team.group_sale_manager"  # who may say that it was earlier


class CrmReferral(models.Model):
    """Bring a friend: who brought whom. Both get points when the friend's first invoice
    is paid, and lose them when nothing that he paid is left."""

    _name = "crm.referral"
    _description = "Referral"
    _order = "id DESC"
    _rec_name = "friend_id"

    referrer_id = fields.Many2one(
        "res.partner",
        string="Brought by",
        required=True,
        ondelete="cascade",
        index=True,
    )
    friend_id = fields.Many2one(
        "res.partner", string="Friend", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Recorded by",
        readonly=True,
        default=lambda self: self.env.user,
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    state = fields.Selection(
        [
            ("waiting", "Waits for the first paid invoice"),
            ("rewarded", "Rewarded"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    refusal = fields.Selection(
        [
            ("self", "The same customer"),
            ("contact", "They share a phone or an address"),
            ("ring", "They brought each other"),
            ("known", "A customer already"),
            ("twice", "Somebody else brought him"),
            ("ours", "One of them works for us"),
        ],
        string="Why not",
        readonly=True,
    )

    code = fields.Char(
        compute="_compute_code",
        inverse="_inverse_code",
        string="Code of a Friend",
        help="What the friend tells: it fills in who brought him.",
    )
    lead_id = fields.Many2one(
        "crm.lead",
        string="Lead",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Came by the customer's own link.",
    )

    # the friend's other referrals; a second one is refused, not forbidden: merges
    _waiting_idx = models.Index("(company_id) WHERE state = 'waiting'")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # what the night decides is nobody's to say, nor on whose word it stands
            vals_list = [
                {name: value for name, value in vals.items() if name not in OURS}
                for vals in vals_list
            ]
        if not self.env.su and not self.env.user.has_group(DATES_IT):
            # a day before the first invoice would make a friend of any customer
            today = fields.Date.context_today(self)
            vals_list = [{**vals, "date": today} for vals in vals_list]
        referrals = super().create(vals_list)
        for referral in referrals:
            if reason := referral._get_refusal():
                if self.env.context.get("crm_referral_quietly"):
                    referral.write({"state": "refused", "refusal": reason})
                    continue
                # a person asks: told at once, before anybody promises anything
                text = dict(self._fields["refusal"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(friend)s cannot be rewarded as brought by %(referrer)s: "
                        "%(reason)s.",
                        friend=referral.friend_id.display_name,
                        referrer=referral.referrer_id.display_name,
                        reason=text[reason],
                    )
                )
        return referrals

    def _compute_code(self):
        self.code = False

    def _inverse_code(self):
        """Nothing is kept: the code has filled in the customer."""

    @api.onchange("code")
    def _onchange_code(self):
        if not self.code:
            return None
        self.referrer_id = self.env["crm.referral.code"]._find_partner(self.code)
        if self.referrer_id:
            return None
        text = self.env._("Nobody has the code %(code)s.", code=self.code)
        return {"warning": {"title": self.env._("Unknown code"), "message": text}}

    @api.model
    def _follow_leads(self):
        """Leads that came by a code and have their customer by now: a referral each.

        Nobody is there to be told why it is none: a refusal is written down.

        :return: number of referrals
        """
        leads = self.env["crm.lead"].search(
            [
                ("crm_referrer_id", "!=", False),
                ("partner_id", "!=", False),
                ("crm_referral_ids", "=", False),
            ],
            limit=BATCH,
            order="id",
        )
        values = [lead._prepare_referral() for lead in leads]
        return len(self.with_context(crm_referral_quietly=True).create(values))

    # ------------------------------------------------------------ what is not a friend

    def _get_refusal(self):
        """Code of the reason why this is no referral, or None."""
        self.ensure_one()
        # sudo: a phone that two share counts, whether or not one may read both cards
        self_sudo = self.sudo()
        if (
            self_sudo.referrer_id.commercial_partner_id
            == self_sudo.friend_id.commercial_partner_id
        ):
            return "self"
        checks = (
            ("ours", self_sudo._is_ours),
            ("contact", self_sudo._share_contacts),
            ("ring", self_sudo._is_ring),
            ("twice", self_sudo._is_second),
            ("known", self_sudo._is_known),
        )
        return next((code for code, check in checks if check()), None)

    def _is_ours(self):
        """Whether either of them is a person who works with this system."""
        people = self.referrer_id | self.friend_id
        return bool(
            self.env["res.users"].search_count(
                [
                    ("share", "=", False),
                    ("partner_id", "child_of", people.commercial_partner_id.ids),
                ],
                limit=1,
            )
        )

    def _share_contacts(self):
        """A phone or address in use that both customers, or people of theirs, have."""
        self.env["crm.contact.point"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    SELECT 1
                      FROM crm_contact_point mine
                      JOIN res_partner me ON me.id = mine.partner_id
                      JOIN crm_contact_point theirs
                        ON theirs.kind = mine.kind
                       AND theirs.normalized = mine.normalized
                      JOIN res_partner they ON they.id = theirs.partner_id
                     WHERE me.commercial_partner_id = %s
                       AND they.commercial_partner_id = %s
                       AND mine.state = 'ok' AND theirs.state = 'ok' LIMIT 1
                    """,
                    self.referrer_id.commercial_partner_id.id,
                    self.friend_id.commercial_partner_id.id,
                )
            )
        )

    def _is_ring(self):
        """Whether the friend, over however many steps, brought the one who brings him."""
        self.flush_model()
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    WITH RECURSIVE chain(customer_id) AS (
                        SELECT %(referrer)s::int
                         UNION
                        SELECT giver.commercial_partner_id
                          FROM chain
                          JOIN res_partner friend
                            ON friend.commercial_partner_id = chain.customer_id
                          JOIN crm_referral referral ON referral.friend_id = friend.id
                           AND referral.state <> 'refused' AND referral.id <> %(id)s
                          JOIN res_partner giver ON giver.id = referral.referrer_id
                    )
                    SELECT 1 FROM chain WHERE customer_id = %(friend)s
                    """,
                    referrer=self.referrer_id.commercial_partner_id.id,
                    friend=self.friend_id.commercial_partner_id.id,
                    id=self.id,
                )
            )
        )

    def _is_second(self):
        return bool(
            self.search_count(
                [
                    ("friend_id", "child_of", self.friend_id.commercial_partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("state", "!=", "refused"),
                    ("id", "<", self.id),
                ],
                limit=1,
            )
        )

    def _get_first_invoice(self):
        """The invoice with which the friend became the company's customer."""
        return self.env["crm.customer.acquisition"].search(
            [
                ("customer_id", "=", self.friend_id.commercial_partner_id.id),
                ("company_id", "=", self.company_id.id),
            ]
        )

    def _is_known(self):
        won = self._get_first_invoice()
        return bool(won) and won.date < self.date

    # ------------------------------------------------------------ rewards

    @api.model
    def _reward(self):
        """Referrals whose friend has paid: checked once more, then both get points.

        Where nothing is left of what he paid, the points go, and the referral waits.

        :return: number rewarded
        """
        count = 0
        for referral, has_paid in self._find_due():
            if not has_paid:
                referral._take_points()
            elif reason := referral._get_refusal():
                referral.write({"state": "refused", "refusal": reason})
            else:
                count += referral._give_points()
        return count

    @api.model
    def _find_due(self):
        """[(referral, whether the friend has paid)] of those that the night must look at.

        Paid: a whole invoice, of which notes that reverse it leave something.
        """
        self.flush_model()
        self.env["account.move"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT referral.id, paid.is_paid
                  FROM crm_referral referral
                  JOIN res_partner friend ON friend.id = referral.friend_id
                 CROSS JOIN LATERAL (SELECT EXISTS (
                       SELECT 1 FROM account_move invoice
                        WHERE invoice.commercial_partner_id = friend.commercial_partner_id
                          AND invoice.company_id = referral.company_id
                          AND invoice.move_type IN ('out_invoice', 'out_receipt')
                          AND invoice.state = 'posted'
                          AND invoice.payment_state IN ('paid', 'in_payment')
                          AND invoice.amount_total > COALESCE((
                              SELECT SUM(note.amount_total) FROM account_move note
                               WHERE note.reversed_entry_id = invoice.id
                                 AND note.state = 'posted'), 0)
                       ) AS is_paid) paid
                 WHERE referral.state = 'waiting' AND paid.is_paid AND EXISTS (
                       SELECT 1 FROM crm_customer_acquisition won
                        WHERE won.customer_id = friend.commercial_partner_id
                          AND won.company_id = referral.company_id)
                    OR referral.state = 'rewarded' AND NOT paid.is_paid
                 ORDER BY referral.id
                """
            )
        )
        return [(self.browse(row_id), is_paid) for row_id, is_paid in rows]

    @api.model
    def _get_program(self, company):
        """The program by which friends bring points; empty when none does."""
        return self.env["loyalty.program"].search(
            [
                ("program_type", "=", "loyalty"),
                ("company_id", "in", [company.id, False]),
                "|",
                ("crm_referral_points", ">", 0),
                ("crm_referred_points", ">", 0),
            ],
            limit=1,
        )

    def _give_points(self):
        self.ensure_one()
        program = self._get_program(self.company_id)
        if not program:
            return 0
        cards = self.env["loyalty.card"].with_company(self.company_id)
        returned = self._count_returned()
        key = f"again:{returned}" if returned else "once"
        for reason, partner in self._get_sides():
            text = program.with_context(lang=partner.lang)._crm_get_gift_text(reason)
            points = program._crm_get_gift(reason)
            cards._crm_give(program, partner, reason, points, self, key, text)
        self.state = "rewarded"
        return 1

    def _get_sides(self):
        return (("referral", self.referrer_id), ("referred", self.friend_id))

    def _count_returned(self):
        return self.env["crm.loyalty.entry"].search_count(
            [
                ("source_model", "=", self._name),
                ("source_id", "=", self.id),
                ("reason", "=", "refund"),
            ]
        )

    def _take_points(self):
        """What both got goes from the cards that they have now; paid anew, it comes again."""
        self.ensure_one()
        cards = self.env["loyalty.card"].with_company(self.company_id)
        number = self._count_returned() + 1
        sides = dict(self._get_sides())
        of = (self._name, self.id)
        for program_id, reason, milli in self._read_given():
            partner = sides[reason]
            program = self.env["loyalty.program"].browse(program_id)
            card = cards._crm_get_card(program, partner)
            key = f"{reason}:{number}"
            change = Change("refund", -milli, *of, key=key, of=of)
            if not program.crm_may_owe:
                change = card._crm_cap(change)
            if change:
                text = self.with_context(lang=partner.lang).env._(
                    "The first purchase was taken back."
                )
                card._crm_change_points({card.id: [change]}, text)
        self.state = "waiting"

    def _read_given(self):
        """[(program id, reason, thousandths given and not taken back)]"""
        return self.env.execute_query(
            SQL(
                """
                SELECT program_id, gift, (SUM(points) * 1000)::bigint
                  FROM (SELECT program_id, points, CASE reason WHEN 'refund'
                               THEN split_part(line_key, ':', 1) ELSE reason END AS gift
                          FROM crm_loyalty_entry
                         WHERE source_model = %s AND source_id = %s) one
                 WHERE gift IN ('referral', 'referred') AND program_id IS NOT NULL
                 GROUP BY program_id, gift HAVING SUM(points) > 0
                 ORDER BY gift
                """,
                self._name,
                self.id,
            )
        )
