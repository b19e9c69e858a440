"""Before it starts: to oneself, and on one person."""

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

    def action_send_to_me(self):
        """Every letter and every word of the recipe, to one's own address only."""
        self.ensure_one()
        self.check_access("write")
        me = self.env.user.partner_id
        if not me.email:
            raise UserError(self.env._("Your own contact card has no e-mail address."))
        steps = self._with_own_company().step_ids.sorted()
        values = [
            step._prepare_trial(me, number)
            for number, step in enumerate(steps, 1)
            if step.kind != "check"
        ]
        if not values:
            raise UserError(self.env._("There is nothing to send in this recipe yet."))
        # sudo: a letter to oneself
        self.env["mail.mail"].sudo().create(values)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Letters on their way to %(email)s: %(count)s",
                    count=len(values),
                    email=me.email,
                ),
            },
        }

    def action_try(self):
        """What would happen to one person: nothing is sent."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try on one person"),
            "res_model": "crm.scenario.try",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_scenario_id": self.id},
        }


class CrmScenarioStep(models.Model):
    _inherit = "crm.scenario.step"

    def _get_trial_words(self, partner):
        """Words of a letter before anything has happened to the person."""
        return {
            "name": partner.name,
            "thing": self.env._("(his thing)"),
            "date": format_date(self.env, fields.Date.today()),
            "company": self.scenario_id.company_id.name,
            "coupon": "XXXX-XXXX",
        }

    def _prepare_trial(self, me, number):
        """A letter to ``me`` with the step's letter, or its words."""
        kinds = dict(self._selection_kind())
        words = self._get_trial_words(me)
        subject, body = kinds[self.kind], Markup()
        if self.kind in ("mail", "message"):
            subject, body = self._get_letter(me, words, me._get_crm_consent_url())
        if self.text and self.kind != "mail":
            body += Markup("<p>%s</p>") % Markup("<br/>").join(
                self._get_text(me, words).splitlines()
            )
        return {
            "subject": self.env._(
                "[Test] Step %(number)s: %(subject)s", number=number, subject=subject
            ),
            "body": body,
            "body_html": body,
            "email_from": self.company_id.email_formatted or me.email_formatted,
            "recipient_ids": [fields.Command.link(me.id)],
            "message_type": "email_outgoing",
            "auto_delete": True,
        }
