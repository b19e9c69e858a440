"""A salesperson's day whose clock stands still."""

from datetime import timedelta

from freezegun import freeze_time

from .common import TIME_ZERO
from .owned_common import DAY, OwnedCommon

KYIV = "Europe/Kyiv"


class MyDayCommon(OwnedCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TIME_ZERO))
        cls.customer = cls._make_customer(user_id=cls.olena.id)
        cls.deal = cls._make_deal("Winter tyres", expected_revenue=5000)

    @classmethod
    def _make_deal(cls, name, user=None, **values):
        return super()._make_deal(name, user, cls.customer, **values)

    def _plan(self, days, record=None, user=None, **values):
        return self._plan_call(record or self.deal, user, days, **values)

    def _promise(self, days, user=None, name="Pay the rest", **values):
        values.setdefault("due_date", self.today + days * DAY)
        return self._make_promise(self.customer, user, name, **values)

    def _meet(self, user=None, start=TIME_ZERO + timedelta(hours=3), **values):
        user = user or self.olena
        return self.env["calendar.event"].create(
            {
                "name": "Show the tyres",
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": user.id,
                "partner_ids": [(6, 0, [user.partner_id.id, self.customer.id])],
                **values,
            }
        )

    def _items(self, user=None, domain=()):
        items = self.env["crm.day.item"].with_user(user or self.olena)
        items.invalidate_model()  # a request of its own
        return items.with_context(tz=KYIV).search(list(domain))

    def _buckets(self, user=None, domain=()):
        """{bucket: [names]} in the order of the day."""
        buckets = {}
        for item in self._items(user, domain):
            buckets.setdefault(item.bucket, []).append(item.name)
        return buckets

    def _step(self, item, action, **values):
        """Open the wizard by its button, fill it in, as the client does."""
        context = getattr(item, f"action_{action}")()["context"]
        steps = self.env["crm.day.step"].with_user(item.env.user)
        return steps.with_context(**context).create(values)
