from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError


class CrmStageCheck(models.Model):
    """What must or should be done before a lead or deal leaves a stage."""

    _name = "crm.stage.check"
    _description = "Check of a Stage"
    _order = "stage_id, sequence, id"

    name = fields.Char(string="Check", required=True, translate=True)
    stage_id = fields.Many2one(
        "crm.stage", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_mandatory = fields.Boolean(
        string="Mandatory",
        default=True,
        help="While it is open, the deal cannot go to a later stage. A head may let it "
        "pass with a reason that is kept.",
    )
    requirement = fields.Selection(
        [
            ("tick", "A tick"),
            ("field", "A field filled in"),
            ("document", "An attached document"),
            ("activity", "An activity done"),
        ],
        required=True,
        default="tick",
        help="What closes the check. A field and an activity close it by themselves. "
        "A document too when it is the only one the stage asks for; otherwise each is "
        "attached to its own check.",
    )
    field_id = fields.Many2one(
        "ir.model.fields",
        ondelete="cascade",
        domain="[('model', '=', 'crm.lead'), ('ttype', 'not in', ('one2many', 'binary'))]",
        help="This field of the deal must not be empty.",
    )
    field_name = fields.Char(
        related="field_id.name",
        store=True,
        string="Technical Field",
        help="Kept here: salespeople may not read what fields there are.",
        export_string_translation=False,
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        ondelete="restrict",
        domain="['|', ('res_model', '=', False), ('res_model', '=', 'crm.lead')]",
        help="Empty: an activity of any type.",
    )

    @api.model
    @tools.ormcache(cache="stable")
    def _get_checked_stage_ids(self):
        """Stages with a check: asked at every move, and most stages have none."""
        # sudo: what must be done does not depend on who asks
        groups = self.sudo()._read_group([], ["stage_id"])
        return frozenset(stage.id for [stage] in groups)

    @api.model
    @tools.ormcache(cache="stable")
    def _get_field_checks(self):
        """``{field of a lead: ids of the checks that ask for it}``."""
        by_field = {}
        # sudo: see _get_checked_stage_ids
        for check in self.sudo().search([("requirement", "=", "field")]):
            by_field.setdefault(check.field_name, []).append(check.id)
        return {name: tuple(ids) for name, ids in by_field.items()}

    @api.model
    @tools.ormcache(cache="stable")
    def _get_lone_document_ids(self):
        """Checks that are the only one of their stage to ask for a document."""
        # sudo: see _get_checked_stage_ids
        groups = self.sudo()._read_group(
            [("requirement", "=", "document")], ["stage_id"], ["id:recordset"]
        )
        return frozenset(checks.id for __, checks in groups if len(checks) == 1)

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache("stable")
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache("stable")
        if {"requirement", "field_id"} & vals.keys():
            # sudo: what closed it was something else than what is asked for now
            self.env["crm.stage.check.done"].sudo().search(
                [("check_id", "in", self.ids)]
            ).unlink()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache("stable")
        return super().unlink()

    @api.constrains("requirement", "field_id")
    def _check_field(self):
        for check in self:
            if check.requirement == "field" and not check.field_id:
                raise ValidationError(
                    self.env._(
                        "Which field must be filled in for “%(check)s”?",
                        check=check.name,
                    )
                )

    def _get_demand(self):
        """What to do, in a few words, while this check is open."""
        self.ensure_one()
        name = self.name
        if self.requirement == "field":
            # sudo: only administrators may read what fields there are
            label = self.sudo().field_id.field_description
            return self.env._("%(check)s: fill in “%(field)s”", check=name, field=label)
        if self.requirement == "document":
            return self.env._("%(check)s: attach the document", check=name)
        if self.requirement == "activity":
            kind = self.activity_type_id.name or self.env._("an activity")
            return self.env._(
                "%(check)s: mark %(activity)s as done", check=name, activity=kind
            )
        return name
