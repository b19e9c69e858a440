"""A step that tells by text message, where the host's SMS is installed."""

from odoo.tests import Form, tagged

from .alarm_common import AlarmCommon, at


@tagged("post_install", "-at_install")
class TestCrmAlarmSms(AlarmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "sms.sms" not in cls.env:
            cls.skipTest(cls, "the host's SMS is not installed")
        cls.rule.step_ids[0].channel = "sms"
        cls.olena.partner_id.phone = "+380 67 123 45 67"
        cls.olena.lang = "en_US"

    def _messages(self):
        return self.env["sms.sms"].search([("body", "ilike", "Winter tyres")])

    def test_it_waits_in_the_host_s_queue(self):
        deal = self._make_deal()
        self._run(at(2, 13))
        event = self._get_alarm(deal).event_ids
        self.assertEqual((event.state, event.channel), ("pending", "sms"))
        self.assertFalse(self._messages(), "decided, not told")
        self._tell(at(2, 13))
        message = self._messages()
        self.assertEqual((message.number, message.state), ("+380671234567", "outgoing"))
        self.assertEqual(message.partner_id, self.olena.partner_id)
        self.assertEqual(message.body, "Alarm: Deal waits: Winter tyres")
        self.assertEqual(event.state, "sent")
        self._tell(at(2, 14))
        self.assertEqual(self._messages(), message, "once")

    def test_queued_and_sent_together_or_not_at_all(self):
        deals = [self._make_deal(), self._make_deal()]
        self._run(at(2, 13))
        broken, good = (self._get_alarm(deal) for deal in deals)
        channel = self.env.registry["crm.alarm.channel.sms"]
        send = channel._send

        def fail_after(model, events, now):
            send(model, events, now)
            if broken in events.alarm_id:
                raise ValueError("out of paper")

        self.patch(channel, "_send", fail_after)
        with self.assertLogs("odoo.addons.crm_relations.models.crm_pass_mixin"):
            self.events._tell(at(2, 13))
        self.assertEqual(good.event_ids.state, "sent")
        self.assertEqual(broken.event_ids.state, "pending")
        self.assertEqual(broken.event_ids.error, "out of paper")
        self.assertEqual(len(self._messages()), 1, "the other went with its savepoint")
        self.patch(channel, "_send", send)
        self.events._tell(at(2, 13, 2))
        self.assertEqual(broken.event_ids.state, "sent")
        self.assertEqual(len(self._messages()), 2)

    def test_without_a_number_it_is_said_to_the_person(self):
        for number in (False, "reception"):
            self.olena.partner_id.phone = number
            deal = self._make_deal()
            self._run(at(2, 13), tell=True)
            self.assertEqual(self._get_alarm(deal).event_ids.state, "sent")
            self.assertFalse(self._messages())
            notice = self.env["mail.message"].search(
                [("notified_partner_ids", "in", self.olena.partner_id.ids)],
                order="id DESC", limit=1,
            )  # fmt: skip
            self.assertEqual(notice.res_id, deal.id)
            self.assertIn("your contact card has no phone number", notice.body)

    def test_the_channel_is_offered(self):
        with (
            Form(self.rule.with_user(self.manager)) as form,
            form.step_ids.edit(1) as step,
        ):
            step.channel = "sms"
        self.assertEqual(self.rule.step_ids.sorted("limit_minutes")[1].channel, "sms")
