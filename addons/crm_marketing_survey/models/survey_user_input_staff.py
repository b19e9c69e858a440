"""Our own people's answers: nobody's from the first click, shown five at a time."""

import random

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from .crm_survey_score import FEWEST

HIDDEN = "crm_is_hidden"
# what would tell who answers, and at what hour
TELLING = ("partner_id", "email", "nickname", "invite_token", "start_datetime")
# what makes an answer one of our own people's
GUARDED = {HIDDEN, "survey_id", "test_entry"}
# neither a follower nor a word of who opened it
SILENT = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "tracking_disable": True,
}


def _forget_who(records, is_hidden):
    """Neither who wrote the rows nor at what hour stays in them.

    :param SQL is_hidden: condition on the row
    """
    records.env.cr.execute(
        SQL(
            """
            UPDATE %(table)s AS kept
               SET create_uid = NULL, write_uid = NULL,
                   create_date = date_trunc('day', create_date),
                   write_date = date_trunc('day', write_date)
             WHERE kept.id = ANY(%(ids)s) AND %(is_hidden)s
            """,
            table=SQL.identifier(records._table),
            ids=list(records._ids),
            is_hidden=is_hidden,
        )
    )


class SurveyUser_Input(models.Model):
    _inherit = "survey.user_input"

    crm_is_hidden = fields.Boolean(
        readonly=True,
        help="Our own people's answers, as long as there are too few of them.",
    )

    # ------------------------------------------------------------ without a trace

    @api.model_create_multi
    def create(self, vals_list):
        nameless = [self._crm_is_nameless(vals) for vals in vals_list]
        if not any(nameless):
            return super().create(vals_list)
        if not self.env.su:  # made-up answers would show the true one among them
            raise AccessError(
                self.env._("Answers of our own people come by their own links alone.")
            )
        vals_list = [
            {**{name: vals[name] for name in vals.keys() - set(TELLING)}, HIDDEN: True}
            if is_nameless
            else vals
            for vals, is_nameless in zip(vals_list, nameless, strict=True)
        ]
        answers = super(SurveyUser_Input, self.with_context(**SILENT)).create(vals_list)
        answers._crm_forget_who()
        return answers.with_env(self.env)

    @api.model
    def _crm_is_nameless(self, vals):
        survey_id = vals.get("survey_id") or self.env.context.get("default_survey_id")
        # sudo: whom it asks, for whoever answers
        survey_sudo = self.env["survey.survey"].sudo().browse(survey_id)
        return survey_sudo.crm_audience == "staff" and not vals.get("test_entry")

    def write(self, vals):
        self._crm_guard(vals)
        hidden = self.filtered(lambda answer: answer.sudo()[HIDDEN])
        if not hidden:
            return super().write(vals)
        kept = {name: vals[name] for name in vals.keys() - set(TELLING)}
        if kept.get("end_datetime"):
            kept["end_datetime"] = fields.Date.to_date(kept["end_datetime"])
        super(SurveyUser_Input, self - hidden).write(vals)
        return super(SurveyUser_Input, hidden).write(kept)

    def _crm_guard(self, vals):
        if self.env.su or GUARDED.isdisjoint(vals):
            return
        # sudo: whom it asks
        surveys_sudo = self.sudo().survey_id
        surveys_sudo |= surveys_sudo.browse(vals.get("survey_id") or ())
        if HIDDEN in vals or "staff" in surveys_sudo.mapped("crm_audience"):
            raise AccessError(
                self.env._("Answers of our own people come by their own links alone.")
            )

    def _write_multi(self, vals_list):
        result = super()._write_multi(vals_list)
        self._crm_forget_who()
        return result

    def _crm_forget_who(self):
        _forget_who(self, SQL("crm_is_hidden"))

    def _notify_new_participation_subscribers(self):
        named = self.filtered(lambda answer: not answer[HIDDEN])
        return super(SurveyUser_Input, named)._notify_new_participation_subscribers()

    def _crm_may_continue(self, user):
        """Whether somebody logged in may go on with answers that are not his.

        Our own people's answers are nobody's; who asks in a conversation writes down.
        """
        self.ensure_one()
        if self[HIDDEN]:
            return True
        asked = Domain("input_id", "=", self.id) & Domain("way", "=", "talk")
        # sudo: the outbox is not for whoever asks
        invitations_sudo = self.env["crm.survey.invitation"].sudo()
        return user._is_internal() and bool(invitations_sudo.search_count(asked))

    # ------------------------------------------------------------ shown by fives

    @api.model
    def _cron_release(self):
        self._crm_release(fields.Datetime.now())

    @api.model
    def _crm_release(self, now):
        """What is finished comes to light when it is enough to hide in; all of it."""
        # sudo: nobody sees them before
        waiting_sudo = self.sudo().search(
            Domain(HIDDEN, "=", True) & Domain("state", "=", "done")
        )
        for done in waiting_sudo.grouped("survey_id").values():
            if len(done) >= FEWEST:
                done._crm_show(fields.Date.to_date(now))

    def _crm_show(self, day):
        """New rows in random order, of one day; the old ones, in order, are deleted."""
        answers = list(self)
        random.SystemRandom().shuffle(answers)
        shown = self.create([answer._crm_prepare_shown(day) for answer in answers])
        self.unlink()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE survey_user_input SET crm_is_hidden = FALSE WHERE id = ANY(%s)",
                shown.ids,
            )
        )
        shown.invalidate_recordset()
        self.env["crm.survey.score"]._count(shown)

    def _crm_prepare_shown(self, day):
        lines = self.user_input_line_ids.copy_data()
        return {
            "survey_id": self.survey_id.id,
            "state": "done",
            "end_datetime": day,
            "predefined_question_ids": [Command.set(self.predefined_question_ids.ids)],
            "user_input_line_ids": [
                Command.create(
                    {name: line[name] for name in line.keys() - {"user_input_id"}}
                )
                for line in lines
            ],
        }


class SurveyUser_InputLine(models.Model):
    _inherit = "survey.user_input.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._crm_forget_who()
        return lines

    def _write_multi(self, vals_list):
        result = super()._write_multi(vals_list)
        self._crm_forget_who()
        return result

    def _crm_forget_who(self):
        _forget_who(
            self,
            SQL(
                "EXISTS (SELECT FROM survey_user_input answer "
                "WHERE answer.id = kept.user_input_id AND answer.crm_is_hidden)"
            ),
        )
