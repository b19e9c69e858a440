from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

BATCH = 500  # leads of a night


class CrmReferral(models.Model):
    """Bring a friend: who brought whom. Both get points with the friend's first invoice."""

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
            ("waiting", "Waits for the first invoice"),
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
            ("contact", self_sudo._share_contacts),
            ("ring", self_sudo._is_ring),
            ("twice", self_sudo._is_second),
            ("known", self_sudo._is_known),
        )
        return next((code for code, check in checks if check()), None)

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
        """Referrals whose friend has bought: checked once more, then both get points.

        :return: number rewarded
        """
        count = 0
        for referral in self.search([("state", "=", "waiting")], order="id"):
            won = referral._get_first_invoice()
            if not won:
                continue
            reason = referral._get_refusal()
            if reason:
                referral.write({"state": "refused", "refusal": reason})
                continue
            count += referral._give_points()
        return count

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
        for reason, partner in (
            ("referral", self.referrer_id),
            ("referred", self.friend_id),
        ):
            text = program.with_context(lang=partner.lang)._crm_get_gift_text(reason)
            points = program._crm_get_gift(reason)
            cards._crm_give(program, partner, reason, points, self, "once", text)
        self.state = "rewarded"
        return 1
