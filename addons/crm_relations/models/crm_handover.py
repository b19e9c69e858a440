from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.handover import Receiver, allocate
from .crm_handover_item import KEPT

# (switch on the form, model): in the order in which they are written
KINDS = (
    ("with_customers", "res.partner"),
    ("with_deals", "crm.lead"),
    ("with_quotations", "sale.order"),
    ("with_promises", "crm.promise"),
    ("with_activities", "mail.activity"),
)

# what the preview stands on: as it was once the hand-over is done
SETTINGS = {"from_user_id", "company_id", *(switch for switch, __ in KINDS)}


class CrmHandover(models.Model):
    """Give somebody's customers, deals and tasks to others: preview, do, undo.

    Everything of one customer goes to one person. What was done is kept row by row.
    """

    _name = "crm.handover"
    _description = "Hand-over"
    _inherit = ["crm.course.mixin", "mail.thread"]
    _order = "id DESC"
    _course_values = {"state": "draft", "done_at": False, "undone_at": False}

    from_user_id = fields.Many2one(
        "res.users",
        string="From Whom",
        required=True,
        ondelete="restrict",
        default=lambda self: self._default_from_user_id(),
        domain="[('share', '=', False)]",
        context={"active_test": False},
        help="Also somebody who has left already.",
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", compute="_compute_team_id", store=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    reason = fields.Selection(
        [
            ("left", "Leaves the company"),
            ("ill", "Ill for long"),
            ("holiday", "Long holiday"),
            ("balance", "Work is shared anew"),
            ("other", "Other"),
        ],
        required=True,
        default=lambda self: "left" if self._leads_a_team() else "holiday",
    )
    note = fields.Text(help="What the others should know.")
    with_customers = fields.Boolean(string="Customers", default=True)
    with_deals = fields.Boolean(string="Open leads and deals", default=True)
    with_quotations = fields.Boolean(string="Open quotations", default=True)
    with_promises = fields.Boolean(string="Open promises", default=True)
    with_activities = fields.Boolean(string="Activities", default=True)
    receiver_ids = fields.One2many("crm.handover.receiver", "handover_id", string="To")
    item_ids = fields.One2many("crm.handover.item", "handover_id", string="Preview")
    item_count = fields.Integer(compute="_compute_item_count")
    skipped_count = fields.Integer(
        compute="_compute_item_count",
        string="Changed meanwhile",
        help="Somebody else changed them in between: they were left as they were.",
    )
    outside_count = fields.Integer(
        compute="_compute_outside_count",
        export_string_translation=False,
    )
    state = fields.Selection(
        [("draft", "Preview"), ("done", "Done"), ("undone", "Undone")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    done_at = fields.Datetime(readonly=True, copy=False)
    undone_at = fields.Datetime(readonly=True, copy=False)

    @api.model
    def _default_from_user_id(self):
        """A salesperson hands over his own; a head of a team mostly somebody else's."""
        return self.env["res.users"] if self._leads_a_team() else self.env.user

    @api.model
    def _leads_a_team(self):
        # sudo: who leads a team is no secret
        teams_sudo = self.env["crm.team"].sudo()
        domain = [("user_id", "=", self.env.uid)]
        return bool(teams_sudo.search_count(domain, limit=1))

    @api.depends("from_user_id.sale_team_id")
    def _compute_team_id(self):
        for handover in self:
            handover.team_id = handover.from_user_id.sale_team_id

    @api.depends("item_ids.state")
    def _compute_item_count(self):
        counts = self.env["crm.handover.item"]._read_group(
            [("handover_id", "in", self.ids)], ["handover_id", "state"], ["__count"]
        )
        by_state = {}  # {handover: {state: count}}
        for handover, state, count in counts:
            by_state.setdefault(handover.id, {})[state] = count
        for handover in self:
            states = by_state.get(handover.id, {})
            handover.item_count = sum(states.values())
            handover.skipped_count = states.get("skipped", 0)

    @api.depends("item_ids.to_user_id", "item_ids.team_id")
    def _compute_outside_count(self):
        for handover in self:
            handover.outside_count = len(handover.item_ids.filtered("is_outside"))

    @api.depends("from_user_id", "reason")
    def _compute_display_name(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for handover in self:
            if not handover.from_user_id:
                handover.display_name = False
                continue
            handover.display_name = self.env._(
                "%(user)s: %(reason)s",
                user=handover.from_user_id.name,
                reason=reasons.get(handover.reason, ""),
            )

    @api.constrains("company_id")
    def _check_company_takers(self):
        for handover in self:
            handover._check_takers(handover.receiver_ids.user_id)

    def _check_takers(self, users):
        """Colleagues who work in the hand-over's company."""
        self.ensure_one()
        # sudo: which companies a colleague works in is not everybody's to read
        for user_sudo in users.sudo():
            if user_sudo.share or self.company_id not in user_sudo.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work in %(company)s and cannot take over there.",
                        user=user_sudo.name,
                        company=self.company_id.name,
                    )
                )

    def write(self, vals):
        vals = self._keep_own_values(vals)
        if changed := SETTINGS & vals.keys():
            self._check_draft()
            if changed & {"from_user_id", "company_id"}:
                # sudo: the preview was of another person's things
                self.sudo().item_ids.unlink()
        result = super().write(vals)
        if "from_user_id" in vals:
            self._check_changed()
        return result

    @api.model
    def _get_course_refusal(self):
        return self.env._("Things change hands by the buttons of the hand-over only.")

    # -- preview ------------------------------------------------------------------

    def action_preview(self):
        """Show who would get what; each line may still be changed by hand."""
        self.ensure_one()
        self.check_access("write")
        self._check_draft()
        if not self.receiver_ids:
            raise UserError(self.env._("Name at least one person who takes over."))
        found = {
            model: self._find_sudo(model) for switch, model in KINDS if self[switch]
        }
        keys = self._get_keys(found)
        loads = self._get_loads(found, keys)
        receivers = [Receiver(row.user_id.id, row.share) for row in self.receiver_ids]
        given = allocate(loads, receivers, self._get_wanted(loads))
        if left := loads.keys() - given.keys():
            raise UserError(
                self.env._(
                    "Nobody takes over %(count)s of the customers: no rule names them. "
                    "Give somebody a share.",
                    count=len(left),
                )
            )
        # sudo: what is found for the preview is not made up by anybody
        items_sudo = self.env["crm.handover.item"].sudo()
        self.sudo().item_ids.unlink()
        items_sudo.create(
            [
                self._prepare_item(record, keys[record], given[keys[record]])
                for records in found.values()
                for record in records
            ]
        )

    def _check_draft(self):
        if any(handover.state != "draft" for handover in self):
            raise UserError(self.env._("This was done already: make a new hand-over."))

    def _find_sudo(self, model):
        """What the person has of this kind now, also in a deputy's hands or archived."""
        # sudo: who may hand over for somebody need not see his documents one by one
        records_sudo = self.env[model].sudo()
        domain = Domain("user_id", "=", self.from_user_id.id)
        if "crm_deputy_for_id" in records_sudo._fields:
            domain |= Domain("crm_deputy_for_id", "=", self.from_user_id.id)
        if model == "res.partner":
            records_sudo = records_sudo.with_context(active_test=False)
        elif model == "crm.lead":
            # nurtured ones are archived and come back; rejected ones are over
            records_sudo = records_sudo.with_context(active_test=False)
            domain &= Domain("won_status", "=", "pending")
            domain &= Domain("qualification_state", "!=", "rejected")
        elif model == "sale.order":
            domain &= Domain("state", "in", ("draft", "sent"))
        elif model == "crm.promise":
            domain &= Domain("state", "=", "open")
        return self._filter_company(records_sudo.search(domain, order="id"))

    def _filter_company(self, records_sudo):
        """Those of the hand-over's company, or of none; activities by their document."""
        companies = (False, self.company_id.id)
        if records_sudo._name == "mail.activity":
            return records_sudo.filtered(self._get_activity_test(records_sudo))
        if "company_id" not in records_sudo._fields:
            return records_sudo
        return records_sudo.filtered(lambda row: row.company_id.id in companies)

    def _get_activity_test(self, activities_sudo):
        """A test whether an activity is of this company: one query per kind of document."""
        away = set()  # {(model, id)} of other companies
        for model, rows in activities_sudo.grouped("res_model").items():
            if model not in self.env or "company_id" not in self.env[model]._fields:
                continue
            documents_sudo = self.env[model].sudo().with_context(active_test=False)
            domain = Domain("id", "in", rows.mapped("res_id"))
            domain &= Domain("company_id", "not in", (False, self.company_id.id))
            away.update((model, row_id) for row_id in documents_sudo.search(domain).ids)
        return lambda row: (row.res_model, row.res_id) not in away

    def _get_keys(self, found):
        """{record: (model, id)} of what must stay together: the customer, where known."""
        keys = {}
        documents = {}  # {(model, id): key} for the activities
        for model, records in found.items():
            for record in records:
                if model == "mail.activity":
                    own = (record.res_model or model, record.res_id or record.id)
                    keys[record] = documents.get(own, own)
                    continue
                partner = record if model == "res.partner" else record.partner_id
                customer = partner.commercial_partner_id
                key = ("res.partner", customer.id) if customer else (model, record.id)
                keys[record] = documents[model, record.id] = key
        return keys

    def _get_loads(self, found, keys):
        """{key: weight}: the money that is open, and one for each thing to do."""
        loads = {}
        for model, records in found.items():
            for record in records:
                weight = 1.0
                if model == "crm.lead":
                    weight += record.expected_revenue or 0.0
                loads[keys[record]] = loads.get(keys[record], 0.0) + weight
        return loads

    def _get_wanted(self, loads):
        """{key: [user ids]} of customers that a receiver's rule names."""
        customer_ids = [res_id for model, res_id in loads if model == "res.partner"]
        # sudo: rules ask about customers that the person who hands over need not read
        customers_sudo = self.env["res.partner"].sudo().browse(customer_ids)
        wanted = {}
        for receiver in self.receiver_ids:
            domain = literal_eval(receiver.domain or "[]")
            if not domain:
                continue
            for customer in customers_sudo.filtered_domain(domain):
                key = ("res.partner", customer.id)
                wanted.setdefault(key, []).append(receiver.user_id.id)
        return wanted

    def _prepare_item(self, record_sudo, key, user_id):
        is_deal = record_sudo._name == "crm.lead"
        return {
            "handover_id": self.id,
            "res_model": record_sudo._name,
            "res_id": record_sudo.id,
            "name": record_sudo.display_name,
            "team_id": record_sudo._name in KEPT and record_sudo.team_id.id,
            "customer_id": key[1] if key[0] == "res.partner" else False,
            "amount": record_sudo.expected_revenue if is_deal else 0.0,
            "to_user_id": user_id,
            "was_user_id": record_sudo.user_id.id,
            "now_user_id": False,
            "state": "planned",
        }

    # -- do, undo -----------------------------------------------------------------

    def action_apply(self):
        """Hand over what the preview says, as one set per kind and receiver."""
        self.ensure_one()
        self.check_access("write")
        self._lock()
        self._check_draft()
        if not self.item_ids:
            raise UserError(self.env._("Nothing to hand over: make the preview first."))
        self._check_takers(self.item_ids.to_user_id)
        self.item_ids._give_sudo(self.display_name)
        # sudo: nobody writes these by himself
        self.sudo().write({"state": "done", "done_at": fields.Datetime.now()})
        self._tell_receivers()

    def action_undo(self):
        """Give back what nobody has changed since."""
        self.ensure_one()
        self.check_access("write")
        self._lock()
        if self.state != "done":
            raise UserError(self.env._("There is nothing to undo."))
        reason = self.env._("Undone: %(handover)s", handover=self.display_name)
        self.item_ids._give_back_sudo(reason)
        # sudo: see action_apply
        self.sudo().write({"state": "undone", "undone_at": fields.Datetime.now()})

    def _lock(self):
        """A second click while the first one still works is refused, not done twice."""
        if not self.try_lock_for_update():
            raise UserError(self.env._("This is being done already."))
        self.invalidate_recordset(["state"])

    def _tell_receivers(self):
        """One notice each, not one per document."""
        counts = self.env["crm.handover.item"]._read_group(
            [("handover_id", "=", self.id), ("state", "=", "moved")],
            ["to_user_id"],
            ["__count"],
        )
        for user, count in counts:
            row = self.with_context(lang=user.lang)
            row.message_notify(
                subject=row.env._(
                    "You take over from %(user)s", user=self.from_user_id.name
                ),
                body=row.env._(
                    "Customers, deals and tasks that are yours now: %(count)s. %(note)s",
                    count=count,
                    note=self.note or "",
                ),
                partner_ids=user.partner_id.ids,
            )
