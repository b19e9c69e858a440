"""The outbox of invitations: through the gate, each with its *asked* in one savepoint."""

from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_marketing.models.crm_scenario_send import Choice, pick
from odoo.addons.crm_marketing.tools.scenario_text import fill

BATCH = 200
NEXT_LOOK = timedelta(days=1)  # for whom a quota has no place now
LOCK = "crm_survey_invitation"
PURPOSE = "survey"
# the customer's own best channel among those that carry a link
LINK_WAYS = {"best": ("email", "sms")}


class CrmSurveyInvitation(models.Model):
    _inherit = "crm.survey.invitation"

    @api.model
    def _cron_send(self):
        self._run_all(fields.Datetime.now())

    @api.model
    def _run_all(self, now):
        """Batch by batch, each committed: killed at any moment."""
        while done := self._run_committed(self._send_due, now):
            if not self.env["ir.cron"]._commit_progress(done):
                return

    @api.model
    def _send_due(self, now, limit=BATCH):
        """Send one batch in this transaction; how many were handled."""
        if not self._lock_engine(LOCK):
            return 0
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM crm_survey_invitation WHERE id IN (
                       SELECT min(id) FROM crm_survey_invitation
                        WHERE state = 'pending' AND (retry_at IS NULL OR retry_at <= %s)
                        GROUP BY partner_id ORDER BY 1 LIMIT %s)
                 ORDER BY id FOR NO KEY UPDATE
                """,
                now,
                limit,
            )
        )
        self.invalidate_model()
        found = self.browse(row[0] for row in rows)
        for (survey, company), group in found.grouped(
            lambda row: (row.survey_id, row.company_id)
        ).items():
            group = group.with_company(company).with_context(
                allowed_company_ids=company.ids
            )
            group._send(survey.with_env(group.env), now)
        return len(found)

    def _send(self, survey, now):
        """Invitations of one questionnaire: asked, put off, or skipped with the reason."""
        for way, invitations in self._choose(survey, now).items():
            invitations._deliver(way, now)

    def _deliver_together(self, way, now):
        with self.env.cr.savepoint():
            getattr(self, f"_send_by_{way}")(self.survey_id, now)
            self.write(
                {"state": "sent", "way": way, "sent_at": now, "reason": False,
                 "retry_at": False}
            )  # fmt: skip

    def _fail(self, error, now):
        self.write({"state": "skipped", "reason": "error", "retry_at": False})

    def _choose(self, survey, now):
        """{way: those who may be asked by it now}; of the others is written why not."""
        quotas = self.env["crm.survey.quota"]
        places = quotas._get_places(survey, self.partner_id, now)
        choices = self._choose_ways(survey, now)
        chosen, later = {}, self.browse()
        for invitation in self:
            partner = invitation.partner_id
            choice = choices[partner]
            reason = self._refuse(survey, partner, places)
            if reason or not (choice.way or choice.until):
                invitation.write(
                    {"state": "skipped", "reason": reason or choice.reason}
                )
            elif not choice.way:
                invitation.write({"retry_at": choice.until, "reason": choice.reason})
            elif places.take(partner.id):
                chosen[choice.way] = chosen.get(choice.way, self.browse()) | invitation
            else:
                later |= invitation
        later.write({"retry_at": now + NEXT_LOOK, "reason": "turn"})
        return chosen

    @api.model
    def _refuse(self, survey, partner, places):
        """Why he will not be asked at all, or nothing."""
        if not survey.active:
            return "closed"
        if not partner.active:
            return "gone"
        return "quota" if places.is_over(partner.id) else None

    def _choose_ways(self, survey, now):
        """{person: Choice} as scenarios choose, of the ways that carry a link."""
        people = self.partner_id
        if survey.crm_audience == "staff":  # asked as colleagues, no gate
            return {
                person: Choice(way="email")
                if person.email_normalized
                else Choice(reason="no_address")
                for person in people
            }
        allowed = LINK_WAYS.get(survey.crm_way, (survey.crm_way,))
        ways = {
            person: [way for way in person._crm_scenario_ways() if way in allowed]
            for person in people
        }
        purpose_sudo = self.env["crm.consent"]._get_purpose("email", PURPOSE)
        verdicts = self.env["crm.scenario.event"]._ask_gate(purpose_sudo, ways, now)
        return {person: pick(ways[person], verdicts, person.id) for person in people}

    def _send_by_email(self, survey, now):
        """Into the host's queue; the ledger's row is what the frequency cap counts."""
        company = self.company_id
        links = self.env["crm.consent.link"]._get_links(self.partner_id, company)
        base = company.get_base_url()
        urls = self._get_urls()
        mails, rows = [], []
        for invitation in self:
            partner = invitation.partner_id
            localized = survey.with_context(lang=partner.lang or self.env.lang)
            way_out = f"{base}/crm/consent/{links[partner.id]._get_token()}"
            subject, body = localized._crm_get_letter(
                invitation._get_words(), urls[invitation.id], way_out
            )
            mails.append(
                {
                    "subject": subject,
                    "body": body,
                    "body_html": body,
                    "email_from": company.email_formatted
                    or survey.user_id.email_formatted,
                    "recipient_ids": [fields.Command.link(partner.id)],
                    # no document: the row below is the contact, not the letter again
                    "message_type": "email_outgoing",
                    "auto_delete": True,
                }
            )
            key = f"survey:{invitation.id}"
            rows.append(invitation._prepare_contact("mailing", key, subject, now))
        # sudo: the queue is the host's
        self.env["mail.mail"].sudo().create(mails)
        if survey.crm_audience == "customer":
            self.env["crm.interaction"]._feed(rows)

    def _send_by_sms(self, survey, now):
        """Into the host's queue of short messages, with the link in the words."""
        urls = self._get_urls()
        values = []
        for invitation in self:
            partner = invitation.partner_id
            localized = survey.with_context(lang=partner.lang or self.env.lang)
            words = invitation._get_words()
            values.append(
                {
                    "number": partner.phone_sanitized,
                    "body": localized._crm_get_text(words, urls[invitation.id]),
                    "partner_id": partner.id,
                }
            )
        # sudo: the queue is the host's
        messages_sudo = self.env["sms.sms"].sudo().create(values)
        self.env["crm.interaction"]._feed(
            [
                invitation._prepare_contact(
                    "sms", f"sms:{message.uuid}", survey.title, now
                )
                for invitation, message in zip(self, messages_sudo, strict=True)
            ]
        )

    def _get_words(self):
        return {"name": self.partner_id.name or "", "company": self.company_id.name}

    def _prepare_contact(self, channel, key, subject, now):
        # sudo: purposes are configuration
        purpose_sudo = self.env["crm.consent"]._get_purpose("email", PURPOSE)
        return {
            "channel": channel,
            "external_key": key,
            "company_id": self.company_id.id,
            "direction": "out",
            "started_at": now,
            "partner_id": self.partner_id.id,
            "purpose_id": purpose_sudo.id,
            "subject": subject,
            "outcome": "sent",
            "is_automatic": True,
        }


class SurveySurvey(models.Model):
    _inherit = "survey.survey"

    def _crm_get_letter(self, words, url, way_out):
        """(subject, body) of an invitation in the language of the context."""
        self.ensure_one()
        subject = fill(
            self.crm_subject or self.env._("{name}, a short question from {company}"),
            words,
        )
        body = self.crm_letter or Markup("<p>%s</p>") % self.env._(
            "{name}, would you tell us what you think? It takes a minute."
        )
        body = Markup(fill(body, words, escape=lambda text: str(escape(text))))
        return subject, Markup(
            '%s<p><a href="%s" style="padding:8px 16px;background:#714B67;color:#fff;'
            'text-decoration:none;border-radius:4px">%s</a></p>'
            '<p style="font-size:12px;color:#666"><a href="%s">%s</a></p>'
        ) % (
            body,
            url,
            self.env._("Answer"),
            way_out,
            self.env._("Choose what we may write to you about, or stop it"),
        )

    def _crm_get_text(self, words, url):
        """Words of a short message with the link, in the language of the context."""
        self.ensure_one()
        text = self.crm_text or self.env._("{name}, a short question from {company}:")
        if "{link}" not in text:
            text = f"{text} {{link}}"
        return fill(text, {**words, "link": url})
