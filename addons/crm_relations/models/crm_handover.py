from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.handover import Receiver, allocate

# (switch on the form, model): in the order in which they are written
KINDS = (
    ("with_customers", "res.partner"),
    ("with_deals", "crm.lead"),
    ("with_quotations", "sale.order"),
    ("with_promises", "crm.promise"),
    ("with_activities", "mail.activity"),
)


class CrmHandover(models.Model):
    """Give somebody's customers, deals and tasks to others: preview, do, undo.

    Everything of one customer goes to one person. What was done is kept row by row.
    """

    _name = "crm.handover"
    _description = "Hand-over"
    _inherit = ["mail.thread"]
    _order = "id DESC"

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
        default="left",
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
        # sudo: who leads a team is no secret
        teams_sudo = self.env["crm.team"].sudo()
        if teams_sudo.search_count([("user_id", "=", self.env.uid)], limit=1):
            return self.env["res.users"]
        return self.env.user

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

    def write(self, vals):
        result = super().write(vals)
        if "from_user_id" in vals:
            # the host asks before a write only: nobody takes another's by renaming
            self.check_access("write")
        return result

    # -- preview ------------------------------------------------------------------

    def action_preview(self):
        """Show who would get what; each line may still be changed by hand."""
        self.ensure_one()
        self._check_draft()
        if not self.receiver_ids:
            raise UserError(self.env._("Name at least one person who takes over."))
        self.item_ids.unlink()
        found = {
            model: self._find_sudo(model) for switch, model in KINDS if self[switch]
        }
        keys = self._get_keys(found)
        loads = self._get_loads(found, keys)
        receivers = [Receiver(row.user_id.id, row.share) for row in self.receiver_ids]
        given = allocate(loads, receivers, self._get_wanted(loads))
        self.env["crm.handover.item"].create(
            [
                self._prepare_item(record, keys[record], given[keys[record]])
                for records in found.values()
                for record in records
                if keys[record] in given
            ]
        )

    def _check_draft(self):
        if self.state != "draft":
            raise UserError(self.env._("This was done already: make a new hand-over."))

    def _find_sudo(self, model):
        """What the person has of this kind now."""
        # sudo: who may hand over for somebody need not see his documents one by one
        records_sudo = self.env[model].sudo()
        domain = Domain("user_id", "=", self.from_user_id.id)
        if model == "crm.lead":
            domain &= Domain("won_status", "=", "pending")
        elif model == "sale.order":
            domain &= Domain("state", "in", ("draft", "sent"))
        elif model == "crm.promise":
            domain &= Domain("state", "=", "open")
        if "company_id" in records_sudo._fields:
            domain &= Domain("company_id", "in", (False, self.company_id.id))
        return records_sudo.search(domain, order="id")

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
            "customer_id": key[1] if key[0] == "res.partner" else False,
            "amount": record_sudo.expected_revenue if is_deal else 0.0,
            "to_user_id": user_id,
        }

    # -- do, undo -----------------------------------------------------------------

    def action_apply(self):
        """Hand over what the preview says, as one set per kind and receiver."""
        self.ensure_one()
        self.check_access("write")
        self._check_draft()
        if not self.item_ids:
            raise UserError(self.env._("Nothing to hand over: make the preview first."))
        self.item_ids._move("from_user_id", "to_user_id", self.display_name)
        self.write({"state": "done", "done_at": fields.Datetime.now()})
        self._tell_receivers()

    def action_undo(self):
        """Give back what nobody has changed since."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "done":
            raise UserError(self.env._("There is nothing to undo."))
        reason = self.env._("Undone: %(handover)s", handover=self.display_name)
        moved = self.item_ids.filtered(lambda item: item.state == "moved")
        moved._move("to_user_id", "from_user_id", reason)
        self.write({"state": "undone", "undone_at": fields.Datetime.now()})

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
