import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

SENDER_GROUP = "crm_relations.group_interaction_sender"
ERRORS_KEPT = 20  # bad rows of a delivery that its log shows


class CrmInteractionSource(models.Model):
    """An outside system that delivers contacts: a PBX, a messenger, a call tracker."""

    _name = "crm.interaction.source"
    _description = "Contact Source"
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        help="Everything this source delivers belongs to this company.",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        ondelete="set null",
        check_company=True,
        help="Team of contacts whose customer, lead and employee have none.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Technical User",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Made with the first key. It can deliver contacts and do nothing else.",
    )
    has_key = fields.Boolean(compute="_compute_has_key", string="Key in Use")
    key_created_at = fields.Datetime(string="Key Made", readonly=True, copy=False)
    delivery_ids = fields.One2many(
        "crm.interaction.delivery", "source_id", string="Deliveries", readonly=True
    )
    last_delivery_at = fields.Datetime(
        string="Last Delivery",
        compute="_compute_last_delivery",
        help="When this source last delivered anything, good or bad.",
    )
    last_error_count = fields.Integer(
        string="Bad Rows",
        compute="_compute_last_delivery",
        help="Of the last delivery.",
    )

    _user_uniq = models.Constraint("UNIQUE(user_id)", "A source has a user of its own.")

    def _compute_has_key(self):
        keys_sudo = self.env["res.users.apikeys"].sudo()  # secrets are not read here
        users = {
            user.id
            for [user] in keys_sudo._read_group(
                [("user_id", "in", self.user_id.ids)], ["user_id"]
            )
        }
        for source in self:
            source.has_key = source.active and source.user_id.id in users

    @api.depends("delivery_ids")
    def _compute_last_delivery(self):
        deliveries = self.env["crm.interaction.delivery"]
        last = dict(
            deliveries._read_group(
                [("source_id", "in", self.ids)], ["source_id"], ["id:max"]
            )
        )
        for source in self:
            delivery = deliveries.browse(last.get(source))
            source.last_delivery_at = delivery.delivered_at
            source.last_error_count = delivery.error_count

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False:
            self._remove_keys()
        if "company_id" in vals:
            for source in self.filtered("user_id"):
                source.user_id.sudo().write(source._prepare_user_company())
        return result

    def unlink(self):
        users_sudo = self.user_id.sudo()  # made by us, nobody else uses them
        self._remove_keys()
        result = super().unlink()
        users_sudo.action_archive()
        return result

    def action_new_key(self):
        """Make a key that does not expire; the old one stops at once. Shown one time."""
        self.ensure_one()
        self.check_access("write")
        if not self.active:
            raise UserError(self.env._("Un-archive the source first."))
        user_sudo = self._ensure_user()
        self._remove_keys()
        key = (
            self.env["res.users.apikeys"]
            .with_user(user_sudo)
            .sudo()
            ._generate("rpc", self.name, None)
        )
        self.key_created_at = fields.Datetime.now()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.show",
            "name": self.env._("Key of %(name)s", name=self.name),
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": key},
        }

    def action_revoke_key(self):
        """The key stops working at once."""
        self.check_access("write")
        self._remove_keys()

    def _remove_keys(self):
        if self.user_id:
            keys_sudo = self.env["res.users.apikeys"].sudo()  # of our technical users
            keys_sudo.search([("user_id", "in", self.user_id.ids)])._remove()
            self.write({"key_created_at": False})

    def _ensure_user(self):
        """The share user that holds the key: no group but the sender's."""
        if not self.user_id:
            # sudo: users of this one kind are made by the button, not by hand
            users_sudo = (
                self.env["res.users"].sudo().with_context(no_reset_password=True)
            )
            self.user_id = users_sudo.create(
                {
                    "name": self.env._("Source: %(name)s", name=self.name),
                    "login": f"crm-source-{self.id}-{secrets.token_hex(4)}",
                    "group_ids": [Command.set(self.env.ref(SENDER_GROUP).ids)],
                    **self._prepare_user_company(),
                }
            )
        return self.user_id.sudo()

    def _prepare_user_company(self):
        return {
            "company_id": self.company_id.id,
            "company_ids": [Command.set(self.company_id.ids)],
        }

    @api.model
    def _get_of_user(self):
        """The source whose key is calling, if any (sudo: its user may read nothing)."""
        sources_sudo = self.sudo()
        if self.env.su or not self.env.user._has_group(SENDER_GROUP):
            return sources_sudo.browse()
        return sources_sudo.search([("user_id", "=", self.env.uid)], limit=1)

    def _log_delivery(self, row_count, result):
        """Append-only: two calls of one source never write the same row."""
        errors = result["errors"]
        self.env["crm.interaction.delivery"].create(
            {
                "source_id": self.id,
                "row_count": row_count,
                "created_count": result["created"],
                "updated_count": result["updated"],
                "unmatched_count": result["unmatched"],
                "error_count": len(errors),
                "errors": "\n".join(
                    f"{error['index']}: {error['field']}: {error['message']}"
                    for error in errors[:ERRORS_KEPT]
                )
                or False,
            }
        )
