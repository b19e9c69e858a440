from odoo import api, fields, models
from odoo.tools import SQL


class CrmScenarioRun(models.Model):
    """One person's way through a scenario for one occurrence: it is there once."""

    _name = "crm.scenario.run"
    _description = "Run of a Scenario"
    _order = "started_at DESC, id DESC"
    _rec_name = "partner_id"
    _log_access = False

    scenario_id = fields.Many2one(
        "crm.scenario", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    # set null: figures stay when a person goes
    partner_id = fields.Many2one(
        "res.partner", string="Person", readonly=True, ondelete="set null", index=True
    )
    occurrence = fields.Char(
        required=True, readonly=True, help="What happened, once: the key of it."
    )
    occurred_on = fields.Date(readonly=True)
    occurred_at = fields.Datetime(readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(
        string="Because of", model_field="res_model", readonly=True
    )
    started_at = fields.Datetime(string="Started", required=True, readonly=True)
    is_control = fields.Boolean(string="Control", readonly=True)
    state = fields.Selection(
        [
            ("new", "Starting"),
            ("waiting", "Waiting"),
            ("done", "Done"),
            ("goal", "Reached the goal"),
            ("over", "No longer so"),
            ("control", "Control group"),
            ("past", "Was over before the start"),
            ("gone", "No such person any more"),
            ("stopped", "Stopped"),
        ],
        required=True,
        readonly=True,
        default="new",
    )
    step_id = fields.Many2one(
        "crm.scenario.step",
        string="At step",
        readonly=True,
        ondelete="set null",
        index=True,
    )
    next_at = fields.Datetime(
        string="Goes on", readonly=True, help="Empty while a message waits to be sent."
    )
    ended_at = fields.Datetime(string="Ended", readonly=True)
    goal_at = fields.Datetime(string="Goal reached", readonly=True)
    event_ids = fields.One2many("crm.scenario.event", "run_id", string="What happened")

    # an occurrence runs once, whatever happens to workers
    _occurrence_uniq = models.Constraint(
        "UNIQUE(scenario_id, partner_id, occurrence)", "This person has this already."
    )
    # the pass: who starts, who goes on
    _new_idx = models.Index("(id) WHERE state = 'new'")
    _next_idx = models.Index(
        "(next_at) WHERE state = 'waiting' AND next_at IS NOT NULL"
    )
    # goals that may still be reached
    _goal_idx = models.Index("(scenario_id, started_at) WHERE goal_at IS NULL")

    @api.model
    def _forget(self, partner_ids):
        """Forget what these people were told and did, and tell them nothing more.

        Person and occurrence stay while the card is there: without them he would be
        told of the same thing a second time.
        """
        self.env["crm.scenario.event"]._withdraw(
            SQL("run.partner_id = ANY(%s)", list(partner_ids)), "gone", is_erased=True
        )
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH forgotten AS (
                UPDATE crm_scenario_run
                   SET res_id = NULL, res_model = NULL, next_at = NULL, step_id = NULL,
                       state = CASE WHEN state IN ('new', 'waiting') THEN 'gone'
                                    ELSE state END
                 WHERE partner_id = ANY(%s) RETURNING id
            )
            UPDATE crm_scenario_event
               SET error = NULL, res_model = NULL, res_id = NULL, trace_id = NULL,
                   answer = NULL, way = NULL,
                   state = CASE WHEN state = 'pending' THEN 'skipped' ELSE state END,
                   reason = CASE WHEN state = 'pending' THEN 'gone' ELSE reason END
             WHERE run_id IN (SELECT id FROM forgotten)
            """,
            [list(partner_ids)],
        )
        self.invalidate_model(flush=False)
        self.env["crm.scenario.event"].invalidate_model(flush=False)
