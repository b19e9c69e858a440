from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from odoo.addons.crm_relations.tests.common import RelationsCommon


@tagged("post_install", "-at_install")
class TestFeedLivechat(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._make_user(
            "rel_agent", "base.group_user,im_livechat.im_livechat_group_user"
        )
        cls.livechat = cls.env["im_livechat.channel"].create(
            {"name": "Shop", "user_ids": cls.agent.ids}
        )
        cls.guest = cls.env["mail.guest"].create(
            {"name": "Visitor", "email": "oksana@example.org"}
        )

    def _open(self, **values):
        return self.env["discuss.channel"].create(
            {
                "name": "Visitor, Agent",
                "channel_type": "livechat",
                "livechat_channel_id": self.livechat.id,
                "livechat_operator_id": self.agent.partner_id.id,
                "channel_member_ids": [
                    Command.create(
                        {
                            "partner_id": self.agent.partner_id.id,
                            "livechat_member_type": "agent",
                        }
                    ),
                    Command.create(
                        {
                            "guest_id": self.guest.id,
                            "livechat_member_type": "visitor",
                        }
                    ),
                ],
                **values,
            }
        )

    def _say(self, channel, author=None, **values):
        if author:
            values["author_id"] = author.id
        else:
            channel = (
                channel.with_user(self.env.ref("base.public_user"))
                .with_context(guest=self.guest)
                .sudo()
            )
        return channel.message_post(
            body="Hello",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            **values,
        )

    def _row(self, channel):
        return self.env["crm.interaction"].search(
            [("external_key", "=", f"chat:{channel.id}")]
        )

    def test_visitor_starts_person_answers_host_ends(self):
        customer = self._make_customer("Oksana", email="oksana@example.org")
        channel = self._open()
        self._say(channel, self.agent.partner_id)
        self.assertFalse(self._row(channel), "the visitor has said nothing yet")
        first = self._say(channel)
        row = self._row(channel)
        self.assertEqual(
            (row.direction, row.channel_id.code, row.started_at, row.partner_id),
            ("in", "livechat", first.create_date.replace(microsecond=0), customer),
        )
        self.assertFalse(row.answered_at)
        self._say(channel)
        self._say(channel, self.agent.partner_id)
        self.assertTrue(row.answered_at)
        self.assertEqual((row.user_id, row.outcome), (self.agent, "answered"))
        end = row.started_at + timedelta(minutes=9)
        channel.livechat_end_dt = end
        self.assertEqual((row.ended_at, row.outcome), (end, "answered"))
        self.assertEqual(len(self._row(channel)), 1)

    def test_a_bot_does_not_answer(self):
        bot = self._make_customer("Bot")
        channel = self._open()
        channel.channel_member_ids = [
            Command.create({"partner_id": bot.id, "livechat_member_type": "bot"})
        ]
        self._say(channel)
        self._say(channel, bot)
        row = self._row(channel)
        self.assertFalse(row.answered_at)
        channel.livechat_end_dt = row.started_at + timedelta(minutes=1)
        self.assertEqual(row.outcome, "missed")

    def test_the_campaign_of_the_widget_goes_to_the_chat_and_its_lead(self):
        source, other = self.env["utm.source"].create(
            [{"name": "Instagram X"}, {"name": "Other X"}]
        )
        medium = self.env["utm.medium"].create({"name": "Landing X"})
        campaign = self.env["utm.campaign"].create({"name": "Winter X"})
        self.livechat.write(
            {
                "crm_source_id": source.id,
                "crm_medium_id": medium.id,
                "crm_campaign_id": campaign.id,
            }
        )
        channel = self._open()
        self._say(channel)
        row = self._row(channel)
        self.assertEqual(
            (row.source_id, row.medium_id, row.campaign_id), (source, medium, campaign)
        )
        if "origin_channel_id" not in self.env["crm.lead"]._fields:
            return  # without the host's bridge chats make no leads
        sales = self.env.ref("sales_team.group_sale_salesman")
        self.agent.group_ids = [Command.link(sales.id)]
        leads = self.env["crm.lead"].with_user(self.agent)
        lead, known = leads.create(
            [
                {"name": "Tyres", "origin_channel_id": channel.id},
                {
                    "name": "Rims",
                    "origin_channel_id": channel.id,
                    "source_id": other.id,
                },
            ]
        )
        self.assertEqual(
            (lead.source_id, lead.medium_id, lead.campaign_id),
            (source, medium, campaign),
        )
        self.assertEqual((known.source_id, known.campaign_id), (other, campaign))
        self.assertFalse(leads.create({"name": "No chat"}).campaign_id)

    def test_other_channels_make_nothing(self):
        channel = self.env["discuss.channel"].create({"name": "Talk"})
        self._say(channel, self.agent.partner_id)
        self.assertFalse(self._row(channel))
