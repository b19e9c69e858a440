from odoo.tests import tagged

from odoo.addons.crm_relations.tests.alarm_common import AlarmCommon, at

from .common import StockCommon


@tagged("post_install", "-at_install")
class TestCrmAlarmDelivery(StockCommon, AlarmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.late = cls.env.ref("crm_relations_stock.alarm_rule_delivery")
        cls.late.write({"active": True, "valid_from": False})
        cls.env.ref("crm_relations.role_head_of_sales").user_ids = cls.manager

    def _promise(self, moment):
        """A confirmed order whose delivery was promised for a moment."""
        order = self._make_order(self.olena, commitment_date=moment)
        order.action_confirm()
        delivery = order.picking_ids
        self.assertEqual(delivery.date_deadline, moment)
        return delivery

    def test_starts_climbs_and_the_delivery_stops_it(self):
        self.assertFalse(self.late.is_polled, "transfers mark themselves")
        delivery = self._promise(at(2, 10))
        self._run(at(2, 9))
        alarm = self._get_alarm(delivery, self.late)
        self.assertEqual(alarm.user_id, self.olena, "who sold it")
        self.assertEqual(alarm.customer_id, self.customer)
        self._run(at(2, 10, 29), tell=True)
        self.assertEqual(self._told(alarm), [])
        self._run(at(2, 10, 30), tell=True)
        self.assertEqual(self._told(alarm), [(1, 0, ["rel_olena"])])
        self._run(at(2, 18), tell=True)
        self.assertEqual(self._told(alarm)[1:], [(2, 0, ["rel_manager"])])
        delivery.move_ids.write({"quantity": 2, "picked": True})
        delivery._action_done()
        self.assertEqual(delivery.state, "done")
        self._run(at(2, 18, 1))
        self.assertEqual((alarm.state, alarm.stop_reason), ("stopped", "condition"))
        self.assertFalse(alarm.is_in_time)

    def test_promised_later_counts_from_there(self):
        delivery = self._promise(at(2, 10))
        self._run(at(2, 9))
        delivery.move_ids.date_deadline = at(3, 10)
        self._run(at(2, 11), tell=True)
        alarm = self._get_alarm(delivery, self.late)
        self.assertEqual(self._told(alarm), [])
        self.assertEqual(alarm.next_fire_at, at(3, 10, 30))

    def test_a_receipt_is_no_promise(self):
        receipt = self._make_receipt(self.tyre, 5, at(2, 10)).picking_id
        self._run(at(3, 10))
        self.assertFalse(self._get_alarm(receipt, self.late))
