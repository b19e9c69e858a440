"""The outbox of invitations: through the gate, each with its *asked* in one savepoint."""

import logging

from markupsafe import Markup, escape
from psycopg2 import errors

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_marketing.tools.scenario_text import fill

_logger = logging.getLogger(__name__)

BATCH = 200
LOCK = "crm_survey_invitation"
PURPOSE = "survey"
CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected)


class CrmSurveyInvitation(models.Model):
    _inherit = "crm.survey.invitation"

    @api.model
    def _cron_send(self):
        now = fields.Datetime.now()
        while done := self._send_due(now):
            if not self.env["ir.cron"]._commit_progress(done):
                return

    @api.model
    def _send_due(self, now, limit=BATCH):
        """Send one batch in this transaction; how many were handled."""
        ((is_ours,),) = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", LOCK)
        )
        if not is_ours:
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
        chosen = self._choose(survey, now)
        try:
            with self.env.cr.savepoint():
                chosen._write_letters(survey, now)
            return
        except CONFLICTS:
            raise
        except Exception:
            _logger.warning("Invitations of questionnaire %s, one by one", survey.id)
        for invitation in chosen:
            try:
                with self.env.cr.savepoint():
                    invitation._write_letters(survey, now)
            except CONFLICTS:
                raise
            except Exception:
                _logger.exception("Invitation %s was not sent", invitation.id)
                invitation.write({"state": "skipped", "reason": "error"})

    def _choose(self, survey, now):
        """Those who may be asked now; of the others is written why not."""
        people = self.partner_id
        is_staff = survey.crm_audience == "staff"
        verdicts = {}
        if not is_staff:  # our own people are asked as colleagues
            gate = self.env["crm.consent"]
            verdicts = gate._may_contact_many(people, "email", PURPOSE, now)
        over = self.env["crm.survey.quota"]._get_over(survey, people)
        chosen = self.browse()
        for invitation in self:
            partner = invitation.partner_id
            verdict = verdicts.get(partner.id)
            reason = next(
                filter(
                    None,
                    (
                        not survey.active and "closed",
                        not partner.active and "gone",
                        partner.id in over and "quota",
                        not partner.email_normalized and "no_address",
                    ),
                ),
                None,
            )
            if not reason and (verdict is None or verdict.allowed):
                chosen |= invitation
            elif not reason and verdict.until:
                invitation.write({"retry_at": verdict.until, "reason": verdict.reason})
            else:
                invitation.write(
                    {"state": "skipped", "reason": reason or verdict.reason}
                )
        return chosen

    def _write_letters(self, survey, now):
        """Into the host's queue; the ledger's row is what the frequency cap counts."""
        if not self:
            return
        company = self.company_id
        links = self.env["crm.consent.link"]._get_links(self.partner_id, company)
        base = company.get_base_url()
        urls = self._get_urls()
        mails, rows = [], []
        # sudo: purposes are configuration
        purpose_sudo = self.env["crm.consent"]._get_purpose("email", PURPOSE)
        for invitation in self:
            partner = invitation.partner_id
            words = {"name": partner.name or "", "company": company.name}
            localized = survey.with_context(lang=partner.lang or self.env.lang)
            way_out = f"{base}/crm/consent/{links[partner.id]._get_token()}"
            subject, body = localized._crm_get_letter(
                words, urls[invitation.id], way_out
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
            rows.append(
                {
                    "channel": "mailing",
                    "external_key": f"survey:{invitation.id}",
                    "company_id": company.id,
                    "direction": "out",
                    "started_at": now,
                    "partner_id": partner.id,
                    "purpose_id": purpose_sudo.id,
                    "subject": subject,
                    "outcome": "sent",
                    "is_automatic": True,
                }
            )
        # sudo: the queue is the host's
        self.env["mail.mail"].sudo().create(mails)
        if survey.crm_audience == "customer":
            self.env["crm.interaction"]._feed(rows)
        self.write(
            {"state": "sent", "sent_at": now, "reason": False, "retry_at": False}
        )


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
