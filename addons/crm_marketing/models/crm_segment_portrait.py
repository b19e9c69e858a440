"""What tells a segment's members from all other customers, and who is like them."""

from datetime import datetime, time, timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.portrait import SMOOTHING, lift, portrait, usable

TOLD = 12  # traits in words and in the picture
LOOKALIKES = 200
MINIMUM = 20  # customers with a trait


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    portrait_before = fields.Date(
        string="Compare as of",
        help="Only what was known before this day is compared. Empty: the day on which "
        "what its conditions ask for began.",
    )
    portrait_at = fields.Datetime(string="Worked out", readonly=True, copy=False)
    portrait_note = fields.Char(readonly=True, copy=False)
    trait_ids = fields.One2many(
        "crm.segment.trait", "segment_id", domain=[("is_told", "=", True)], copy=False
    )
    portrait_words = fields.Html(compute="_compute_portrait_words", sanitize=False)

    @api.depends("trait_ids")
    def _compute_portrait_words(self):
        for segment in self:
            segment.portrait_words = segment._get_picture() or False

    def _get_picture(self):
        """Words and two bars for each trait: its share inside and outside."""
        rows = Markup().join(
            Markup(
                '<div class="mb-2"><div>%s</div>'
                '<div class="d-flex align-items-center gap-2">'
                '<div class="flex-grow-1"><div class="rounded-1 bg-primary" '
                'style="height:6px;width:%s%%"></div><div class="rounded-1 bg-secondary '
                'opacity-50 mt-1" style="height:4px;width:%s%%"></div></div>'
                '<small class="text-muted text-nowrap">%s</small></div></div>'
            )
            % (
                trait._get_words(),
                max(round(100 * trait.share_inside), 1),
                max(round(100 * trait.share_outside), 1),
                self.env._(
                    "%(inside)s %% of them, %(outside)s %% of others",
                    inside=round(100 * trait.share_inside),
                    outside=round(100 * trait.share_outside),
                ),
            )
            for trait in self.trait_ids[:TOLD]
        )
        return rows

    # ------------------------------------------------------------ work out

    def action_portrait(self):
        """Compare the members with everybody else."""
        self.ensure_one()
        self.check_access("write")
        self._work_out_portrait(fields.Datetime.now())

    def _get_border(self, now):
        """(day before which traits must be known, whether the outcome lies before today)"""
        today = now.date()
        if self.portrait_before:
            return self.portrait_before, self.portrait_before < today
        days = [today]
        for block in self.block_ids.filtered(lambda block: block.is_not == "is"):
            if block.kind in ("bought", "contacted", "mailing", "class"):
                if block.days:
                    days.append(today - timedelta(days=block.days))
                elif block.date_from:
                    days.append(block.date_from)
                else:
                    # whenever: the first purchase may be the one it asks for
                    days.append(None)
        if None in days:
            return today, True
        return min(days), min(days) < today

    def _get_told_traits(self, now):
        """({code: Trait} to compare, [labels left out and why], day)"""
        day, is_past = self._get_border(now)
        traits = self.env["crm.trait"].with_context(trait_day=day)
        asked = set(self.block_ids.mapped("kind"))
        asked |= {path.split(".")[0] for path in self._get_condition_paths()}
        kept, left = {}, []
        for code, trait in traits._get_traits(self.company_id).items():
            if asked & set(trait.asked_by) or not usable(trait.known, is_past):
                left.append(trait.label)
            else:
                kept[code] = trait
        return kept, left, day

    def _get_condition_paths(self):
        return {c.field_expr for c in self._parse_domain().iter_conditions()}

    def _work_out_portrait(self, now):
        self.env.flush_all()
        traits, left, day = self._get_told_traits(now)
        self._fill_people()
        ((inside, outside),) = self.env.execute_query(
            SQL(
                "SELECT count(*) FILTER (WHERE is_member), "
                "count(*) FILTER (WHERE NOT is_member) FROM crm_trait_people"
            )
        )
        counts = self._count_traits(traits, datetime.combine(day, time.min))
        self._write_traits(traits, counts, (inside, outside))
        note = False
        if inside < MINIMUM:
            note = self.env._(
                "Too few members to tell more than chance: %(n)s.", n=inside
            )
        elif left:
            note = self.env._(
                "Not compared, for the conditions ask for it or nobody knows since "
                "when: %(what)s.",
                what=", ".join(sorted(left)),
            )
        # sudo: figures of the engine
        self.sudo().with_context(tracking_disable=True).write(
            {"portrait_at": now, "portrait_note": note}
        )

    def _fill_people(self):
        """Everybody compared, customers of the company: a table for this transaction."""
        everybody = self.env["res.partner"].sudo()  # as members are found
        query = everybody.with_context(active_test=True)._search(
            self._get_base_domain()
        )
        if self.scope == "customer":
            query.add_where(SQL("res_partner.id = res_partner.commercial_partner_id"))
        self.env.cr.execute("DROP TABLE IF EXISTS crm_trait_people")
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE crm_trait_people ON COMMIT DROP AS
                SELECT found.id, found.customer_id, member.id IS NOT NULL AS is_member
                  FROM (%s) found
                  LEFT JOIN crm_segment_member member ON member.partner_id = found.id
                   AND member.segment_id = %s AND member.left_at IS NULL
                """,
                query.select("id", SQL("commercial_partner_id AS customer_id")),
                self.id,
            )
        )
        self.env.cr.execute("ANALYZE crm_trait_people")

    def _count_traits(self, traits, before):
        """{(trait, value): (members, others)} in one statement"""
        if not traits:
            return {}
        rows = self.env.execute_query(
            SQL(" UNION ALL ").join(
                SQL(
                    """
                    SELECT %(code)s, trait.value,
                           count(DISTINCT people.id) FILTER (WHERE people.is_member),
                           count(DISTINCT people.id) FILTER (WHERE NOT people.is_member)
                      FROM crm_trait_people people
                      JOIN (%(select)s) trait ON trait.customer_id = people.customer_id
                     WHERE trait.value IS NOT NULL
                       AND (trait.known_at IS NULL OR trait.known_at < %(before)s)
                     GROUP BY trait.value
                    """,
                    code=code,
                    select=trait.select,
                    before=before,
                )
                for code, trait in traits.items()
            )
        )
        return {
            (code, value): (inside, outside) for code, value, inside, outside in rows
        }

    def _write_traits(self, traits, counts, totals):
        found = portrait(counts, totals, MINIMUM)
        ranks = {(f.trait, f.value): rank for rank, f in enumerate(found)}
        # sudo: figures of the engine
        rows_sudo = self.env["crm.segment.trait"].sudo()
        rows_sudo.search([("segment_id", "=", self.id)]).unlink()
        values = []
        for (code, value), (inside, outside) in counts.items():
            if not all(totals):
                break
            ratio, low, high = lift(inside, totals[0], outside, totals[1])
            values.append(
                {
                    "segment_id": self.id,
                    "company_id": self.company_id.id,
                    "trait": code,
                    "label": traits[code].label,
                    "value": value,
                    "inside_count": inside,
                    "outside_count": outside,
                    "share_inside": inside / totals[0],
                    "share_outside": outside / totals[1],
                    "lift": ratio,
                    "low": low,
                    "high": high,
                    "is_told": (code, value) in ranks,
                    "rank": ranks.get((code, value), len(ranks)),
                }
            )
        rows_sudo.create(values)
        self.invalidate_recordset(["trait_ids", "portrait_words"])

    def action_open_traits(self):
        """Every trait, those that may be chance too."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_segment_trait_action"
        )
        return dict(action, domain=[("segment_id", "=", self.id)])

    # ------------------------------------------------------------ who is like them

    def action_lookalikes(self):
        """Customers who are not members, those most like the members first."""
        self.ensure_one()
        self.check_access("write")
        now = fields.Datetime.now()
        self._work_out_portrait(now)
        if not self.trait_ids:
            raise UserError(
                self.env._(
                    "Nothing distinguishes the members yet, so nobody can be like them."
                )
            )
        self._rank_others(now)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_marketing.crm_segment_likeness_action"
        )
        return dict(action, domain=[("segment_id", "=", self.id)], context={})

    def _rank_others(self, now):
        """Naive Bayes as the host scores leads, by one statement over all customers."""
        traits, _left, day = self._get_told_traits(now)
        before = datetime.combine(day, time.min)
        self.env.flush_all()
        known = SQL(" UNION ALL ").join(
            SQL(
                "SELECT DISTINCT %s AS code, trait.customer_id, trait.value FROM (%s) trait "
                "WHERE trait.known_at IS NULL OR trait.known_at < %s",
                code,
                trait.select,
                before,
            )
            for code, trait in traits.items()
        )
        self.env["crm.segment.likeness"].sudo().search(
            [("segment_id", "=", self.id)]
        ).unlink()
        self.env.cr.execute(
            SQL(
                """
                WITH weight AS (
                    SELECT trait, value,
                           ln((inside_count + %(add)s) / SUM(inside_count + %(add)s)
                              OVER (PARTITION BY trait))
                         - ln((outside_count + %(add)s) / SUM(outside_count + %(add)s)
                              OVER (PARTITION BY trait)) AS odds
                      FROM crm_segment_trait WHERE segment_id = %(segment)s
                ), total AS (
                    SELECT ln(count(*) FILTER (WHERE is_member)::float
                              / count(*) FILTER (WHERE NOT is_member)) AS odds
                      FROM crm_trait_people
                )
                INSERT INTO crm_segment_likeness
                       (segment_id, company_id, partner_id, score)
                SELECT %(segment)s, %(company)s, people.id,
                       round((100 / (1 + exp(-(total.odds + SUM(weight.odds)))))::numeric,
                             1)
                  FROM crm_trait_people people
                  JOIN (%(known)s) known ON known.customer_id = people.customer_id
                  JOIN weight ON weight.trait = known.code AND weight.value = known.value
                 CROSS JOIN total
                 WHERE NOT people.is_member
                 GROUP BY people.id, total.odds
                 ORDER BY SUM(weight.odds) DESC, people.id
                 LIMIT %(limit)s
                """,
                add=SMOOTHING,
                segment=self.id,
                company=self.company_id.id,
                known=known,
                limit=LOOKALIKES,
            )
        )
        self.env["crm.segment.likeness"].invalidate_model(flush=False)


class CrmSegmentTrait(models.Model):
    _inherit = "crm.segment.trait"

    def _get_words(self):
        """``3.1 × more often: City Lviv``"""
        self.ensure_one()
        what = f"{self.label} {self.value}"
        if not self.outside_count:
            return self.env._("only here: %(what)s", what=what)
        if not self.inside_count:
            return self.env._("never here: %(what)s", what=what)
        if self.lift >= 1:
            return self.env._(
                "%(times)s × more often: %(what)s", times=f"{self.lift:.1f}", what=what
            )
        return self.env._(
            "%(times)s × less often: %(what)s", times=f"{1 / self.lift:.1f}", what=what
        )
