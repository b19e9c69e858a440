from odoo import api, fields, models

JUDGING_FIELDS = {"weight", "must_have", "expected", "low", "high", "active", "kind"}


class CrmQualificationCriterion(models.Model):
    """One question to a lead, and which answer fits."""

    _name = "crm.qualification.criterion"
    _description = "Qualification Question"
    _order = "sequence, id"

    profile_id = fields.Many2one(
        "crm.qualification.profile", required=True, ondelete="cascade", index=True
    )
    name = fields.Char(string="Question", required=True, translate=True)
    help_text = fields.Char(
        string="Hint",
        translate=True,
        help="Shown under the question: how to ask, where to look.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("yes_no", "Yes or no"),
            ("choice", "Choice"),
            ("number", "Number"),
            ("amount", "Amount"),
            ("date", "Date"),
        ],
        required=True,
        default="yes_no",
    )
    weight = fields.Integer(
        required=True,
        default=1,
        help="How much a fitting answer counts, compared with the other questions.",
    )
    must_have = fields.Boolean(
        help="A wrong answer makes the lead unfit whatever the score; without an "
        "answer the lead does not fit yet."
    )
    expected = fields.Selection(
        [("yes", "Yes"), ("no", "No")],
        string="Fitting Answer",
        default="yes",
        help="For yes-or-no questions.",
    )
    low = fields.Float(
        string="From",
        help="Number or amount: the least that fits. Date: days from the answer.",
    )
    high = fields.Float(
        string="To",
        help="Number or amount: the most that fits. Date: days from the answer. "
        "0 means no upper limit.",
    )
    option_ids = fields.One2many(
        "crm.qualification.option", "criterion_id", string="Choices", copy=True
    )

    _weight_check = models.Constraint(
        "CHECK(weight >= 0)", "A question cannot weigh less than nothing."
    )

    @api.model_create_multi
    def create(self, vals_list):
        criteria = super().create(vals_list)
        criteria.profile_id._ask_open_leads()
        return criteria

    def write(self, vals):
        result = super().write(vals)
        if JUDGING_FIELDS & vals.keys():
            self._judge_open_answers_again()
            self.profile_id._ask_open_leads()
        return result

    def _judge_open_answers_again(self):
        # sudo: the question changed for everybody's leads
        answers_sudo = self.env["crm.qualification.answer"].sudo()
        found_sudo = answers_sudo.search(
            [
                ("criterion_id", "in", self.ids),
                ("lead_id.qualification_state", "in", ("open", "nurture")),
            ]
        )
        self.env.add_to_compute(answers_sudo._fields["share"], found_sudo)
