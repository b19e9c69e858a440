from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

FIGURES = ("click_count", "impression_count", "amount", "currency_id", "company_amount")
KEY = ("company_id", "campaign_id", "source_id", "medium_id", "content", "day")
TYPES = {
    "campaign_id": "int4", "source_id": "int4", "medium_id": "int4", "content": "varchar",
    "day": "date", "click_count": "int4", "impression_count": "int4", "amount": "numeric",
    "currency_id": "int4", "company_amount": "numeric",
}  # fmt: skip


class CrmAdSpendImport(models.Model):
    """A file of ad spend that was taken in. It can be undone as a whole."""

    _name = "crm.ad.spend.import"
    _description = "Import of Ad Spend"
    _order = "id DESC"

    name = fields.Char(string="File", required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    mapping_id = fields.Many2one(
        "crm.ad.spend.mapping", readonly=True, ondelete="set null"
    )
    user_id = fields.Many2one(
        "res.users", string="Imported by", readonly=True, ondelete="restrict"
    )
    imported_at = fields.Datetime(required=True, readonly=True)
    new_count = fields.Integer(string="New", readonly=True)
    changed_count = fields.Integer(string="Corrected", readonly=True)
    same_count = fields.Integer(string="Unchanged", readonly=True)
    state = fields.Selection(
        [("done", "Imported"), ("undone", "Undone")],
        required=True,
        readonly=True,
        default="done",
    )
    undone_at = fields.Datetime(readonly=True)
    spend_ids = fields.One2many("crm.ad.spend", "import_id", string="Days of Ads")

    # ------------------------------------------------------------ taking in

    @api.model
    def _take_in_sudo(self, name, company, rows, now, mapping=None):
        """Write a file's rows down: all of them or none.

        Past the rights: whoever may import writes no row of spend by hand.

        :param list rows: dicts with the keys of ``TYPES``, no two with one key
        :return: the import, or none where the file changed nothing
        """
        imports_sudo = self.sudo()
        taken = imports_sudo.create(
            {
                "name": name,
                "company_id": company.id,
                "mapping_id": mapping and mapping.id,
                "user_id": self.env.uid,
                "imported_at": now,
            }
        )
        self.env.flush_all()
        [(new, changed)] = self.env.execute_query(taken._upsert(rows, now))
        if not new and not changed:
            taken.unlink()
            return imports_sudo.browse()
        taken.write(
            {
                "new_count": new,
                "changed_count": changed,
                "same_count": len(rows) - new - changed,
            }
        )
        self.env.invalidate_all()
        taken._mark_campaigns()
        return taken

    def _upsert(self, rows, now):
        """SQL that writes rows and their history; gives (new, changed)."""
        fresh = SQL(
            "SELECT %s::int4 AS company_id, fresh.* FROM unnest(%s) AS fresh(%s)",
            self.company_id.id,
            SQL(", ").join(
                SQL("%s::" + kind + "[]", [row[name] for row in rows])  # pylint: disable=sql-injection
                for name, kind in TYPES.items()
            ),
            _list(TYPES),
        )
        return SQL(
            """
            WITH fresh AS (%(fresh)s), written AS (
                INSERT INTO crm_ad_spend AS old
                       (%(key)s, %(figures)s, import_id, is_void)
                SELECT %(key)s, %(figures)s, %(import)s, FALSE FROM fresh
                    ON CONFLICT ON CONSTRAINT crm_ad_spend_key_uniq DO UPDATE
                   SET (%(figures)s, import_id, is_void)
                     = (%(excluded)s, EXCLUDED.import_id, FALSE)
                 WHERE old.is_void IS TRUE OR %(differs)s
                RETURNING id, %(figures)s, xmax = 0 AS is_new
            ), history AS (
                INSERT INTO crm_ad_spend_revision
                       (spend_id, import_id, recorded_at, %(figures)s)
                SELECT id, %(import)s, %(now)s, %(figures)s FROM written
            )
            SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new)
              FROM written
            """,
            fresh=fresh,
            key=_list(KEY),
            figures=_list(FIGURES),
            excluded=_list(FIGURES, "excluded"),
            differs=differs("old", "excluded"),
            now=now,
            **{"import": self.id},
        )

    @api.model
    def _compare(self, company, rows):
        """(new, changed, same) if these rows were taken in."""
        if not rows:
            return 0, 0, 0
        [(old, changed)] = self.env.execute_query(
            SQL(
                """
                SELECT count(old.id),
                       count(*) FILTER (WHERE old.is_void IS TRUE OR %(differs)s)
                  FROM unnest(%(values)s) AS fresh(%(names)s)
                  JOIN crm_ad_spend old ON old.company_id = %(company)s AND %(same)s
                """,
                differs=differs("old", "fresh"),
                values=SQL(", ").join(
                    SQL("%s::" + kind + "[]", [row[name] for row in rows])  # pylint: disable=sql-injection
                    for name, kind in TYPES.items()
                ),
                names=_list(TYPES),
                company=company.id,
                same=SQL(" AND ").join(
                    SQL(
                        "%s IS NOT DISTINCT FROM %s",
                        SQL.identifier("old", name),
                        SQL.identifier("fresh", name),
                    )
                    for name in KEY[1:]
                ),
            )
        )
        return len(rows) - old, changed, old - changed

    def _mark_campaigns(self):
        """Queue the campaigns whose cost this import changes."""
        # sudo: the queue belongs to the engine
        self.env["crm.campaign.dirty"].sudo()._mark(
            SQL(
                """
                SELECT DISTINCT spend.campaign_id, spend.company_id
                  FROM crm_ad_spend_revision revision
                  JOIN crm_ad_spend spend ON spend.id = revision.spend_id
                 WHERE revision.import_id = ANY(%s)
                """,
                self.ids,
            )
        )

    # ------------------------------------------------------------ undoing

    def action_undo(self):
        """Give every day of an ad the figures that it has without this import."""
        if not self.env["crm.ad.spend.mapping"].has_access("write"):
            raise AccessError(self.env._("Only marketers may undo an import."))
        self.check_access("read")
        if self.filtered(lambda one: one.state != "done"):
            raise UserError(self.env._("This import has been undone already."))
        self._undo_sudo(fields.Datetime.now())

    def _undo_sudo(self, now):
        """Later imports of the same days stay as they are. Past the rights: see taking in."""
        imports_sudo = self.sudo()
        imports_sudo.write({"state": "undone", "undone_at": now})
        self.env.flush_all()
        self.env.cr.execute(imports_sudo._restore(now))
        self.env.invalidate_all()
        imports_sudo._mark_campaigns()

    def _restore(self, now):
        """SQL that gives the touched rows the figures of the last import that stands."""
        return SQL(
            """
            WITH touched AS (
                SELECT DISTINCT spend_id, max(import_id) AS import_id
                  FROM crm_ad_spend_revision
                 WHERE import_id = ANY(%(imports)s) AND is_undo IS NOT TRUE
                 GROUP BY spend_id
            ), standing AS (
                SELECT DISTINCT ON (touched.spend_id) touched.spend_id,
                       revision.import_id, %(values)s
                  FROM touched
                  LEFT JOIN (crm_ad_spend_revision revision
                        JOIN crm_ad_spend_import import
                          ON import.id = revision.import_id AND import.state = 'done')
                    ON revision.spend_id = touched.spend_id
                   AND revision.is_undo IS NOT TRUE
                 ORDER BY touched.spend_id, revision.id DESC
            ), written AS (
                UPDATE crm_ad_spend spend
                   SET (%(figures)s, is_void, import_id)
                     = (%(fresh)s, standing.import_id IS NULL,
                        COALESCE(standing.import_id, spend.import_id))
                  FROM standing
                 WHERE spend.id = standing.spend_id
                   AND spend.import_id IS DISTINCT FROM standing.import_id
                RETURNING spend.id, spend.is_void, %(written)s
            )
            INSERT INTO crm_ad_spend_revision
                   (spend_id, import_id, recorded_at, is_undo, is_void, %(figures)s)
            SELECT written.id, touched.import_id, %(now)s, TRUE, written.is_void,
                   %(figures)s
              FROM written JOIN touched ON touched.spend_id = written.id
            """,
            imports=self.ids,
            values=_list(FIGURES, "revision"),
            figures=_list(FIGURES),
            fresh=SQL(", ").join(
                SQL(
                    "COALESCE(%s, %s)",
                    SQL.identifier("standing", name),
                    SQL.identifier("spend", name),
                )
                for name in FIGURES
            ),
            written=_list(FIGURES, "spend"),
            now=now,
        )


def _list(names, alias=None):
    """Column names as SQL."""
    return SQL(", ").join(
        SQL.identifier(alias, name) if alias else SQL.identifier(name) for name in names
    )


def differs(left, right):
    """Whether the service says something else: a rate of ours that changed is no news."""
    names = [name for name in FIGURES if name != "company_amount"]
    return SQL("(%s) IS DISTINCT FROM (%s)", _list(names, left), _list(names, right))
