from dateutil.relativedelta import relativedelta

from odoo import fields, models


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    crm_expiry_months = fields.Integer(
        string="Points Expire after",
        help="Months. Points that come together expire together, the oldest are spent "
        "first. 0: they never expire. Points on cards already keep their day.",
    )
    crm_remind_days = fields.Integer(
        string="Remind before",
        default=14,
        help="Days before points expire on which the customer gets a letter; 0: none. "
        "Only those who may be written to for service get it.",
    )
    crm_may_owe = fields.Boolean(
        string="Balance may go below Zero",
        default=True,
        help="When goods are sent back after their points were spent: on, the customer "
        "owes the points and the next ones pay for them; off, only what is left on the "
        "card is taken back.",
    )

    crm_is_at_till = fields.Boolean(
        compute="_compute_crm_is_at_till", export_string_translation=False
    )
    crm_point_value = fields.Float(
        string="Worth of a Point",
        digits=(16, 4),
        help="In the program's currency, which must be the company's. Outstanding points "
        "are a debt of this worth, and points that come are a cost of loyalty in the "
        "customer's profit until they are spent or expire. 0: not counted.",
    )
    crm_birthday_points = fields.Float(
        string="For a Birthday", help="Points for whoever has a card; 0: none."
    )
    crm_referral_points = fields.Float(
        string="For Bringing a Friend",
        help="Points for the customer who brought another, when that one has paid.",
    )
    crm_referred_points = fields.Float(
        string="For Coming by a Friend", help="Points for the friend, at the same time."
    )

    crm_friend_form_id = fields.Many2one(
        "crm.web.form",
        string="Form for Friends",
        ondelete="set null",
        help="What a friend sees who opens a customer's link: whoever fills it in is his. "
        "Empty: the page shows the code to be told.",
    )
    crm_review_points = fields.Float(
        string="For a Review",
        help="Points for a rating of an order, or of a product that the customer bought; "
        "once for each of them. 0: none.",
    )
    crm_survey_points = fields.Float(
        string="For a Questionnaire",
        help="Points for each questionnaire that a customer completes, unless the "
        "questionnaire says otherwise; 0: none.",
    )

    _crm_gifts_check = models.Constraint(
        "CHECK(crm_point_value >= 0 AND crm_birthday_points >= 0 AND crm_referral_points >= 0 "
        "AND crm_referred_points >= 0 AND crm_review_points >= 0 "
        "AND crm_survey_points >= 0)",
        "Gifts are points above zero.",
    )
    _crm_expiry_months_check = models.Constraint(
        "CHECK(crm_expiry_months >= 0 AND crm_remind_days >= 0)",
        "Points cannot expire before they came.",
    )

    def _compute_crm_is_at_till(self):
        """Whether the host's point of sale, where it is, moves points of the program."""
        is_there = "pos_ok" in self._fields
        for program in self:
            program.crm_is_at_till = is_there and program.pos_ok

    def _compute_order_count(self):
        """A number only: marketers own programs and read no orders."""
        return super(LoyaltyProgram, self.sudo())._compute_order_count()

    def _crm_get_gift(self, reason):
        """Points that the program gives for something that is no order; 0: nothing."""
        self.ensure_one()
        return {
            "birthday": self.crm_birthday_points,
            "referral": self.crm_referral_points,
            "referred": self.crm_referred_points,
            "review": self.crm_review_points,
            "survey": self.crm_survey_points,
        }.get(reason, 0)

    def _crm_get_gift_text(self, reason):
        """What the customer reads in the history of his card."""
        texts = {
            "birthday": self.env._("Happy birthday!"),
            "referral": self.env._("Thank you for your friend!"),
            "referred": self.env._("Welcome, friend!"),
            "review": self.env._("Thank you for your review!"),
            "survey": self.env._("Thank you for your answers!"),
        }
        return texts.get(reason) or self.env._("Thank you!")

    def _crm_get_expiry(self, day):
        """Last day of use of points that come on ``day``; False: they never expire."""
        self.ensure_one()
        if not self.crm_expiry_months:
            return False
        return day + relativedelta(months=self.crm_expiry_months)
