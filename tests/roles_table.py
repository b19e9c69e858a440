"""The tables of test_roles: what each role may do with each model and which records."""

OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}

# Demo roles by the groups they have.
ROLES = {
    "salesperson": "sales_team.group_sale_salesman",
    "head": "sales_team.group_sale_salesman",
    "owner": "crm_relations.group_director",
    "agent": "crm_callcenter.group_callcenter_user",
    "supervisor": "crm_callcenter.group_callcenter_manager",
    "marketer": "mass_mailing.group_mass_mailing_user",
    "accountant": "account.group_account_invoice",
    "stock": "stock.group_stock_user",
    "analyst": "crm_reports.group_analyst",
    "admin": "base.group_system,sales_team.group_sale_manager",
}

# Whose record, seen by the role: his own, of the team the head leads, of another team,
# of nobody, of another company.
VARIANTS = {"mine": "m", "north": "n", "south": "s", "nobody": "0", "foreign": "f"}

TABLE = """
model                         sales  head   owner  agent  superv market accoun stock  analys admin
crm.acquaintance              rwcd   rwcd   rwcd   r      r      r      r      r      r      rwcd
crm.ad.spend                  -      -      r      -      -      r      r      -      -      -
crm.ad.spend.import           -      -      r      -      -      r      r      -      -      -
crm.ad.spend.revision         -      -      r      -      -      r      r      -      -      -
crm.ad.spend.mapping          -      -      r      -      -      rwcd   r      -      -      -
crm.ad.spend.load             -      -      -      -      -      rwcd   -      -      -      -
crm.ad.spend.load.column      -      -      -      -      -      rwcd   -      -      -      -
crm.alarm                     r      r      r      r      r      r      r      r      r      r
crm.alarm.calendar.day        r      r      r      r      r      r      r      r      r      rwcd
crm.alarm.dirty               -      -      -      -      -      -      -      -      -      r
crm.alarm.event               r      r      r      r      r      r      r      r      r      r
crm.alarm.rule                r      r      r      r      r      r      r      r      r      rwcd
crm.alarm.rule.step           r      r      r      r      r      r      r      r      r      rwcd
crm.acquaintance              rwcd   rwcd   rwcd   r      r      r      r      r      r      rwcd
crm.alarm.setup               -      -      -      -      -      -      -      -      -      rwcd
crm.alarm.snooze              rwcd   rwcd   rwcd   rwcd   rwcd   rwcd   rwcd   rwcd   rwcd   rwcd
crm.arrival.rule              r      r      r      -      -      -      -      -      -      rwcd
crm.attribution.dirty         -      -      -      -      -      -      -      -      -      r
crm.attribution.line          r      r      r      -      -      r      -      -      -      r
crm.attribution.model         r      r      r      r      r      r      r      r      r      rw
crm.attribution.weight        -      -      -      -      -      r      -      -      -      r
crm.attribute.index           -      -      -      -      -      -      -      -      -      r
crm.campaign.budget           -      -      rwc    -      -      rwc    rwc    -      -      -
crm.campaign.cost             -      -      r      -      -      r      r      -      -      -
crm.campaign.dirty            -      -      -      -      -      -      -      -      -      r
crm.audience                  -      -      -      -      -      rwcd   -      -      -      rwcd
crm.audience.download         -      -      -      -      -      rwcd   -      -      -      rwcd
crm.audience.export           -      -      -      -      -      r      -      -      -      r
crm.audience.person           -      -      -      -      -      r      -      -      -      r
crm.campaign.report           r      r      r      -      -      r      -      -      -      r
crm.campaign.return           -      -      r      -      -      r      r      -      -      -
crm.campaign.return.choice    -      -      rwcd   -      -      rwcd   rwcd   -      -      -
crm.channel                   r      r      r      r      r      r      r      r      r      rwcd
crm.consent                   rc     rc     rc     r      r      r      r      r      r      rc
crm.consent.link              -      -      -      -      -      -      -      -      -      rd
crm.contact.limit             r      r      r      r      r      r      r      r      r      rwcd
crm.contact.point             rwc    rwc    rwc    r      r      r      r      r      r      rwcd
crm.contact.point.seen        -      -      -      -      -      -      -      -      -      r
crm.contact.purpose           r      r      r      r      r      r      r      r      r      rwcd
crm.contact.worth             r      r      r      -      -      -      -      -      -      r
crm.customer.acquisition      -      -      r      -      -      r      r      -      -      -
crm.customer.asset            rwc    rwc    rwc    -      -      -      -      -      -      rwcd
crm.customer.asset.type       r      r      r      r      r      r      r      r      r      rwcd
crm.customer.class.log        r      r      r      -      -      -      r      -      -      r
crm.customer.dirty            -      -      -      -      -      -      -      -      -      r
crm.customer.level            r      r      r      -      -      r      -      -      -      r
crm.customer.level.log        r      r      r      -      -      r      -      -      -      r
crm.customer.metric           r      r      r      -      -      -      r      -      -      r
crm.customer.month            -      -      r      -      -      -      r      -      -      -
crm.customer.owner.log        r      r      r      -      -      -      -      -      -      r
crm.day.item                  rw     rw     rw     -      -      -      -      -      -      rw
crm.day.step                  rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.deputy                    rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.employee.rate             -      -      rwcd   -      -      -      rwcd   -      -      -
crm.expected.money            r      r      r      -      -      -      r      -      -      r
crm.fairness.comparison       rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.fairness.reason           rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.funnel                    r      r      r      r      r      r      r      r      r      rwcd
crm.funnel.move               rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.funnel.move.line          rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.funnel.stage.map          r      r      r      -      -      -      -      -      -      rwcd
crm.funnel.trigger            r      r      r      r      r      r      r      r      r      rwcd
crm.handover                  rwc    rwc    rwc    -      -      -      -      -      -      rwcd
crm.handover.item             rwd    rwd    rwd    -      -      -      -      -      -      rwd
crm.handover.receiver         rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.health.check              -      -      -      -      -      -      -      -      -      rwcd
crm.instruction               r      r      r      r      r      r      r      r      r      rwcd
crm.interaction               rwc    rwc    rwc    rc     rwc    r      -      -      -      rwcd
crm.interaction.delivery      -      -      -      -      -      -      -      -      -      r
crm.interaction.erase         -      -      -      -      -      -      -      -      -      rwcd
crm.interaction.log           rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.interaction.source        -      -      -      -      -      -      -      -      -      rwcd
crm.invoice.cost              -      -      r      -      -      -      r      -      -      -
crm.lead.nurture              rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.lead.qualify              rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.lead.reject               rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.lead.stage.log            r      r      r      -      -      -      -      -      -      r
crm.lead.stage.report         r      r      r      -      -      -      -      -      -      r
crm.loyalty.balance           -      -      r      -      -      r      r      -      -      r
crm.loyalty.difference        -      -      -      -      -      rwcd   -      -      -      rwcd
crm.loyalty.entry             r      r      r      -      -      r      r      -      -      r
crm.loyalty.level             r      r      r      r      r      rwcd   r      r      r      rwcd
crm.loyalty.notice            -      -      -      -      -      r      -      -      -      r
crm.loyalty.provision         -      -      r      -      -      -      rwc    -      -      -
crm.loyalty.result            -      -      rwcd   -      -      rwcd   -      -      -      -
crm.loyalty.side              -      -      -      -      -      r      -      -      -      r
crm.partner.merge             rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.partner.merge.log         r      r      r      -      -      -      -      -      -      r
crm.product.price.drop        -      -      -      -      -      -      -      -      -      r
crm.promise                   rwc    rwc    rwc    -      -      -      rwc    -      -      rwcd
crm.qualification.answer      rwcd   rwcd   rwcd   -      -      -      -      -      -      rwcd
crm.qualification.criterion   r      r      r      -      -      -      -      -      -      rwcd
crm.qualification.decision    r      r      r      -      -      -      -      -      -      r
crm.qualification.option      r      r      r      -      -      -      -      -      -      rwcd
crm.qualification.profile     r      r      r      -      -      -      -      -      -      rwcd
crm.reconciliation            -      -      rwcd   -      -      -      rwcd   -      -      -
crm.reconciliation.line       -      -      rwcd   -      -      -      rwcd   -      -      -
crm.referral                  rc     rc     rc     -      -      rc     -      -      -      rc
crm.referral.code             r      r      r      -      -      r      -      -      -      r
crm.referral.partner          r      r      r      -      -      rwc    r      -      -      rwcd
crm.referral.reward           -      -      r      -      -      r      r      -      -      r
crm.reject.reason             r      r      r      -      -      r      r      -      -      rwcd
crm.repeat.dirty              -      -      -      -      -      -      -      -      -      r
crm.repeat.need               r      r      r      -      -      r      -      -      -      r
crm.repeat.need.line          r      r      r      -      -      r      -      -      -      r
crm.repeat.preview            -      -      -      -      -      rwcd   -      -      -      rwcd
crm.repeat.rhythm             -      -      -      -      -      -      -      -      -      r
crm.repeat.rule               r      r      r      -      -      rwcd   -      -      -      rwcd
crm.response.report           r      r      r      -      -      -      -      -      r      r
crm.retention.cohort          -      -      r      -      -      r      r      -      -      r
crm.retention.episode         r      r      r      -      -      r      -      -      -      r
crm.retention.worth           -      -      rwcd   -      -      rwcd   rwcd   -      -      -
crm.scenario                  -      -      r      -      -      rwcd   -      -      -      rwcd
crm.scenario.event            -      -      r      -      -      r      -      -      -      r
crm.scenario.run              -      -      r      -      -      r      -      -      -      r
crm.scenario.step             -      -      r      -      -      rwcd   -      -      -      rwcd
crm.scenario.try              -      -      -      -      -      rwcd   -      -      -      rwcd
crm.script                    r      r      r      r      r      r      r      r      r      rwcd
crm.script.answer             r      r      r      r      r      r      r      r      r      rwcd
crm.script.reply              r      r      r      -      -      -      -      -      -      r
crm.script.step               r      r      r      r      r      r      r      r      r      rwcd
crm.segment                   r      r      r      -      -      rwcd   -      -      -      rwcd
crm.segment.block             r      r      r      -      -      rwcd   -      -      -      rwcd
crm.segment.dirty             -      -      -      -      -      -      -      -      -      r
crm.segment.import            -      -      -      -      -      rwcd   -      -      -      rwcd
crm.segment.likeness          -      -      -      -      -      r      -      -      -      r
crm.segment.member            -      -      -      -      -      r      -      -      -      r
crm.segment.size              -      -      -      -      -      r      -      -      -      r
crm.segment.trait             -      -      -      -      -      r      -      -      -      r
crm.stage.check               r      r      r      r      r      r      r      r      r      rwcd
crm.stage.check.done          r      r      r      -      -      -      -      -      -      r
crm.survey.ask                rwcd   rwcd   rwcd   rwcd   rwcd   -      -      -      -      rwcd
crm.survey.comparison         -      -      r      -      -      r      -      -      -      r
crm.survey.invitation         -      -      r      -      -      rw     -      -      -      rw
crm.survey.invite             -      -      -      -      -      rwcd   -      -      -      rwcd
crm.survey.quota              -      -      r      -      -      rwcd   -      -      -      rwcd
crm.survey.score              r      r      r      -      -      r      -      -      -      r
crm.survey.word               -      -      -      -      -      -      -      -      -      -
crm.touch.code                rwcd   rwcd   rwcd   rwcd   rwcd   rwcd   rwcd   rwcd   rwcd   rwcd
crm.touch.hit                 -      -      -      -      -      -      -      -      -      rd
crm.touch.site                -      -      -      -      -      rwcd   -      -      -      rwcd
crm.touch.visitor             -      -      -      -      -      r      -      -      -      r
crm.voice                     rwc    rwc    rwc    rwc    rwc    rwc    rwc    rwc    rwc    rwcd
crm.web.form                  r      r      r      -      -      r      -      -      -      rwcd
crm.web.form.hit              -      -      -      -      -      -      -      -      -      rd
"""

# Letters of the variants a role reaches, in the order of ROLES; a dash is none. Nobody
# ever reaches another company's.
SCOPE_TABLE = """
model                     operation sales  head   owner  agent  superv market accoun stock  analys admin
crm.interaction           read      m0     mn0    mns0   m0     mns0   -      -      -      -      mns0
crm.interaction           write     m0     mn0    mns0   -      mns0   -      -      -      -      mns0
crm.customer.asset        read      m0     mn0    mns0   -      -      -      -      -      -      mns0
crm.customer.asset        write     m0     mn0    mns0   -      -      -      -      -      -      mns0
crm.customer.metric       read      m0     mn0    mns0   -      -      -      mns0   -      -      mns0
crm.customer.class.log    read      m0     mn0    mns0   -      -      -      mns0   -      -      mns0
crm.customer.month        read      -      -      mns0   -      -      -      mns0   -      -      -
crm.promise               read      m0     mn0    mns0   -      -      -      mns0   -      -      mns0
crm.promise               write     m0     mn0    mns0   -      -      -      mns0   -      -      mns0
crm.arrival.rule          read      mns0   mns0   mns0   -      -      -      -      -      -      mns0
crm.arrival.rule          write     -      -      -      -      -      -      -      -      -      mns0
crm.web.form              read      mns0   mns0   mns0   -      -      mns0   -      -      -      mns0
crm.web.form              write     -      -      -      -      -      -      -      -      -      mns0
crm.qualification.profile read      mns0   mns0   mns0   -      -      -      -      -      -      mns0
crm.qualification.profile write     -      -      -      -      -      -      -      -      -      mns0
crm.funnel                read      mns0   mns0   mns0   mns0   mns0   mns0   mns0   mns0   mns0   mns0
crm.funnel                write     -      -      -      -      -      -      -      -      -      mns0
crm.segment               read      mns0   mns0   mns0   -      -      mns0   -      -      -      mns0
crm.segment               write     -      -      -      -      -      mns0   -      -      -      mns0
crm.lead                  read      m0     mn0    mns0   -      -      -      -      -      -      mns0
crm.lead                  write     m0     mn0    mns0   -      -      -      -      -      -      mns0
sale.order                read      m0     mn0    mns0   -      -      -      mns0   mns0   -      mns0
sale.order                write     m0     m0     mns0   -      -      -      mns0   mns0   -      mns0
crm.lead.stage.log        read      m0     mn0    mns0   -      -      -      -      -      -      mns0
crm.interaction.source    read      -      -      -      -      -      -      -      -      -      mns0
crm.repeat.need           read      m0     mn0    mns0   -      -      mns0   -      -      -      mns0
crm.retention.episode     read      m0     mn0    mns0   -      -      mns0   -      -      -      mns0
crm.alarm                 read      m0     mn0    mns0   m      m      m      m      m      m      mns0
crm.interaction.source    write     -      -      -      -      -      -      -      -      -      mns0
"""


def parse():
    """``{model: {role: letters}}``; a dash is nothing."""
    roles = list(ROLES)
    table = {}
    for line in TABLE.strip().splitlines():
        name, *cells = line.split()
        if name == "model":
            continue
        table[name] = dict(zip(roles, cells, strict=True))
    return table


def allowed(table, name, role):
    return table.get(name, {}).get(role, "-").replace("-", "")


def scope():
    """``{(model, operation): {role: letters of VARIANTS}}``."""
    roles = list(ROLES)
    return {
        (name, operation): {
            role: cell.replace("-", "") for role, cell in zip(roles, cells, strict=True)
        }
        for name, operation, *cells in map(
            str.split, SCOPE_TABLE.strip().splitlines()[1:]
        )
    }
