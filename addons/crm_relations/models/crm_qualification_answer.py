from odoo import api, fields, models

from ..tools import qualification

# kind of question -> the column its answer lives in
VALUE_FIELDS = {
    "yes_no": "value_yes_no",
    "choice": "value_option_id",
    "number": "value_number",
    "amount": "value_amount",
    "date": "value_date",
}
NUMERIC_FIELDS = {"value_number", "value_amount"}


class CrmQualificationAnswer(models.Model):
    """A lead's answer to one question; the row exists from the moment it is asked."""

    _name = "crm.qualification.answer"
    _description = "Qualification Answer"
    _order = "lead_id, sequence, id"
    _rec_name = "criterion_id"
    _log_access = False

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade", index=True)
    criterion_id = fields.Many2one(
        "crm.qualification.criterion", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    kind = fields.Selection(related="criterion_id.kind")
    question = fields.Char(related="criterion_id.name", string="Question")
    help_text = fields.Char(related="criterion_id.help_text")
    must_have = fields.Boolean(related="criterion_id.must_have")
    weight = fields.Integer(related="criterion_id.weight")
    currency_id = fields.Many2one(related="lead_id.company_currency")
    options = fields.Json(
        compute="_compute_options", export_string_translation=False
    )  # [[option id, name], …] for a choice
    value_yes_no = fields.Selection([("yes", "Yes"), ("no", "No")], string="Yes or No")
    value_option_id = fields.Many2one(
        "crm.qualification.option",
        string="Choice",
        ondelete="restrict",
        domain="[('criterion_id', '=', criterion_id)]",
    )
    value_number = fields.Float(string="Number")
    value_amount = fields.Monetary(string="Amount")
    value_date = fields.Date(string="Date")
    is_answered = fields.Boolean(
        help="Tells an answer of 0 from a question not answered yet."
    )
    answered_at = fields.Datetime(readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Asked by", ondelete="set null", readonly=True
    )
    share = fields.Float(
        string="Fits",
        compute="_compute_share",
        store=True,
        help="Share of the question's weight that the answer earned, 0 to 1.",
    )
    display_value = fields.Char(string="Answer", compute="_compute_display_value")

    _lead_criterion_uniq = models.Constraint(
        "UNIQUE(lead_id, criterion_id)", "A question is asked once per lead."
    )

    @api.depends("criterion_id")
    def _compute_options(self):
        for answer in self:
            answer.options = [
                [option.id, option.name] for option in answer.criterion_id.option_ids
            ]

    # The question's own limits are left out on purpose: a decided lead keeps the score
    # it was judged by, open leads are told by crm.qualification.criterion.write().
    @api.depends("is_answered", "answered_at", *VALUE_FIELDS.values())
    def _compute_share(self):
        for answer in self:
            answer.share = answer._get_share() if answer.is_answered else 0.0

    def _get_share(self):
        """How well a given answer fits, 0.0 to 1.0."""
        self.ensure_one()
        criterion = self.criterion_id
        value = self[VALUE_FIELDS[criterion.kind]]
        if criterion.kind == "yes_no":
            return float(value == (criterion.expected or "yes"))
        if criterion.kind == "choice":
            return value.share_percent / 100
        if criterion.kind == "date":
            answered_on = fields.Date.to_date(self.answered_at) or fields.Date.today()
            return value and qualification.share_of_date(
                value, answered_on, criterion.low, criterion.high
            )
        return qualification.share_of_range(value, criterion.low, criterion.high)

    @api.depends("is_answered", *VALUE_FIELDS.values())
    def _compute_display_value(self):
        for answer in self:
            name = VALUE_FIELDS.get(answer.kind)
            value = answer[name] if name and answer.is_answered else False
            if name == "value_yes_no" and value:
                value = dict(answer._fields[name]._description_selection(self.env))[
                    value
                ]
            elif name == "value_option_id":
                value = answer.value_option_id.name
            answer.display_value = (
                ""
                if value is False
                else f"{value:g}"
                if name in NUMERIC_FIELDS
                else str(value)
            )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._stamp(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._stamp(vals))

    @api.model
    def _stamp(self, vals):
        """Who answered and when; whether a value counts as an answer."""
        given = [vals[name] for name in VALUE_FIELDS.values() if name in vals]
        if not given:
            return vals
        vals = dict(vals)
        # False and None mean "no answer", the number 0 is one
        vals.setdefault(
            "is_answered",
            any(value is not False and value is not None for value in given),
        )
        answered = vals["is_answered"]
        vals["answered_at"] = fields.Datetime.now() if answered else False
        vals["user_id"] = self.env.uid if answered else False
        return vals
