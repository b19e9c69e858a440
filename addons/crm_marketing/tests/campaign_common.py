"""Campaigns with bills and imported ad spend; people who may and may not see them."""

import base64
from datetime import date, datetime

from odoo.fields import Command

from odoo.addons.crm_relations.tests.money_common import MoneyCommon

MARKETER = "base.group_user,mass_mailing.group_mass_mailing_user"
NOW = datetime(2026, 3, 20, 12, 0)


class CampaignCommon(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = cls._make_user("rel_marketer", MARKETER)
        cls.campaign = cls.env["utm.campaign"].create(
            {"title": "Spring tyres", "crm_budget_amount": 50000}
        )
        cls.account = cls.campaign.crm_account_id
        cls.source = cls.env.ref("utm.utm_source_search_engine")
        cls.medium = cls.env.ref("utm.utm_medium_website")
        cls.vendor = cls.env["res.partner"].create({"name": "Ad network"})
        cls.costs = cls.env["crm.campaign.cost"]

    @classmethod
    def _bill(cls, day, *amounts, account=None, percent=100, company=None, **values):
        """A posted vendor bill whose lines are distributed to a campaign's account."""
        company = company or cls.company
        account = account or cls.account
        move = cls.env["account.move"].with_company(company).create(
            {
                "move_type": "in_invoice",
                "partner_id": cls.vendor.id,
                "invoice_date": day,
                "date": day,
                "company_id": company.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Clicks",
                            "quantity": 1,
                            "price_unit": amount,
                            "account_id": cls._account("expense", company).id,
                            "tax_ids": [Command.clear()],
                            "analytic_distribution": {str(account.id): percent},
                        }
                    )
                    for amount in amounts
                ],
                **values,
            }
        )  # fmt: skip
        move.action_post()
        return move

    @classmethod
    def _take_in(cls, *rows, now=NOW, company=None, campaign=None, name="ads.csv"):
        """Ad spend: (day, ad, clicks, amount)."""
        company = company or cls.company
        return cls.env["crm.ad.spend.import"]._take_in_sudo(
            name,
            company,
            [
                {
                    "campaign_id": (campaign or cls.campaign).id,
                    "source_id": cls.source.id,
                    "medium_id": cls.medium.id,
                    "content": ad,
                    "day": day,
                    "click_count": clicks,
                    "impression_count": clicks * 10,
                    "amount": amount,
                    "currency_id": company.currency_id.id,
                    "company_amount": amount,
                }
                for day, ad, clicks, amount in rows
            ],
            now,
        )

    def _load(self, content, user=None, name="ads.csv", **values):
        """The import's wizard as a person sees it once he has chosen a file."""
        if isinstance(content, str):
            content = content.encode()
        wizard = self.env["crm.ad.spend.load"].with_user(user or self.marketer)
        load = wizard.create(
            {"file": base64.b64encode(content), "file_name": name, **values}
        )
        load._onchange_file()
        return load

    def _cost(self, campaign=None, user=None, as_of=None, **where):
        """(cost, bills, ad spend, provisional) of a campaign."""
        model = self.costs.with_user(user or self.marketer)
        model = model.with_context(crm_as_of=as_of) if as_of else model
        domain = [("campaign_id", "=", (campaign or self.campaign).id)]
        domain += [(name, "=", value) for name, value in where.items()]
        names = ("cost_amount", "bill_amount", "spend_amount", "provisional_amount")
        [row] = model._read_group(domain, [], [f"{name}:sum" for name in names])
        return tuple(round(value or 0, 2) for value in row)


def day(number, month=3):
    return date(2026, month, number)
