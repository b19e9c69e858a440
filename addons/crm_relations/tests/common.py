"""People, teams and factories that every test of the suite shares; no demo data."""

from datetime import datetime

from odoo.tests import new_test_user

from odoo.addons.base.tests.common import BaseCommon

TIME_ZERO = datetime(2026, 3, 2, 9, 0, 0)  # a Monday

SALESMAN = "base.group_user,sales_team.group_sale_salesman"
ALL_LEADS = "base.group_user,sales_team.group_sale_salesman_all_leads"
MANAGER = "base.group_user,sales_team.group_sale_manager"


class RelationsCommon(BaseCommon):
    r"""Two teams with a head each.

    ::

        North (head: rel_head)     South (head: rel_south_head)
           |                          |
        rel_olena  rel_ivan        rel_petro

        rel_manager   Sales / Administrator        rel_director   owner
        rel_accountant  account.group_account_invoice, no sales group
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "Europe/Kyiv"
        cls.company = cls.env.company
        make = cls._make_user
        cls.head = make("rel_head", SALESMAN)
        cls.south_head = make("rel_south_head", SALESMAN)
        cls.olena = make("rel_olena", SALESMAN)
        cls.ivan = make("rel_ivan", SALESMAN)
        cls.petro = make("rel_petro", SALESMAN)
        cls.manager = make("rel_manager", MANAGER)
        cls.director = make(
            "rel_director", "base.group_user,crm_relations.group_director"
        )
        cls.accountant = make(
            "rel_accountant", "base.group_user,account.group_account_invoice"
        )
        teams = cls.env["crm.team"]
        cls.north = teams.create(
            {"name": "North", "user_id": cls.head.id, "use_leads": True}
        )
        cls.south = teams.create(
            {"name": "South", "user_id": cls.south_head.id, "use_leads": True}
        )
        cls._add_members(cls.north, cls.olena | cls.ivan)
        cls._add_members(cls.south, cls.petro)

    @classmethod
    def _make_user(cls, login, groups, **values):
        return new_test_user(
            cls.env, login=login, groups=groups, name=login[4:].title(),
            email=f"{login}@example.com", **values,
        )  # fmt: skip

    @classmethod
    def _add_members(cls, team, users):
        cls.env["crm.team.member"].create(
            [{"crm_team_id": team.id, "user_id": user.id} for user in users]
        )

    @classmethod
    def _make_customer(cls, name="Romashka LLC", **values):
        return cls.env["res.partner"].create({"name": name, **values})

    @classmethod
    def _make_lead(cls, name="Tyres", **values):
        return cls.env["crm.lead"].create(
            {"name": name, "type": "lead", "team_id": cls.north.id, **values}
        )

    @classmethod
    def _channel(cls, code):
        return cls.env.ref(f"crm_relations.crm_channel_{code}")

    @classmethod
    def _make_interaction(cls, key, channel="call", **values):
        return cls.env["crm.interaction"].create(
            {
                "company_id": cls.company.id,
                "channel_id": cls._channel(channel).id,
                "external_key": key,
                "direction": "in",
                "started_at": TIME_ZERO,
                **values,
            }
        )
