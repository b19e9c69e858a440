"""What a step does: a letter, an SMS, a task, a deal. Modules add ``_act_<kind>``.

A service gets the events of one step and writes what the host sends later from its own
queues, in the same savepoint as ``sent``: killed at any moment, both are there or none.
"""

from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.tools import format_date

from ..tools.scenario_text import fill


class CrmScenarioStep(models.Model):
    _inherit = "crm.scenario.step"

    def _get_letter(self, partner, words, url):
        """(subject, body with the way out of it) for one person, in his language.

        :param url: of his own page about being contacted
        """
        step = self.with_context(lang=partner.lang or self.env.lang)
        if self.template_id:
            # sudo: who may choose a template lets it be sent
            template_sudo = self.template_id.sudo()
            found = template_sudo._generate_template(
                partner.ids, ("subject", "body_html")
            )
            values = found[partner.id]
            subject, body = values["subject"], values["body_html"]
        else:
            subject = fill(step.subject, words)
            body = Markup(fill(step.body, words, escape=lambda text: str(escape(text))))
        return subject, Markup("%s%s") % (body or "", step._get_way_out(url))

    def _get_way_out(self, url):
        return Markup(
            '<p style="font-size:12px;color:#666"><a href="%s">%s</a></p>'
        ) % (
            url,
            self.env._("Choose what we may write to you about, or stop it"),
        )

    def _get_text(self, partner, words):
        step = self.with_context(lang=partner.lang or self.env.lang)
        return fill(step.text, words)


class CrmScenarioRun(models.Model):
    _inherit = "crm.scenario.run"

    def _get_words(self):
        """What stands for {name}, {thing}, {date} and {company}."""
        self.ensure_one()
        partner, thing = self.partner_id, ""
        if self.res_model in self.env and self.res_id:
            thing = self.env[self.res_model].browse(self.res_id).exists().display_name
        day = self.occurred_on or (self.occurred_at or self.started_at).date()
        if self.res_model == "crm.customer.asset" and thing:
            asset = self.env[self.res_model].browse(self.res_id)
            day = asset.next_service_date or day
        return {
            "name": partner.name or "",
            "thing": thing or "",
            "date": format_date(self.env, day, lang_code=partner.lang),
            "company": self.company_id.name,
            "coupon": self._get_coupon(),
        }

    def _get_coupon(self):
        """The code that an earlier step of this run made."""
        event = self.event_ids.filtered(
            lambda event: event.kind == "coupon" and event.state == "sent"
        ).sorted("id")[-1:]
        return self.env["loyalty.card"].browse(event.res_id).exists().code or ""


class CrmScenarioEvent(models.Model):
    _inherit = "crm.scenario.event"

    def _act_email(self, now):
        """Letters into the host's queue, with its tracking of opening and clicking."""
        step = self.step_id
        company = step.scenario_id.company_id
        links = self.env["crm.consent.link"]._get_links(self.partner_id, company)
        page = f"{company.get_base_url()}/crm/consent"
        values = []
        for event in self:
            partner = event.partner_id
            url = f"{page}/{links[partner.id]._get_token()}"
            subject, body = step._get_letter(partner, event.run_id._get_words(), url)
            values.append(
                {
                    "subject": subject,
                    "body": body,
                    "body_html": body,
                    "email_from": company.email_formatted
                    or self.env.user.email_formatted,
                    "recipient_ids": [fields.Command.link(partner.id)],
                    "model": "res.partner",
                    "res_id": partner.id,
                    "message_type": "email_outgoing",
                    "auto_delete": True,
                    "mailing_id": step.mailing_id.id,
                }
            )
        # sudo: the queue and its figures are the host's
        mails_sudo = self.env["mail.mail"].sudo().create(values)
        traces_sudo = self.env["mailing.trace"].sudo().create(
            [
                {
                    "mail_mail_id": mail.id,
                    "message_id": mail.message_id,
                    "email": event.partner_id.email_normalized,
                    "model": "res.partner",
                    "res_id": event.partner_id.id,
                    "mass_mailing_id": step.mailing_id.id,
                }
                for event, mail in zip(self, mails_sudo, strict=True)
            ]
        )  # fmt: skip
        rows = []
        for event, mail, trace in zip(self, mails_sudo, traces_sudo, strict=True):
            event.trace_id = trace
            rows.append(
                event._prepare_contact(
                    "mailing", f"mailing:{trace.id}", mail.subject, now
                )
                | {"touch_kind": "mailing", "raw_address": trace.email}
            )
        self.env["crm.interaction"]._feed(rows)

    def _act_sms(self, now):
        values = [
            {
                "number": event.partner_id.phone_sanitized,
                "body": event.step_id._get_text(
                    event.partner_id, event.run_id._get_words()
                ),
                "partner_id": event.partner_id.id,
            }
            for event in self
        ]
        # sudo: the queue is the host's
        messages_sudo = self.env["sms.sms"].sudo().create(values)
        self.env["crm.interaction"]._feed(
            [
                event._prepare_contact("sms", f"sms:{message.uuid}", message.body, now)
                for event, message in zip(self, messages_sudo, strict=True)
            ]
        )

    def _prepare_contact(self, channel, key, subject, now):
        """The ledger's row: frequency limits count it."""
        return {
            "channel": channel,
            "external_key": key,
            "company_id": self.company_id.id,
            "direction": "out",
            "started_at": now,
            "partner_id": self.partner_id.id,
            "purpose_id": self.scenario_id.purpose_id.id,
            "subject": subject,
            "outcome": "sent",
            "is_automatic": True,
        }

    # ------------------------------------------------------------ people do it

    def _act_call(self, now):
        self._plan_activities("mail.mail_activity_data_call", now)

    def _act_letter(self, now):
        self._plan_activities("mail.mail_activity_data_todo", now)

    def _act_task(self, now):
        self._plan_activities("mail.mail_activity_data_todo", now)

    def _plan_activities(self, kind, now):
        """On the person's card, for his salesperson."""
        kinds = dict(self.env["crm.scenario.step"]._selection_kind())
        model_id = self.env["ir.model"]._get_id("res.partner")
        values = []
        for event in self:
            step, partner = event.step_id, event.partner_id
            user = event._get_colleague()
            text = step._get_text(user.partner_id, event.run_id._get_words())
            values.append(
                {
                    "res_model_id": model_id,
                    "res_id": partner.id,
                    "activity_type_id": self.env.ref(kind).id,
                    "summary": f"{kinds.get(step.kind)}: {step.scenario_id.name}",
                    "note": Markup("<br/>").join(text.splitlines()),
                    "date_deadline": (now + timedelta(days=step.deadline_days)).date(),
                    "user_id": user.id,
                    "automated": True,
                }
            )
        activities = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(values)
        )
        for event, activity in zip(self, activities, strict=True):
            event.write({"res_model": activity._name, "res_id": activity.id})

    def _get_colleague(self):
        """Who does it: named in the step, else the salesperson, else the responsible."""
        partner = self.partner_id
        users = (
            self.step_id.user_id,
            partner.user_id,
            partner.commercial_partner_id.user_id,
            self.scenario_id.user_id,
        )
        found = [user for user in users if user.active]
        return found[0] if found else self.env.ref("base.user_admin")

    def _act_coupon(self, _now):
        """A coupon of the host's; a later letter tells its code."""
        program = self.step_id.program_id
        # sudo: cards are the host's; who started the scenario chose the program
        cards_sudo = (
            self.env["loyalty.card"]
            .sudo()
            .create(
                [
                    {
                        "program_id": program.id,
                        "partner_id": event.partner_id.id,
                        "points": 1,
                    }
                    for event in self
                ]
            )
        )
        for event, card in zip(self, cards_sudo, strict=True):
            event.write({"res_model": card._name, "res_id": card.id})

    def _act_deal(self, _now):
        """An open deal with the reason in it."""
        values = []
        for event in self:
            user = event._get_colleague()
            text = event.step_id._get_text(user.partner_id, event.run_id._get_words())
            values.append(
                {
                    "name": f"{event.scenario_id.name}: {event.partner_id.name}",
                    "type": "opportunity",
                    "partner_id": event.partner_id.id,
                    "user_id": user.id,
                    "company_id": event.company_id.id,
                    "description": Markup("<br/>").join(text.splitlines()),
                }
            )
        leads = self.env["crm.lead"].create(values)
        for event, lead in zip(self, leads, strict=True):
            event.write({"res_model": lead._name, "res_id": lead.id})


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    @api.model
    def _ledger_columns(self):
        """What a contact was for comes with it: the gate counts it."""
        return {**super()._ledger_columns(), "purpose_id": ("int4", "once")}


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    crm_scenario_event_ids = fields.One2many("crm.scenario.event", "trace_id")

    def _crm_prepare_row(self, person, noted):
        """The row that sending wrote is filled in: it is the scenario's company's."""
        values = super()._crm_prepare_row(person, noted)
        # sudo: whoever opens or clicks has no rights
        event_sudo = self.sudo().crm_scenario_event_ids[:1]
        if event_sudo:
            values["company_id"] = event_sudo.company_id.id
        return values
