from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class CrmArrivalRule(models.Model):
    """What a new contact becomes, per channel and team; the first that fits decides."""

    _name = "crm.arrival.rule"
    _description = "Arrival Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(
        default=10, help="Rules are tried in this order; the first that fits decides."
    )
    company_id = fields.Many2one(
        "res.company", help="Leave empty to use the rule in every company."
    )
    channel_id = fields.Many2one("crm.channel", help="Leave empty for every channel.")
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", help="Leave empty for every team."
    )
    person = fields.Selection(
        [
            ("any", "Anybody"),
            ("known", "Somebody we know"),
            ("unknown", "Somebody new"),
        ],
        required=True,
        default="any",
        help="Known: the e-mail address or phone number belongs to a customer.",
    )
    product = fields.Selection(
        [("any", "With or without"), ("yes", "With a product"), ("no", "Without")],
        required=True,
        default="any",
        help="Whether a product was asked for (web forms).",
    )
    attach_to_open = fields.Boolean(
        string="Attach to What is Open",
        default=True,
        help="When the same person has an open lead, deal or order here, the contact "
        "goes there and nothing new is made.",
    )
    attach_days = fields.Integer(
        string="Open for (Days)",
        default=30,
        help="Older leads and orders are left alone.",
    )
    action = fields.Selection(
        [
            ("none", "Nothing new: keep it on the customer's card"),
            ("team", "Lead or opportunity, as the team works"),
            ("lead", "A lead"),
            ("opportunity", "An opportunity"),
        ],
        required=True,
        default="team",
        help="What is made when nothing open was found.",
    )
    use_owner = fields.Boolean(
        string="Customer's Salesperson First",
        default=True,
        help="The salesperson on the customer's card becomes responsible. Otherwise, "
        "and for new people, the next member of the team by capacity and filter, and "
        "last the team leader.",
    )
    plan_activity = fields.Boolean(string="Plan a Follow-up", default=True)
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Follow-up",
        domain="[('res_model', 'in', [False, 'crm.lead'])]",
        help="Leave empty for a call when there is a phone number, else an e-mail.",
    )
    activity_days = fields.Integer(string="Due in (Days)", default=0)

    _attach_days_check = models.Constraint(
        "CHECK(attach_days >= 0 AND activity_days >= 0)", "Days cannot be negative."
    )

    @api.constrains("action", "person")
    def _check_nothing_is_lost(self):
        for rule in self:
            if rule.action == "none" and rule.person != "known":
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s: only contacts of people we know can be kept "
                        "without a lead; those of others would be lost.",
                        rule=rule.name,
                    )
                )

    @api.model
    def _match(self, *, channel, team, company, known, with_product=False):
        """The first rule that fits, or an unsaved one with the defaults."""
        domain = Domain.AND(
            [
                Domain("channel_id", "in", [False, *channel.ids]),
                Domain("team_id", "in", [False, *team.ids]),
                Domain("company_id", "in", [False, *company.ids]),
                Domain("person", "in", ["any", "known" if known else "unknown"]),
                Domain("product", "in", ["any", "yes" if with_product else "no"]),
            ]
        )
        return self.search(domain, limit=1) or self.new({"name": "-"})

    def _get_lead_type(self, team):
        """Type of a new lead; nobody sees leads where the host's Leads are off."""
        self.ensure_one()
        # the superuser is an employee: he has what the Leads setting gives to all
        leads_are_used = self.env.ref("base.user_root").has_group("crm.group_use_lead")
        if not leads_are_used or self.action == "opportunity":
            return "opportunity"
        if self.action == "team" and not team.use_leads:
            return "opportunity"
        return "lead"
