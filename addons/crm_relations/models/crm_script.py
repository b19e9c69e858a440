from odoo import api, fields, models
from odoo.tools import escape_psql

from ..tools import script_text


class CrmScript(models.Model):
    """What to say and ask: at a stage, in a queue of calls, or for a campaign."""

    _name = "crm.script"
    _description = "Script"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="The first script that fits is shown to the salesperson."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: used in every company."
    )
    purpose = fields.Selection(
        [("stage", "Stage"), ("queue", "Queue"), ("campaign", "Campaign")],
        required=True,
        default="stage",
        help="Where it is shown: on deals in a stage, to whoever takes calls of a queue, "
        "or on what a campaign brings.",
    )
    stage_ids = fields.Many2many(
        "crm.stage",
        "crm_script_stage_rel",
        "script_id",
        "stage_id",
        string="Stages",
        help="Shown on leads and deals in these stages.",
    )
    campaign_ids = fields.Many2many(
        "utm.campaign",
        "crm_script_campaign_rel",
        "script_id",
        "campaign_id",
        string="Campaigns",
        help="Shown on leads and deals of these campaigns, before the stage's own script.",
    )
    queue_key = fields.Char(
        string="Queue",
        index="btree_not_null",
        help="The name of the queue as the telephone exchange or the call centre calls "
        "it. Several queues of the same script: separated by commas.",
    )
    step_ids = fields.One2many(
        "crm.script.step", "script_id", string="Steps", copy=True
    )
    step_count = fields.Integer(compute="_compute_step_count")

    @api.depends("step_ids")
    def _compute_step_count(self):
        for script in self:
            script.step_count = len(script.step_ids)

    def copy(self, default=None):
        """Answers of the copy lead to the copy's steps."""
        copies = super().copy(default)
        for script, copy in zip(self, copies, strict=True):
            twin = dict(zip(script.step_ids, copy.step_ids, strict=True))
            for answer in copy.step_ids.answer_ids:
                answer.next_step_id = twin.get(answer.next_step_id, answer.next_step_id)
        return copies

    @api.model
    def _get_for_lead(self, lead):
        """The script to show on ``lead``: its campaign's, else its stage's."""
        scripts = self.search(
            [
                ("company_id", "in", [False, lead.company_id.id]),
                "|",
                "&",
                ("purpose", "=", "campaign"),
                ("campaign_ids", "in", lead.campaign_id.ids),
                "&",
                ("purpose", "=", "stage"),
                ("stage_ids", "in", lead.stage_id.ids),
            ]
        )
        return scripts.sorted(lambda script: script.purpose != "campaign")[:1]

    @api.model
    def _get_for_queue(self, key, company=None):
        """The script to say to whoever comes through the queue ``key``.

        The call centre calls this when a call is offered, and shows the answer by
        :meth:`_load_steps`. A module with queues of its own may override it and fall
        back on ``super()``.

        :param str key: the queue as ``queue_key`` names it; capitals do not count.
        :param company: res.company of the call; none: the user's own.
        :return: ``crm.script``, one or none.
        """
        wanted = (key or "").strip().casefold()
        if not wanted:
            return self.browse()
        scripts = self.search(
            [
                ("purpose", "=", "queue"),
                ("queue_key", "ilike", escape_psql(wanted)),
                ("company_id", "in", [False, (company or self.env.company).id]),
            ]
        )
        # contains is not enough: "sale" is not the queue "wholesale"
        return scripts.filtered(lambda script: wanted in script._get_queue_keys())[:1]

    def _get_queue_keys(self):
        return {
            name.strip().casefold() for name in (self.queue_key or "").split(",")
        } - {""}

    def _load_steps(self, values, replies=None):
        """The script as a screen shows it, as far as it was answered.

        :param dict values: the words for the placeholders, see
            ``crm.lead._get_script_values``; what is absent stays a gap to fill by voice.
        :param dict replies: ``{crm.script.step: crm.script.reply}``.
        :return: ``{"id", "name", "is_over", "steps": [{"id", "text", "hint", "is_now",
            "answers": [{"id", "name"}], "answer_id", "words"}]}``
        """
        self.ensure_one()
        replies = replies or {}
        path, now = self._walk({step: row.answer_id for step, row in replies.items()})
        return {
            "id": self.id,
            "name": self.name,
            "is_over": now is None,
            "steps": [
                {
                    "id": step.id,
                    "text": script_text.fill(step.text, values),
                    "hint": step.hint or "",
                    "is_now": step == now,
                    "answers": [
                        {"id": answer.id, "name": answer.name}
                        for answer in step.answer_ids
                    ],
                    "answer_id": step in replies and replies[step].answer_id.id,
                    "words": (step in replies and replies[step].words) or "",
                }
                for step in [*path, *([now] if now else [])]
            ],
        }

    def _walk(self, replies):
        """``(steps answered, step to say now)``; replies: ``{step: answer or empty}``."""
        steps = [
            (
                step,
                {
                    answer: None if answer.is_end else answer.next_step_id
                    for answer in step.answer_ids
                    if answer.is_end or answer.next_step_id
                },
            )
            for step in self.step_ids
        ]
        return script_text.walk(steps, replies)
