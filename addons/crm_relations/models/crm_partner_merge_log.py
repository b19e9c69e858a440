"""What a merge moved, row by row, and the way back."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

# empty ones of the card that stays are filled from the other
FILLED_FIELDS = (
    "phone", "email", "website", "street", "street2", "city", "zip", "state_id",
    "country_id", "vat", "ref", "lang", "function", "user_id", "comment",
)  # fmt: skip


class CrmPartnerMergeLog(models.Model):
    _name = "crm.partner.merge.log"
    _description = "Merged Customers"
    _order = "merged_at DESC, id DESC"
    _rec_name = "destination_id"

    destination_id = fields.Many2one(
        "res.partner", string="Stayed", required=True, ondelete="cascade", index=True
    )
    source_id = fields.Many2one(
        "res.partner",
        string="Archived",
        required=True,
        ondelete="cascade",
        index=True,
        help="The twin: archived, not deleted, so that the merge can be undone.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Merged by",
        required=True,
        default=lambda self: self.env.user,
    )
    merged_at = fields.Datetime(required=True, default=fields.Datetime.now)
    reason = fields.Char(required=True)
    summary = fields.Text(readonly=True, help="How many rows moved, by kind.")
    moved = fields.Json(
        export_string_translation=False,
        help="{table: {column: [row ids]}}, {relation: {column: [other ids]}}, old values",
    )
    undone_at = fields.Datetime(readonly=True)
    undone_by_id = fields.Many2one("res.users", readonly=True)

    # ------------------------------------------------------------ there

    @api.model
    def _merge(self, source, destination, reason):
        """Turn everything of ``source`` to ``destination`` and archive ``source``.

        The caller has checked the rights. What cannot move, because the destination has
        the same already, stays with the archived twin: nothing is deleted.
        """
        (source | destination).lock_for_update()
        cards = self.env["crm.contact.point"].search_read(
            [("partner_id", "in", [source.id, destination.id])],
            ["partner_id", "kind", "value", "normalized", "origin", "state"],
            load=None,
        )
        found = self._collect(source.id)
        partners_sudo = self.env["res.partner"].sudo()
        partners_sudo._crm_merge_partners(source.ids, destination.sudo())
        moved = [
            [table, column, key, ids]
            for (table, column, key), rows in found.items()
            if (ids := self._move(table, column, key, rows, source, destination))
        ]
        filled = self._fill(source, destination)
        self._recompute_people(moved)
        source.sudo().with_context(crm_point_sync=True).active = False
        self.env["crm.contact.point"].sudo()._sync_partners(destination.ids)
        log = self.create(
            {
                "source_id": source.id,
                "destination_id": destination.id,
                "reason": reason,
                "summary": self._get_summary(found),
                "moved": {"rows": moved, "filled": filled, "points": cards},
            }
        )
        self._tell(log, source, destination)
        return log

    def _tell(self, log, source, destination):
        destination.message_post(
            body=self.env._(
                "Merged with %(name)s (ID %(id)s): %(reason)s",
                name=source.display_name, id=source.id, reason=log.reason,
            )
        )  # fmt: skip

    @api.model
    def _fill(self, source, destination):
        """{field: value before} of the empty fields that the twin could fill"""
        names = [
            name for name in FILLED_FIELDS if source[name] and not destination[name]
        ]
        values = {name: source[name] for name in names}
        values = source._convert_to_write(values)
        for name in ("customer_rank", "supplier_rank"):
            if source[name] > destination[name]:
                values[name] = source[name]
        before = destination._convert_to_write(
            {name: destination[name] for name in values}
        )
        # sudo: who may write both cards may fill one from the other
        destination.sudo().with_context(crm_point_sync=True).write(values)
        return {name: [before[name], values[name]] for name in values}

    @api.model
    def _get_summary(self, found):
        """Lines "Kind: how many", the most first"""
        names = {model._table: model._name for model in self.env.registry.values()}
        counts = defaultdict(set)
        for (table, _column, key), ids in found.items():
            if table in names and key == "id":
                counts[names[table]].update(ids)
        models_sudo = self.env[
            "ir.model"
        ].sudo()  # sudo: labels of models are no secret
        lines = sorted(counts.items(), key=lambda item: -len(item[1]))
        return "\n".join(
            f"{models_sudo._get(name).name}: {len(ids)}" for name, ids in lines
        )

    # ------------------------------------------------------------ and back

    def action_undo(self):
        """Bring the archived twin back with everything that was moved from him."""
        self.ensure_one()
        if self.user_id != self.env.user and not self.env.user.has_group(
            "sales_team.group_sale_manager"
        ):
            raise UserError(
                self.env._("Who merged, or the administrator of sales, may undo it.")
            )
        self._check_undo()
        source, destination = self.source_id, self.destination_id
        # sudo: the rows went by SQL past all rights, and so they return
        log_sudo = self.sudo()
        self.env.flush_all()
        for table, column, key, ids in log_sudo.moved["rows"]:
            log_sudo._move_back(table, column, key, ids)
        log_sudo._recompute_people(log_sudo.moved["rows"])
        log_sudo._unfill()
        source.sudo().with_context(crm_point_sync=True).active = True
        log_sudo._restore_points()
        log_sudo.write(
            {"undone_at": fields.Datetime.now(), "undone_by_id": self.env.uid}
        )
        destination.message_post(
            body=self.env._(
                "The merge with %(name)s was undone.", name=source.display_name
            )
        )
        return True

    def _check_undo(self):
        if self.undone_at:
            raise UserError(self.env._("This merge has been undone already."))
        if not self.destination_id.active:
            raise UserError(
                self.env._("%(name)s was merged again: undo the later merge first.",
                           name=self.destination_id.display_name)
            )  # fmt: skip

    def _unfill(self):
        destination = self.destination_id
        values = {}
        for name, (before, after) in self.moved["filled"].items():
            if destination._convert_to_write({name: destination[name]})[name] == after:
                values[name] = before
        destination.with_context(crm_point_sync=True).write(values)

    def _restore_points(self):
        """Both cards say what they say; of other points each gets his own back."""
        points = self.env["crm.contact.point"]
        points._sync_partners((self.source_id | self.destination_id).ids)
        had = {
            (row["partner_id"], row["kind"], row["normalized"]): row
            for row in self.moved["points"]
            if row["normalized"]
        }
        have = {
            (point.partner_id.id, point.kind, point.normalized): point
            for point in points.search(
                [("partner_id", "in", (self.source_id | self.destination_id).ids)]
            )
        }
        points.create(
            [
                {
                    name: row[name]
                    for name in ("partner_id", "kind", "value", "origin", "state")
                }
                for key, row in had.items()
                if key not in have
            ]
        )
        # a filled value that left the card again was never the destination's
        destination = self.destination_id.id
        extra = points.browse(
            point.id
            for (partner, kind, normalized), point in have.items()
            if partner == destination
            and (partner, kind, normalized) not in had
            and (self.source_id.id, kind, normalized) in had
        )
        extra.unlink()
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE crm_interaction row SET contact_point_id = own.id
              FROM crm_contact_point other
              JOIN crm_contact_point own USING (kind, normalized)
             WHERE row.partner_id = %s AND own.partner_id = row.partner_id
               AND other.id = row.contact_point_id AND other.partner_id <> row.partner_id
            """,
            [self.source_id.id],
        )
        self.env.invalidate_all()
