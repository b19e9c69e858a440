"""How members are kept: only differences are written, by sets."""

import logging
from contextlib import contextmanager
from time import perf_counter

from psycopg2.errors import QueryCanceled

from odoo import api, fields, models, tools
from odoo.tools import SQL

from .crm_segment_member import mark_of

_logger = logging.getLogger(__name__)

BATCH = 20_000
# a refresh is stopped after so many times what it is allowed
PATIENCE = 10
CHECK_CODE = "segments"

# Nothing has changed when both sides have as many members and the same exclusive-or of
# 64-bit hashes of their ids. The segment keeps those of its members (``size``, ``mark``):
# what came and what left is added to them, so the members themselves are not read.
# Two different sets agree by chance once in 10 ** 19 refreshes.
SAME = """
    SELECT fresh.size = kept.size AND fresh.mark::text IS NOT DISTINCT FROM kept.mark
      FROM (SELECT count(*) AS size, %(mark)s AS mark FROM (%(select)s) found) fresh,
           crm_segment kept
     WHERE kept.id = %(segment)s
"""
FILL = """
    INSERT INTO crm_segment_member (segment_id, partner_id, company_id, entered_at)
    SELECT %(segment)s, id, %(company)s, %(now)s FROM crm_segment_fresh ORDER BY id
"""
CHANGE = """
    WITH fresh AS MATERIALIZED (%(select)s),
    gone AS (
        UPDATE crm_segment_member member SET left_at = %(now)s
         WHERE segment_id = %(segment)s AND left_at IS NULL %(asked)s
           AND NOT EXISTS (SELECT FROM fresh WHERE fresh.id = member.partner_id)
     RETURNING member.partner_id AS id
    ), came AS (
        INSERT INTO crm_segment_member (segment_id, partner_id, company_id, entered_at)
        SELECT %(segment)s, fresh.id, %(company)s, %(now)s FROM fresh
         WHERE NOT EXISTS (
               SELECT FROM crm_segment_member member
                WHERE member.segment_id = %(segment)s AND member.left_at IS NULL
                  AND member.partner_id = fresh.id %(asked)s)
         ORDER BY fresh.id
     RETURNING partner_id AS id
    )
    SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM gone),
           (SELECT %(mark)s FROM (SELECT id FROM came UNION ALL SELECT id FROM gone) c)
"""


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    is_followed = fields.Boolean(
        string="Follows changes",
        compute="_compute_followed",
        help="A change of a customer is noticed within minutes.",
    )
    followed_note = fields.Text(
        string="When it is noticed", compute="_compute_followed"
    )

    # ------------------------------------------------------------ one segment

    def _refresh(self, now, asked=None):
        """Make the members what the conditions say.

        :param asked: ids of partners to look at, their companies among them; None: all
        :return: (how many came, how many left)
        """
        self.ensure_one()
        self.env.flush_all()
        started = perf_counter()
        try:
            with self._limited(self._get_limit()):
                *changes, mark = self._apply(now, asked)
        except QueryCanceled:
            self._tell_stopped()
            return 0, 0
        if any(changes):
            self._count(now, *changes, mark)
        self._note_time(perf_counter() - started, asked, any(changes))
        return tuple(changes)

    def _get_limit(self):
        """Seconds after which a refresh is stopped."""
        return self.budget_seconds * PATIENCE

    @contextmanager
    def _limited(self, seconds):
        """Statements that take longer are cancelled, and what they did undone."""
        # not a flushing one: a rollback would empty the form that is being edited
        with self.env.cr.savepoint(flush=False):
            self.env.cr.execute(
                SQL("SET LOCAL statement_timeout = %s", int(seconds * 1000))
            )
            yield
            self.env.cr.execute("SET LOCAL statement_timeout TO DEFAULT")

    def _apply(self, now, asked):
        """(how many came, how many left, what the mark changes by)"""
        parts = {
            "select": self._get_query(now, asked).select("id"),
            "segment": self.id,
            "company": self.company_id.id,
            "now": now,
            "asked": SQL(),
            "mark": mark_of("id"),
        }
        if asked is None:
            if not self._has_members():
                return self._fill(parts)
            ((same,),) = self.env.execute_query(SQL(SAME, **parts))
            if same:
                return 0, 0, 0
        else:
            parts["asked"] = SQL("AND member.partner_id = ANY(%s)", asked)
        (changes,) = self.env.execute_query(SQL(CHANGE, **parts))
        return changes

    def _has_members(self):
        found = self.env.execute_query(
            SQL(
                "SELECT FROM crm_segment_member "
                "WHERE segment_id = %s AND left_at IS NULL LIMIT 1",
                self.id,
            )
        )
        return bool(found)

    def _fill(self, parts):
        """The first members: (their number, 0, their mark).

        By way of a temporary table: PostgreSQL finds them with all its processors then,
        which it does not for an INSERT.
        """
        self.env.cr.execute("DROP TABLE IF EXISTS crm_segment_fresh")
        self.env.cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE crm_segment_fresh ON COMMIT DROP AS %s",
                parts["select"],
            )
        )
        self.env.cr.execute(SQL(FILL, **parts))
        came = self.env.cr.rowcount
        [(mark,)] = self.env.execute_query(
            SQL("SELECT %s FROM crm_segment_fresh", mark_of("id"))
        )
        return came, 0, mark

    def _count(self, now, came, left, mark):
        """The size and the mark, and the size's history by days."""
        self.env.cr.execute(
            SQL(
                """
                WITH counted AS (
                    UPDATE crm_segment
                       SET size = COALESCE(size, 0) + %(came)s - %(left)s,
                           mark = (COALESCE(mark::int8, 0) # %(mark)s)::text
                     WHERE id = %(id)s RETURNING id, company_id, size
                )
                INSERT INTO crm_segment_size AS old
                       (segment_id, company_id, date, size, entered_count, left_count)
                SELECT id, company_id, %(day)s, size, %(came)s, %(left)s FROM counted
                    ON CONFLICT (segment_id, date) DO UPDATE
                   SET size = EXCLUDED.size,
                       entered_count = old.entered_count + EXCLUDED.entered_count,
                       left_count = old.left_count + EXCLUDED.left_count
                """,
                id=self.id,
                came=came,
                left=left,
                mark=mark,
                day=fields.Datetime.context_timestamp(
                    self.with_context(tz=self.company_id.partner_id.tz or "UTC"), now
                ).date(),
            )
        )
        self.env["crm.segment.member"].invalidate_model(flush=False)
        self.env["crm.segment.size"].invalidate_model(flush=False)
        self.env["res.partner"].invalidate_model(["crm_segment_ids"], flush=False)
        self.invalidate_recordset(
            ["size", "mark", "member_ids", "size_ids"], flush=False
        )

    def _note_time(self, seconds, asked, changed):
        """How long it took; written only with a change, or when it became slow or quick."""
        is_slow = seconds > self.budget_seconds
        if asked is not None or not (
            changed or self.problem or is_slow != self.is_slow
        ):
            return
        if is_slow:
            _logger.warning(
                "Segment %s took %.1f s, allowed are %s", self.id, seconds,
                self.budget_seconds,
            )  # fmt: skip
        # sudo: figures of the engine
        self.sudo().with_context(tracking_disable=True).write(
            {"last_seconds": seconds, "problem": False}
        )

    def _tell_stopped(self):
        seconds = self._get_limit()
        _logger.warning("Segment %s was stopped after %s s", self.id, seconds)
        # sudo: figures of the engine
        self.sudo().with_context(tracking_disable=True).write(
            {
                "last_seconds": seconds,
                "problem": self.env._(
                    "The refresh was stopped after %(seconds)s s; the members are those "
                    "of the refresh before.",
                    seconds=seconds,
                ),
            }
        )

    # ------------------------------------------------------------ all of them

    @api.model
    def _cron_refresh(self):
        """At night: every segment, each after those it is made of."""
        now = fields.Datetime.now()
        order = self._get_refresh_order()
        problems = 0
        for done, segment in enumerate(self.browse(order), 1):
            segment._refresh(now)
            problems += bool(segment.problem or segment.is_slow)
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(order) - done):
                break
        self.env["crm.health.check"]._report(CHECK_CODE, problems, now)

    @api.model
    def _refresh_all(self, now):
        """All at once, in the caller's transaction."""
        for segment in self.browse(self._get_refresh_order()):
            segment._refresh(now)

    @api.model
    def _cron_follow(self):
        """Every few minutes: customers of whom something changed."""
        queue = self.env["crm.segment.dirty"]
        while True:
            count = self._follow(fields.Datetime.now())
            if not count:
                return
            remaining = queue.sudo().search_count([], limit=1)
            left = self.env["ir.cron"]._commit_progress(count, remaining=remaining)
            if not (left and remaining):
                return

    @api.model
    def _follow(self, now, limit=BATCH):
        """Look at the partners of the queue, in the caller's transaction.

        :return: number of partners taken, None while another pass is at work
        """
        queue_sudo = self.env["crm.segment.dirty"].sudo()  # the engine's own table
        if not queue_sudo._lock():
            return None
        taken = [partner_id for (partner_id,) in queue_sudo._take(limit)]
        if taken:
            asked = self._get_family(taken)
            for segment in self.browse(self._get_refresh_order()):
                segment._refresh(now, asked)
        return len(taken)

    @api.model
    def _get_family(self, partner_ids):
        """Ids of these partners, their companies and everybody in those."""
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM res_partner WHERE commercial_partner_id IN (
                       SELECT commercial_partner_id FROM res_partner WHERE id = ANY(%s))
                 UNION
                SELECT unnest(%s)
                """,
                partner_ids,
                partner_ids,
            )
        )
        return [partner_id for (partner_id,) in rows]

    # ------------------------------------------------------------ what is noticed

    @api.depends("domain", "block_ids.kind", "block_ids.days", "block_ids.measure",
                 "block_ids.other_ids")  # fmt: skip
    def _compute_followed(self):
        for segment in self:
            waits, ages = segment._get_waiting()
            segment.is_followed = not waits
            notes = [self.env._("Changes are noticed within minutes.")]
            if waits:
                notes = [self.env._("Waits for the nightly refresh: %(what)s.",
                                    what=", ".join(waits))]  # fmt: skip
                if len(waits) < len(segment.block_ids) + 1:
                    notes.append(self.env._("The rest is noticed within minutes."))
            if ages:
                notes.append(
                    self.env._(
                        "Comes true by time alone, which is looked at every night: "
                        "%(what)s.",
                        what=", ".join(ages),
                    )
                )
            segment.followed_note = " ".join(notes)

    def _get_waiting(self):
        """([conditions that wait for the night], [conditions that age]) in words."""
        waits = [
            self.env._("field “%(name)s”", name=name)
            for name in sorted(self._get_domain_fields()[1])
        ]
        waits += [b.summary or "" for b in self.block_ids if not b._is_followed()]
        ages = [b.summary or "" for b in self.block_ids if b._ages()]
        return waits, ages

    def _get_domain_fields(self):
        """({fields of res.partner whose writing is noticed}, {paths that are not})"""
        self.ensure_one()
        try:
            conditions = list(self._parse_domain().iter_conditions())
        except (ValueError, TypeError, SyntaxError):
            return set(), set()
        watched, waiting = set(), set()
        for condition in conditions:
            roots = self._get_written_fields(condition.field_expr, set())
            if roots is None:
                waiting.add(condition.field_expr)
            else:
                watched |= roots
            if isinstance(condition.value, str) and condition.value.startswith(
                ("today", "now", "=", "-", "+")
            ):
                waiting.add(condition.field_expr)
        return watched, waiting

    @api.model
    def _get_written_fields(self, path, seen):
        """Fields of a partner that a person writes and ``path`` follows from, or None."""
        partners = self.env["res.partner"]
        if "." in path and not path.startswith("properties."):
            return None
        field = partners._fields.get(path.split(".")[0])
        if field is None or path in seen:
            return set() if field is not None else None
        if field.name == "crm_class":
            return set()  # the nightly classes tell by themselves
        if field.type == "one2many" or not (field.store or field.related):
            return None
        if not field.compute or field.type == "properties":
            return {field.name}
        roots = {field.name}
        for depends in self.pool.field_depends[field]:
            more = self._get_written_fields(depends, seen | {path})
            if more is None and field.name != "commercial_partner_id":
                return None
            roots |= more or set()
        return roots

    @api.model
    @tools.ormcache()
    def _get_watched_fields(self):
        """Fields of res.partner that active segments ask about; None: no segment at all."""
        # sudo: whatever is watched is watched for everybody
        segments_sudo = self.sudo().search([("active", "=", True)])
        if not segments_sudo:
            return None
        watched = {"active", "company_id", "parent_id", "is_company"}
        for segment in segments_sudo:
            watched |= segment._get_domain_fields()[0]
            if "region" in segment.block_ids.mapped("kind"):
                watched |= {"country_id", "state_id", "city", "zip"}
        return frozenset(watched)

    @api.model
    def _mark(self, partner_ids):
        """Queue partners, when there are segments to ask about them."""
        if partner_ids and self._get_watched_fields() is not None:
            # sudo: the engine's own table
            self.env["crm.segment.dirty"].sudo()._mark([(i,) for i in partner_ids])
