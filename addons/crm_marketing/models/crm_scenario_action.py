"""What a step does: a letter, an SMS, a task, a deal. Modules add ``_act_<kind>``.

A service gets the events of one step and writes what the host sends later from its own
queues, in the same savepoint as ``sent``: killed at any moment, both are there or none.
"""

from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models


class CrmScenarioEvent(models.Model):
    _inherit = "crm.scenario.event"

    def _act_email(self, now):
        """Letters into the host's queue, with its tracking of opening and clicking."""
        step = self.step_id
        company = step.scenario_id.company_id
        links = self.env["crm.consent.link"]._get_links(self.partner_id, company)
        page = f"{company.get_base_url()}/crm/consent"
        words = self.run_id._get_words()
        sender = company.email_formatted or self.env.user.email_formatted
        # the host looks for it letter by letter
        replies = self.partner_id._notify_get_reply_to(default=sender)
        count_links = step._get_link_counter()
        values = []
        for event in self:
            partner = event.partner_id
            url = f"{page}/{links[partner.id]._get_token()}"
            subject, body = step._get_letter(
                partner, words[event.run_id.id], url, count_links
            )
            values.append(
                {
                    "subject": subject,
                    "body": body,
                    "body_html": body,
                    "email_from": sender,
                    "reply_to": replies[partner.id],
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
        words = self.run_id._get_words()
        values = [
            {
                "number": event.partner_id.phone_sanitized,
                "body": event.step_id._get_text(
                    event.partner_id, words[event.run_id.id]
                ),
                "partner_id": event.partner_id.id,
            }
            for event in self
        ]
        # sudo: the queue is the host's
        messages_sudo = self.env["sms.sms"].sudo().create(values)
        for event, message in zip(self, messages_sudo, strict=True):
            event.write({"res_model": message._name, "res_id": message.id})
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

    def _plan_activities(self, activity_type, now):
        """On the person's card, for his salesperson."""
        words = self.run_id._get_words()
        activities = self._create_activities(
            activity_type,
            [
                (
                    event,
                    event.partner_id,
                    event._get_colleague(),
                    words[event.run_id.id],
                )
                for event in self
            ],
            now,
        )
        for event, activity in zip(self, activities, strict=True):
            event.write({"res_model": activity._name, "res_id": activity.id})

    @api.model
    def _create_activities(self, activity_type, jobs, now):
        """One for each ``(event, record, user, words)``, in the user's language."""
        kind_id = self.env.ref(activity_type).id
        values = []
        for event, record, user, words in jobs:
            step = event.step_id.with_context(lang=user.lang or self.env.lang)
            text = step._get_text(user.partner_id, words)
            values.append(
                {
                    "res_model_id": self.env["ir.model"]._get_id(record._name),
                    "res_id": record.id,
                    "activity_type_id": kind_id,
                    "summary": f"{step._get_kind_name()}: {step.scenario_id.name}",
                    "note": Markup("<br/>").join(text.splitlines()),
                    "date_deadline": (now + timedelta(days=step.deadline_days)).date(),
                    "user_id": user.id,
                    "automated": True,
                }
            )
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        return activities.create(values)

    def _get_colleague(self):
        """Who does it: named in the step, else the salesperson, else the responsible.

        Only who works in the company: customers may be shared, their salespeople not.
        """
        partner = self.partner_id
        # sudo: of a colleague from elsewhere only that he is from elsewhere
        users_sudo = (
            self.step_id.user_id
            + partner.user_id
            + partner.commercial_partner_id.user_id
            + self.scenario_id.user_id
        ).sudo()
        return self._works_here(users_sudo) or self._works_here(
            self.env.ref("base.user_admin").sudo()
        )

    def _works_here(self, users_sudo):
        """The first of them who works in the company; nobody: the task waits on the card."""
        found_sudo = users_sudo.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        )
        return found_sudo[:1].sudo(self.env.su)

    def _act_coupon(self, now):
        """A coupon of the host's; a later letter tells its code."""
        step = self.step_id
        program = step.program_id
        end = step.coupon_days and (now + timedelta(days=step.coupon_days)).date()
        # sudo: cards are the host's; who started the scenario chose the program
        cards_sudo = (
            self.env["loyalty.card"]
            .sudo()
            # the host's own letter would go past the gate: the recipe tells the code
            .with_context(loyalty_no_mail=True)
            .create(
                [
                    {
                        "program_id": program.id,
                        "partner_id": event.partner_id.id,
                        "points": step.coupon_points,
                        "expiration_date": end or False,
                    }
                    for event in self
                ]
            )
        )
        for event, card in zip(self, cards_sudo, strict=True):
            event.write({"res_model": card._name, "res_id": card.id})

    def _act_deal(self, now):
        """An open deal with the reason in it, and the task to take it up.

        The task says whose it is: no letter to him for each of a hundred deals.
        """
        words = self.run_id._get_words()
        jobs, values = [], []
        for event in self:
            user = event._get_colleague()
            text = event.step_id._get_text(user.partner_id, words[event.run_id.id])
            jobs.append((event, user, words[event.run_id.id]))
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
        quiet = self.env["crm.lead"].with_context(mail_auto_subscribe_no_notify=True)
        leads = quiet.create(values)
        for event, lead in zip(self, leads, strict=True):
            event.write({"res_model": lead._name, "res_id": lead.id})
        self._create_activities(
            "mail.mail_activity_data_todo",
            [(event, lead, user, words)
             for (event, user, words), lead in zip(jobs, leads, strict=True)],
            now,
        )  # fmt: skip


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
