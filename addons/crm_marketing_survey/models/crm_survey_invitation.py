import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# what sending and answering may still write
OUTBOX_FIELDS = {
    "state", "reason", "retry_at", "sent_at", "input_id", "way", "ticket",
    "interaction_id",
}  # fmt: skip
ONCE = "once"  # the occasion of what is asked once in a lifetime


class CrmSurveyInvitation(models.Model):
    """Who is asked, and whether he was: once for a person, questionnaire and occasion.

    An outbox. The occasion is always the same unless the questionnaire is asked again
    after each conversation or on each run of a scenario.
    """

    _name = "crm.survey.invitation"
    _inherit = ["crm.outbox.mixin", "crm.pass.mixin"]
    _description = "Invitation to a Questionnaire"
    _order = "id DESC"
    _rec_name = "partner_id"

    survey_id = fields.Many2one(
        "survey.survey",
        string="Questionnaire",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Person",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    segment_id = fields.Many2one("crm.segment", readonly=True, ondelete="set null")
    state = fields.Selection(
        [
            ("pending", "To be sent"),
            ("sent", "Asked"),
            ("answered", "Answered"),
            ("skipped", "Not asked"),
        ],
        required=True,
        readonly=True,
        default="pending",
        help="Our own people have answered when they opened their link: nobody can tell "
        "which answers are theirs, nor whether they finished.",
    )
    way = fields.Selection(
        [
            ("email", "E-mail"),
            ("sms", "SMS"),
            ("talk", "In a conversation"),
        ],
        string="By",
        readonly=True,
        help="Chosen at the moment of sending.",
    )
    occasion = fields.Char(required=True, readonly=True, default=ONCE)
    interaction_id = fields.Many2one(
        "crm.interaction",
        string="Conversation",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="In which he was asked, or after which.",
    )
    reason = fields.Selection("_selection_reason", string="Why not", readonly=True)
    planned_at = fields.Datetime(
        string="Since", required=True, readonly=True, default=fields.Datetime.now
    )
    retry_at = fields.Datetime(string="Tried again", readonly=True)
    sent_at = fields.Datetime(string="Asked on", readonly=True)
    input_id = fields.Many2one(
        "survey.user_input",
        string="Answers",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )

    # of our own people instead: a link that works once and is then forgotten
    ticket = fields.Char(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        export_string_translation=False,
    )

    _ticket_uniq = models.UniqueIndex("(ticket) WHERE ticket IS NOT NULL")
    _person_uniq = models.Constraint(
        "UNIQUE(survey_id, partner_id, occasion)", "This person is asked already."
    )
    # the outbox
    _pending_idx = models.Index("(id) WHERE state = 'pending'")

    @api.model
    def _selection_reason(self):
        return [
            *self.env["crm.scenario.event"]._selection_reason(),
            ("quota", self.env._("enough answers of this kind")),
            ("turn", self.env._("asked when too few of the others answer")),
            ("error", self.env._("an error: see the log")),
            ("closed", self.env._("questionnaire closed")),
        ]

    def write(self, vals):
        # whoever invites may try again; what became of it is the engine's to write
        if not self.env.su or not vals.keys() <= OUTBOX_FIELDS:
            raise UserError(self.env._("An invitation cannot be changed."))
        return super().write(vals)

    # ------------------------------------------------------------ asking

    @api.model
    def _invite(self, survey, partner_sql, segment, now, company=None):
        """Put those who were not asked yet into the outbox; how many.

        :param partner_sql: SELECT of ids of res.partner
        :param company: who asks, when the questionnaire does not say
        """
        rows = SQL("SELECT one.id, %s, NULL::int4 FROM (%s) one(id)", ONCE, partner_sql)
        return self._put_out(survey, rows, segment, now, company)

    @api.model
    def _put_out(self, survey, rows_sql, segment, now, company=None):
        """:param rows_sql: SELECT of (partner id, occasion, id of crm.interaction)"""
        company = survey.crm_company_id or company or survey._crm_get_company()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_survey_invitation (survey_id, partner_id, company_id,
                       segment_id, state, occasion, interaction_id, planned_at,
                       create_uid, create_date, write_uid, write_date)
                SELECT %(survey)s, person.id, %(company)s, %(segment)s, 'pending',
                       found.occasion, found.interaction_id, %(now)s, %(user)s, %(now)s,
                       %(user)s, %(now)s
                  FROM (%(rows)s) found(partner_id, occasion, interaction_id)
                  JOIN res_partner person ON person.id = found.partner_id
                 WHERE person.active
                    ON CONFLICT DO NOTHING
                """,
                survey=survey.id,
                company=company.id,
                segment=segment.id or None,
                now=now,
                user=self.env.uid,
                rows=rows_sql,
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model()
        self._wake()
        return count

    @api.model
    def _ask_now(self, survey, partner, interaction, now):
        """The invitation of somebody one is speaking with; the one he got, if he did.

        :param interaction: crm.interaction, or none
        :raise UserError: when he has answered already, or the questionnaire is none
            for customers of the company that speaks with him
        """
        company = interaction.company_id or self.env.company
        survey._crm_check_askable(company)
        occasion = ONCE
        if survey.crm_is_repeated:
            occasion = f"talk:{interaction.id or fields.Date.to_date(now)}"
        invitation = self.search(
            [
                ("survey_id", "=", survey.id),
                ("partner_id", "=", partner.id),
                ("occasion", "=", occasion),
            ]
        )
        if invitation.state == "answered":
            raise UserError(
                self.env._("%(person)s has answered already.", person=partner.name)
            )
        if not invitation:
            invitation = self.create(
                {
                    "survey_id": survey.id,
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "occasion": occasion,
                    "planned_at": now,
                }
            )
        values = {"state": "sent", "way": "talk", "sent_at": now, "reason": False}
        invitation.write(values | {"interaction_id": interaction.id})
        invitation._open_inputs()
        invitation.input_id.crm_interaction_id = interaction
        return invitation

    @api.model
    def _wake(self):
        # sudo: whoever invites lets the letters go
        cron_sudo = self.env.ref("crm_marketing_survey.ir_cron_send_invitations").sudo()
        cron_sudo._trigger()

    def _open_inputs(self):
        """The host's record of answers for each, made where there is none; {id: input}."""
        # sudo: a person's own link to his answers
        self_sudo = self.sudo()
        missing = self_sudo.filtered(lambda invitation: not invitation.input_id)
        made = (
            self.env["survey.user_input"]
            .sudo()
            .create(
                [
                    {
                        "survey_id": invitation.survey_id.id,
                        "partner_id": invitation.partner_id.id,
                        "email": invitation.partner_id.email,
                        "nickname": invitation.partner_id.name,
                        "crm_interaction_id": invitation.interaction_id.id,
                        "crm_company_id": invitation.company_id.id,
                    }
                    for invitation in missing
                ]
            )
        )
        for invitation, answer in zip(missing, made, strict=True):
            invitation.input_id = answer
        return {invitation.id: invitation.input_id for invitation in self_sudo}

    def _get_urls(self):
        """{id: the public page of a person's own questionnaire}"""
        # sudo: a person's own link
        self_sudo = self.sudo()
        staff = self_sudo.filtered(lambda row: row.survey_id.crm_audience == "staff")
        for invitation in staff.filtered(lambda row: not row.ticket):
            invitation.ticket = uuid.uuid4().hex
        pages = {
            invitation_id: answer.get_start_url()
            for invitation_id, answer in (self_sudo - staff)._open_inputs().items()
        }
        for row in staff:
            pages[row.id] = f"/crm/survey/{row.survey_id.access_token}/{row.ticket}"
        return {
            row.id: f"{row.company_id.get_base_url()}{pages[row.id]}"
            for row in self_sudo
        }

    def _get_url(self):
        """The public page of a person's own questionnaire."""
        self.ensure_one()
        return self._get_urls()[self.id]

    # ------------------------------------------------------------ answered

    @api.model
    def _note_answered(self, answers):
        """Those of the answers that count: each person's first for each occasion.

        Who came by an open link, or answers over again, has no row that leads to his
        answers: he takes over the one that waits for him, or gets one as answered. Two
        at the same moment meet at that row, and the later one is tried again.

        :param answers: finished survey.user_input; those of nobody known all count
        """
        invited = self.search([("input_id", "in", answers.ids)])
        invited.write({"state": "answered"})
        first = invited.input_id
        for answer in answers - first:
            if not answer.partner_id or self._take_over(answer):
                first |= answer
        return first

    @api.model
    def _take_over(self, answer):
        """Whether this person had not answered this questionnaire yet."""
        survey, person = answer.survey_id, answer.partner_id
        his = [("survey_id", "=", survey.id), ("partner_id", "=", person.id)]
        rows = self.search(his)
        if "answered" in rows.mapped("state"):
            return False
        if not rows:
            now = fields.Datetime.now()
            new_sql = SQL("VALUES (%s, %s, NULL::int4)", person.id, ONCE)
            company = answer._crm_get_company()
            self._put_out(survey, new_sql, self.env["crm.segment"], now, company)
            rows = self.search(his)
        row = rows[:1]  # the newest; none of somebody who is archived
        row.write({"state": "answered", "input_id": answer.id, "reason": False})
        answer.crm_company_id = row.company_id
        return True

    # ------------------------------------------------------------ our own people

    @api.model
    def _has_ticket(self, survey, ticket):
        found = [("survey_id", "=", survey.id), ("ticket", "=", ticket)]
        return bool(survey.active and ticket and self.search_count(found))

    @api.model
    def _use_ticket(self, survey, ticket):
        """Nobody's answers for a link; from here on nothing leads from one to the other.

        By SQL: neither the hour nor who pressed is written.
        """
        answers = self.env["survey.user_input"]
        if not self._has_ticket(survey, ticket):
            return answers
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_survey_invitation SET state = 'answered', ticket = NULL "
                "WHERE survey_id = %s AND ticket = %s",
                survey.id,
                ticket,
            )
        )
        is_first = self.env.cr.rowcount
        self.invalidate_model(flush=False)
        return answers.create({"survey_id": survey.id}) if is_first else answers

    def action_ask_again(self):
        """Those who were skipped are tried once more."""
        self.check_access("write")
        skipped = self.filtered(lambda row: row.state == "skipped")
        # sudo: the outbox is written by the engine alone
        skipped.sudo().write({"state": "pending", "reason": False, "retry_at": False})
        self._wake()
