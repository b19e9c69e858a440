"""What belongs to a person: deals, quotations, promises, activities."""

from datetime import timedelta

from .common import TIME_ZERO, RelationsCommon

DAY = timedelta(days=1)


class OwnedCommon(RelationsCommon):
    """Everything is Olena's unless somebody else is named; ``today`` is TIME_ZERO's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = TIME_ZERO.date()

    @classmethod
    def _make_deal(cls, name="Winter tyres", user=None, partner=None, **values):
        return cls._make_lead(
            name,
            type="opportunity",
            user_id=(user or cls.olena).id,
            partner_id=partner.id if partner else False,
            **values,
        )

    @classmethod
    def _make_order(cls, partner, user=None, **values):
        return cls.env["sale.order"].create(
            {"partner_id": partner.id, "user_id": (user or cls.olena).id, **values}
        )

    @classmethod
    def _make_promise(cls, partner, user=None, name="Pay", **values):
        return cls.env["crm.promise"].create(
            {
                "name": name,
                "partner_id": partner.id,
                "user_id": (user or cls.olena).id,
                **values,
            }
        )

    @classmethod
    def _plan_call(cls, record, user=None, days=0, **values):
        return record.activity_schedule(
            "mail.mail_activity_data_call",
            user_id=(user or cls.olena).id,
            date_deadline=cls.today + days * DAY,
            **values,
        )
