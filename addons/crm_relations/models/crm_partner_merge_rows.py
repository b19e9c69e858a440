"""Every row that belongs to a partner: found in one statement, turned by sets."""

from odoo import api, models
from odoo.tools import SQL

# tables that point at partners but are no property of one
# or are worked out from what moves
SKIPPED_TABLES = (
    "crm_partner_merge",
    "crm_partner_merge_log",
    "crm_customer_month",
    "crm_customer_metric",
)


class CrmPartnerMergeLog(models.Model):
    _inherit = "crm.partner.merge.log"

    # ------------------------------------------------------------ what there is

    @api.model
    def _get_references(self):
        """Every stored column that may hold a partner.

        :return: ``(plain, relations)``: plain ``[(table, column, model column or None)]``
            with an id, relations ``[(table, column, other column)]`` of two columns.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.relname, a.attname,
                       (SELECT min(o.attname) FROM pg_attribute o
                         WHERE o.attrelid = c.oid AND o.attnum > 0 AND NOT o.attisdropped
                           AND o.attnum <> a.attnum) AS other,
                       EXISTS (SELECT FROM pg_attribute i
                         WHERE i.attrelid = c.oid AND i.attname = 'id') AS has_id
                  FROM pg_constraint k
                  JOIN pg_class c ON c.oid = k.conrelid
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
                 WHERE k.contype = 'f' AND k.confrelid = 'res_partner'::regclass
                   AND c.relkind IN ('r', 'p') AND cardinality(k.conkey) = 1
                   AND c.relnamespace = current_schema::regnamespace
                   AND NOT c.relname = ANY(%s)
              ORDER BY 1, 2
                """,
                list(SKIPPED_TABLES),
            )
        )
        plain = [
            (table, column, None) for table, column, _other, has_id in rows if has_id
        ]
        relations = [row[:3] for row in rows if not row[3]]
        for model in self.env.registry.values():
            if model._abstract or not model._auto or model._name == "ir.model.data":
                continue
            for field in model._fields.values():
                if (
                    field.type == "many2one_reference"
                    and field.store
                    and field.column_type
                ):
                    plain.append((model._table, field.name, field.model_field))
        return plain, [row for row in relations if self._is_ours(row)]

    @api.model
    def _is_ours(self, relation):
        """A relation between partners, wizards aside."""
        return not relation[0].startswith("base_partner_merge")

    @api.model
    def _collect(self, source_id):
        """{(table, column): [row ids]} and {(relation, column, other): [other ids]}

        One statement asks every table.
        """
        self.env.flush_all()
        plain, relations = self._get_references()
        queries = []
        for table, column, model_column in plain:
            if not self._has_column(table, model_column or column):
                continue
            where = SQL("%s = %s", SQL.identifier(column), source_id)
            if model_column:
                where = SQL(
                    "%s AND %s = 'res.partner'", where, SQL.identifier(model_column)
                )
            if table == "res_partner":  # a partner is not his own belonging
                where = SQL("%s AND id <> %s", where, source_id)
            queries.append(self._collect_query(table, column, "id", where))
        for table, column, other in relations:
            where = SQL("%s = %s", SQL.identifier(column), source_id)
            queries.append(self._collect_query(table, column, other, where))
        rows = self.env.execute_query(SQL(" UNION ALL ").join(queries))
        return {tuple(row[:3]): row[3] for row in rows if row[3]}

    @api.model
    def _has_column(self, table, column):
        fields_of = {
            model._table: model._fields for model in self.env.registry.values()
        }
        return table not in fields_of or column in fields_of[table]

    @api.model
    def _collect_query(self, table, column, key, where):
        return SQL(
            "(SELECT %s::text, %s::text, %s::text, array_agg(%s) FROM %s WHERE %s)",
            table, column, key, SQL.identifier(key), SQL.identifier(table), where,
        )  # fmt: skip

    # ------------------------------------------------------------ turn

    @api.model
    def _move(self, table, column, key, ids, source, destination):
        """Turn rows from one partner to the other; returns the ids that moved."""
        target = destination
        if column in ("commercial_partner_id", "customer_id"):
            target = destination.commercial_partner_id
        if key == "id":
            return self._update_column(table, column, ids, source.id, target.id)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO %(table)s (%(column)s, %(other)s)
                SELECT %(target)s, new.id FROM unnest(%(ids)s) AS new(id)
                 WHERE NOT EXISTS (SELECT FROM %(table)s old
                        WHERE old.%(column)s = %(target)s AND old.%(other)s = new.id)
                RETURNING %(other)s
                """,
                table=SQL.identifier(table), column=SQL.identifier(column),
                other=SQL.identifier(key), target=target.id, ids=ids,
            )
        )  # fmt: skip
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _update_column(self, table, column, ids, source_id, target_id):
        """All at once, save rows whose unique key the target holds: those stay."""

        def update(row_ids):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id = ANY(%s) AND %s IN %s RETURNING id",
                    SQL.identifier(table), SQL.identifier(column), target_id, row_ids,
                    SQL.identifier(column), (source_id, target_id),
                )
            )  # fmt: skip
            return [row[0] for row in self.env.cr.fetchall()]

        if not self._is_unique(table, column):
            return update(ids)
        free = self._get_free_rows(table, column, ids, target_id)
        return update(free) if free else []

    @api.model
    def _is_unique(self, table, column):
        return bool(self._get_unique_columns(table, column))

    @api.model
    def _get_unique_columns(self, table, column):
        """[[columns of a unique index that holds ``column``]]"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT array_agg(a.attname::text)
                  FROM pg_index i JOIN pg_attribute a
                    ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
                 WHERE i.indrelid = %s::regclass AND i.indisunique
              GROUP BY i.indexrelid
                HAVING %s = ANY(array_agg(a.attname::text))
                """,
                table,
                column,
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _get_free_rows(self, table, column, ids, target_id):
        """Rows whose unique keys the target does not hold yet."""
        clashes = []
        for columns in self._get_unique_columns(table, column):
            same = [
                SQL("mine.%s = theirs.%s", SQL.identifier(name), SQL.identifier(name))
                for name in columns
                if name != column
            ]
            clashes.append(
                SQL(
                    "NOT EXISTS (SELECT FROM %s theirs WHERE %s)",
                    SQL.identifier(table),
                    SQL(" AND ").join(
                        [
                            SQL("theirs.%s = %s", SQL.identifier(column), target_id),
                            *same,
                        ]
                    ),
                )
            )
        rows = self.env.execute_query(
            SQL(
                "SELECT mine.id FROM %s mine WHERE mine.id = ANY(%s) AND %s",
                SQL.identifier(table),
                ids,
                SQL(" AND ").join(clashes),
            )
        )
        return [row[0] for row in rows]

    def _move_back(self, table, column, key, ids):
        """Only rows that still are where the merge put them."""
        source, target = self.source_id, self.destination_id
        if column in ("commercial_partner_id", "customer_id"):
            target = target.commercial_partner_id
        if not self._has_table(table):
            return
        if key != "id":
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE %s = %s AND %s = ANY(%s)",
                    SQL.identifier(table), SQL.identifier(column), target.id,
                    SQL.identifier(key), ids,
                )
            )  # fmt: skip
            return
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = ANY(%s) AND %s = %s",
                SQL.identifier(table), SQL.identifier(column), source.id, ids,
                SQL.identifier(column), target.id,
            )
        )  # fmt: skip

    def _has_table(self, table):
        """A module may have been uninstalled since."""
        self.env.cr.execute("SELECT to_regclass(%s)", [table])
        return bool(self.env.cr.fetchone()[0])

    @api.model
    def _recompute_people(self, rows):
        """Names of people who changed their company by SQL follow it."""
        self.env.invalidate_all()
        ids = [i for table, column, _key, found in rows for i in found
               if (table, column) == ("res_partner", "parent_id")]  # fmt: skip
        self.env["res.partner"].sudo().browse(ids).modified(["parent_id"])
        self.env.flush_all()
