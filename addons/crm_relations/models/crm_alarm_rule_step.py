from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.alarm_steps import Step

TARGETS = [
    ("responsible", "Responsible"),
    ("deputy", "Deputy of the responsible"),
    ("leader", "Team leader"),
    ("role", "Role"),
    ("user", "Named person"),
    ("path", "Field of the record"),
]


class CrmAlarmRuleStep(models.Model):
    """One rung of the ladder: after so much time, who is told, and how."""

    _name = "crm.alarm.rule.step"
    _description = "Alarm Step"
    _order = "rule_id, limit_minutes, id"

    rule_id = fields.Many2one(
        "crm.alarm.rule", required=True, ondelete="cascade", index=True
    )
    number = fields.Integer(compute="_compute_number", export_string_translation=False)
    limit_minutes = fields.Integer(
        string="After (min)",
        required=True,
        default=60,
        help="Minutes of the rule's clock from the start of the alarm, not from the "
        "step before.",
    )
    target = fields.Selection(TARGETS, required=True, default="responsible")
    role_id = fields.Many2one(
        "res.role",
        ondelete="restrict",
        help="Its people are told, those who work in the record's company. Only access "
        "managers may change roles.",
    )
    user_id = fields.Many2one(
        "res.users", string="Person", domain="[('share', '=', False)]"
    )
    path = fields.Char(
        string="Field",
        help="Field of the record that names a user, such as partner_id.user_id.",
    )
    channel = fields.Selection(
        "_selection_channel",
        required=True,
        default="activity",
        help="Activity: a to-do on the record. Notice: as the person prefers, in the "
        "inbox or by e-mail. E-mail: always a letter.",
    )
    severity = fields.Selection(
        [("1", "Information"), ("2", "Warning"), ("3", "Urgent")],
        required=True,
        default="2",
    )
    repeat_minutes = fields.Integer(string="Repeat Every (min)", help="0: told once.")
    repeat_max = fields.Integer(
        string="Repeats at Most", default=3, help="How often it is told again."
    )
    needs_ack = fields.Boolean(
        string="Needs Acknowledgement",
        default=True,
        help="Whoever is told is asked to acknowledge; otherwise it is information.",
    )
    reassign = fields.Boolean(
        string="Make Responsible",
        help="Who is told becomes the record's responsible. This is not progress.",
    )

    _limit_uniq = models.Constraint(
        "UNIQUE(rule_id, limit_minutes)", "Two steps of a rule cannot be due together."
    )
    _times_check = models.Constraint(
        "CHECK(limit_minutes >= 0 AND repeat_minutes >= 0 AND repeat_max >= 0)",
        "Times cannot be negative.",
    )
    _target_check = models.Constraint(
        "CHECK((target <> 'role' OR role_id IS NOT NULL) "
        "AND (target <> 'user' OR user_id IS NOT NULL) "
        "AND (target <> 'path' OR path IS NOT NULL))",
        "Say which role, person or field is told.",
    )

    @api.model
    def _selection_channel(self):
        channels = [
            ("activity", self.env._("Activity")),
            ("inbox", self.env._("Notice")),
            ("mail", self.env._("E-mail")),
        ]
        if "sms.sms" in self.env:
            channels.append(("sms", self.env._("SMS")))
        return channels

    @api.depends("rule_id.step_ids.limit_minutes")
    def _compute_number(self):
        for step in self:
            limits = step.rule_id.step_ids.mapped("limit_minutes")
            step.number = 1 + sum(limit < step.limit_minutes for limit in limits)

    @api.depends("target", "role_id", "user_id", "path", "limit_minutes")
    def _compute_display_name(self):
        labels = dict(self._fields["target"]._description_selection(self.env))
        for step in self:
            who = step.role_id.name or step.user_id.name or labels.get(step.target)
            step.display_name = f"{step.number}. {who}"

    @api.constrains("path", "target", "rule_id")
    def _check_path(self):
        for step in self.filtered(lambda row: row.target == "path"):
            model = self.env[step.rule_id.model]
            for name in step.path.split("."):
                field = model._fields.get(name)
                if not field or not field.comodel_name:
                    model = None
                    break
                model = self.env[field.comodel_name]
            if model is None or model._name != "res.users":
                raise ValidationError(
                    self.env._("%(path)s does not lead to a user.", path=step.path)
                )

    def _get_ladder(self):
        """Steps as the clock's arithmetic wants them."""
        return [
            Step(
                step.id,
                step.limit_minutes * 60,
                step.repeat_minutes * 60,
                step.repeat_max,
            )
            for step in self.sorted("limit_minutes")
        ]

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        steps.rule_id._bump_version()
        return steps

    def write(self, vals):
        result = super().write(vals)
        if {"limit_minutes", "repeat_minutes", "repeat_max"} & vals.keys():
            self.rule_id._bump_version()
        return result

    def unlink(self):
        rules = self.rule_id
        result = super().unlink()
        rules._bump_version()
        return result
