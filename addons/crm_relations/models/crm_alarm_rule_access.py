"""A rule looks at everybody's records, so whoever writes it must be entitled to ask."""

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .crm_alarm_rule import DOMAIN_FIELDS

ANY = ("any", "not any", "any!", "not any!")


class CrmAlarmRule(models.Model):
    _inherit = "crm.alarm.rule"

    @api.constrains("model_id", "date_field_id", "responsible_field_id", *DOMAIN_FIELDS)
    def _check_readable(self):
        """Conditions over what the author may not read would answer yes or no to him."""
        for rule in self:
            model = self.env.get(rule.model)
            if model is None or model._abstract or model._transient:
                raise ValidationError(
                    self.env._("%(model)s cannot be watched.", model=rule.model_id.name)
                )
            if self.env.uid == SUPERUSER_ID:
                continue  # rules that come with a module
            model = model.sudo(False)  # the host validates as superuser
            rule._check_model_readable(model)
            for field in rule.date_field_id | rule.responsible_field_id:
                rule._check_path_readable(model, field.name)
            for name in DOMAIN_FIELDS:
                rule._check_domain_readable(model, rule._parse_domain(name))

    def _check_domain_readable(self, model, domain):
        for condition in domain.iter_conditions():
            comodel = self._check_path_readable(model, condition.field_expr)
            if comodel is None:
                continue
            if condition.operator in ANY:
                self._check_domain_readable(comodel, Domain(condition.value))
            elif self._names_records(condition.value):
                self._check_model_readable(comodel)

    @api.model
    def _names_records(self, value):
        """Whether a condition finds related records by their names."""
        many = isinstance(value, (list, tuple, set)) or hasattr(value, "__iter__")
        return isinstance(value, str) or (
            many and any(isinstance(row, str) for row in value)
        )

    def _check_path_readable(self, model, path):
        """Every field of a path must be readable.

        :return: the model it leads to, or None when it ends in a value
        :raise ValidationError: when the author may not read one of them
        """
        for name in path.split("."):
            field = model._fields.get(name) if model is not None else None
            if field is None:  # a part of a date, a property: of a field checked before
                return None
            self._check_model_readable(model)
            if not model._has_field_access(field, "read"):
                raise ValidationError(
                    self.env._(
                        "You may not read %(field)s of %(model)s: a rule about it is "
                        "for somebody who may.",
                        field=field.string,
                        model=model._description,
                    )
                )
            model = model.env[field.comodel_name] if field.comodel_name else None
        return model

    def _check_model_readable(self, model):
        if not model.has_access("read"):
            raise ValidationError(
                self.env._(
                    "You may not read %(model)s: a rule about it is for somebody who "
                    "may.",
                    model=model._description,
                )
            )


class CrmAlarmRuleStep(models.Model):
    _inherit = "crm.alarm.rule.step"

    @api.constrains("path", "target", "rule_id")
    def _check_path_readable(self):
        for step in self.filtered(lambda row: row.target == "path"):
            if self.env.uid != SUPERUSER_ID:
                rule = step.rule_id
                model = self.env[rule.model].sudo(False)
                rule._check_path_readable(model, step.path)
