"""Customers of class A go to the people a team marks for them, and back after a time."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.best_people import allocate

GIVEN = "best"
RETURNED = "best_back"


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    crm_takes_best = fields.Boolean(
        string="For Class A",
        tracking=True,
        help="Customers of class A go to this person when they come into the class, and "
        "so do their new leads.",
    )
    crm_best_max = fields.Integer(
        string="Customers of Class A at Most",
        default=50,
        help="Customers of class A beyond this number stay where they are.",
    )


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_best_grace_days = fields.Integer(
        string="Days before a Fallen Customer Goes Back",
        default=90,
        help="A customer who left class A stays with the person for best customers for "
        "so many days; then he goes back to whom he came from.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_best_grace_days = fields.Integer(
        related="company_id.crm_best_grace_days", readonly=False
    )


class CrmCustomerOwnerLog(models.Model):
    _inherit = "crm.customer.owner.log"

    kind = fields.Selection(
        [(GIVEN, "Came into class A"), (RETURNED, "Left class A")],
        readonly=True,
        help="Empty: somebody decided it.",
    )

    # the night's look for customers to give back
    _best_idx = models.Index("(partner_id) WHERE kind = 'best'")

    @api.model_create_multi
    def create(self, vals_list):
        if kind := self.env.context.get("crm_owner_kind"):
            vals_list = [{**vals, "kind": kind} for vals in vals_list]
        return super().create(vals_list)


class CrmCustomerMetric(models.Model):
    _inherit = "crm.customer.metric"

    @api.model
    def _classify(self, today):
        """After the night's classes, customers come to the people meant for them."""
        changes = super()._classify(today)
        # sudo: customers change hands by the rule that heads made, whoever runs it
        self.sudo()._give_back(today)
        self.sudo()._give_best(today)
        return changes

    @api.model
    def _is_best(self, pairs):
        """Which of these customers are of class A.

        :param pairs: {(customer id, company id)}
        :return: the same, those of class A only
        """
        if not pairs:
            return set()
        return set(
            self.env.execute_query(
                SQL(
                    "SELECT customer_id, company_id FROM crm_customer_metric "
                    "WHERE crm_class = 'A' AND (customer_id, company_id) IN "
                    "(SELECT * FROM unnest(%s::int[], %s::int[]))",
                    *map(list, zip(*pairs, strict=True)),
                )
            )
        )

    # ------------------------------------------------------------ the night's moves

    @api.model
    def _get_companies(self):
        """Companies whose customers have figures."""
        return self.env["res.company"].union(
            *(company for (company,) in self._read_group([], ["company_id"]))
        )

    @api.model
    def _give_best(self, today):
        """Customers of class A to marked people with room, the most profitable first."""
        members = self.env["crm.team.member"].search([("crm_takes_best", "=", True)])
        members = members.filtered("user_id.active")
        away = self.env["crm.deputy"]._get_away()
        for company in self._get_companies() if members else ():
            mine = members.filtered(
                lambda member, company=company: (
                    member.crm_team_id.company_id in (company, company.browse())
                    and company in member.user_id.company_ids
                )
            )
            waiting = self._find_to_give(company, mine.user_id)
            people = {
                team.id: members.user_id.ids
                for team, members in mine.grouped("crm_team_id").items()
            }
            free = self._count_free(mine, company, away)
            self._move_customers(allocate(waiting, people, free), GIVEN, company)

    @api.model
    def _find_to_give(self, company, marked):
        """[(customer id, team id or None)] of class A that no marked person has.

        Whoever was given a customer by hand since it is in the class keeps it.
        """
        if not marked:
            return []
        self.flush_model()
        self.env["res.partner"].flush_model(["user_id"])
        self.env["crm.customer.owner.log"].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT metric.customer_id, owner.sale_team_id
                  FROM crm_customer_metric metric
                  JOIN res_partner customer ON customer.id = metric.customer_id
                   AND customer.active AND customer.parent_id IS NULL
                  LEFT JOIN res_users owner ON owner.id = customer.user_id
                 WHERE metric.company_id = %(company)s AND metric.crm_class = 'A'
                   AND (customer.company_id IS NULL
                        OR customer.company_id = %(company)s)
                   AND (customer.user_id IS NULL OR customer.user_id <> ALL(%(marked)s))
                   AND NOT EXISTS (
                       SELECT FROM crm_customer_owner_log log
                        WHERE log.partner_id = metric.customer_id
                          AND log.at >= metric.class_since
                          -- whose he was when he was made is nobody's decision
                          AND (log.from_user_id IS NOT NULL
                               OR log.at > customer.create_date + interval '1 minute'))
                 ORDER BY metric.profit_year DESC, metric.customer_id
                """,
                company=company.id,
                marked=marked.ids,
            )
        )

    @api.model
    def _count_free(self, members, company, away):
        """{user id: customers of class A that he can still take}."""
        held = dict(
            self._read_group(
                [
                    ("company_id", "=", company.id),
                    ("crm_class", "=", "A"),
                    ("user_id", "in", members.user_id.ids),
                ],
                ["user_id"],
                ["__count"],
            )
        )
        return {
            member.user_id.id: member.crm_best_max - held.get(member.user_id, 0)
            for member in members
            if member.user_id.id not in away
        }

    @api.model
    def _give_back(self, today):
        """Customers who left class A long enough ago return to whom they came from."""
        for company in self._get_companies():
            before = today - timedelta(days=company.crm_best_grace_days)
            back = dict(self._find_to_return(company, before))
            self._move_customers(back, RETURNED, company)

    @api.model
    def _find_to_return(self, company, before):
        """[(customer id, former owner)]: the last change of hands was ours, and he who
        had the customer is still here."""
        self.env["crm.customer.owner.log"].flush_model()
        self.env["res.partner"].flush_model(["user_id"])
        return self.env.execute_query(
            SQL(
                """
                SELECT last.partner_id, last.from_user_id
                  FROM (SELECT DISTINCT ON (log.partner_id) log.*
                          FROM crm_customer_owner_log log
                         WHERE log.partner_id IN (
                               SELECT partner_id FROM crm_customer_owner_log
                                WHERE kind = 'best')
                         ORDER BY log.partner_id, log.at DESC, log.id DESC) last
                  JOIN res_partner customer ON customer.id = last.partner_id
                   AND customer.user_id = last.to_user_id
                  JOIN res_users former ON former.id = last.from_user_id
                   AND former.active
                  JOIN crm_customer_metric metric
                    ON metric.customer_id = last.partner_id
                   AND metric.company_id = last.company_id AND metric.crm_class <> 'A'
                 WHERE last.kind = 'best' AND last.company_id = %(company)s
                   AND (SELECT max(date) FROM crm_customer_class_log fall
                         WHERE fall.customer_id = last.partner_id
                           AND fall.company_id = last.company_id
                           AND fall.old_class = 'A') <= %(before)s
                """,
                company=company.id,
                before=before,
            )
        )

    @api.model
    def _move_customers(self, owners, kind, company):
        """``{customer id: user id}``, one write per person; the owner log knows why."""
        reasons = {
            GIVEN: self.env._("Came into class A"),
            RETURNED: self.env._("Left class A"),
        }
        by_user = {}
        for customer, user in owners.items():
            by_user.setdefault(user, []).append(customer)
        partners = (
            self.env["res.partner"]
            .with_company(company)
            .with_context(crm_owner_reason=reasons[kind], crm_owner_kind=kind)
        )
        for user, customers in by_user.items():
            partners.browse(customers).user_id = user


class CrmTeam(models.Model):
    _inherit = "crm.team"

    @api.model
    def _crm_find_best_leads(self, leads):
        """Those of the leads whose customer is of class A in the lead's company."""
        keys = {
            lead: (
                lead.partner_id.commercial_partner_id.id,
                (lead.company_id or lead.team_id.company_id or self.env.company).id,
            )
            for lead in leads
            if lead.partner_id
        }
        best = self.env["crm.customer.metric"]._is_best(set(keys.values()))
        return leads.filtered(lambda lead: keys.get(lead) in best)

    @api.model
    def _crm_assign_prefer(self, leads):
        """Leads of class A to the marked members of their team, within their quota."""
        preferred = super()._crm_assign_prefer(leads)
        marked = leads.team_id.crm_team_member_ids.filtered(
            lambda member: member.crm_takes_best and not member.assignment_optout
        )
        if not marked:
            return preferred
        quotas = {member: member._get_assignment_quota() for member in marked}
        for lead in self._crm_find_best_leads(leads):
            fitting = marked.filtered(
                lambda member, lead=lead: (
                    member.crm_team_id == lead.team_id and quotas[member] > 0
                )
            ).sorted(lambda member: (-quotas[member], member.id))
            if fitting:
                quotas[fitting[0]] -= 1
                preferred[lead] = fitting.user_id | preferred.get(
                    lead, fitting.user_id.browse()
                )
        return preferred

    def _crm_find_next_member(self, lead):
        """One lead that arrives: of class A, the marked members come first."""
        marked = self.crm_team_member_ids.filtered("crm_takes_best")
        if not marked or not self._crm_find_best_leads(lead):
            return super()._crm_find_next_member(lead)
        member = super(
            CrmTeam, self.with_context(crm_best_lead=True)
        )._crm_find_next_member(lead)
        return member.with_env(self.env)

    @api.model
    def _crm_prefers(self, member, lead):
        if self.env.context.get("crm_best_lead"):
            return member.crm_takes_best
        return super()._crm_prefers(member, lead)
