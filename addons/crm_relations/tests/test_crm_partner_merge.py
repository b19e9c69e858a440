import random

from odoo.tests import tagged

from .common import TIME_ZERO
from .test_crm_contact_point import PHONE, PHONE_2, PHONE_3, PointCommon

ONE_OF_EACH = ("crm.promise", "crm.customer.asset", "crm.consent", "crm.consent.link")


class MergeCommon(PointCommon):
    def _numbers(self, partner):
        return sorted(
            self.points.search([("partner_id", "=", partner.id)]).mapped("normalized")
        )

    def _host_merge(self, destination, *sources):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        ids = [destination.id, *(source.id for source in sources)]
        wizard._merge(ids, destination, extra_checks=False)

    def _wizard(self, source, destination, user=None, reason="One voice"):
        return (
            self.env["crm.partner.merge"]
            .with_user(user or self.olena)
            .create(
                {
                    "source_id": source.id,
                    "destination_id": destination.id,
                    "reason": reason,
                }
            )
        )


@tagged("post_install", "-at_install")
class TestMergeContract(MergeCommon):
    def test_shared_and_private_points_stay(self):
        """Two partners who share a phone and own one each keep three points."""
        one = self._make_customer("One", phone=f"{PHONE}, {PHONE_2}")
        two = self._make_customer("Two", phone=f"{PHONE}, {PHONE_3}")
        self._host_merge(one, two)
        self.assertEqual(self._numbers(one), sorted([PHONE, PHONE_2, PHONE_3]))
        self.assertEqual(
            set(self._states(one).values()),
            {("ok", True), ("ok", False)},
            "none is former",
        )
        self.assertFalse(two.exists())

    def test_rows_of_the_ledger_keep_their_point_and_customer(self):
        firm = self._make_customer("Firm", is_company=True)
        person = self._make_customer("Person", parent_id=firm.id, phone=PHONE)
        lone = self._make_customer("Lone", phone=PHONE)
        row = self._make_interaction(
            "k", partner_id=lone.id, contact_point_id=lone.crm_contact_point_ids.id,
            res_model="res.partner", res_id=lone.id,
        )  # fmt: skip
        self._host_merge(person, lone)
        self.assertEqual((row.partner_id, row.customer_id), (person, firm))
        self.assertEqual(row.contact_point_id, person.crm_contact_point_ids)
        self.assertEqual(row.res_id, person.id)

    def test_leads_that_merge_keep_their_rows(self):
        head = self._make_lead("Head", type="opportunity", user_id=self.olena.id)
        tail = self._make_lead("Tail")
        row = self._make_interaction(
            "k", lead_id=tail.id, res_model="crm.lead", res_id=tail.id
        )
        merged = (head | tail).merge_opportunity()
        self.assertEqual((row.lead_id, row.res_id), (merged, merged.id))

    def test_property_nothing_is_lost(self):
        """Random partners, random belongings, both ways of merging."""
        pool = [f"+38050{number:07}" for number in range(6)]
        for seed in range(24):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self._check_merge(random.Random(seed), pool, seed)
                savepoint.rollback()
                self.env.invalidate_all()

    def _check_merge(self, rng, pool, seed):
        count = rng.choice((2, 2, 3))
        firms = [self._make_customer(f"F{n}", is_company=True) for n in range(2)]
        partners = [
            self._make_customer(
                f"P{seed}.{n}",
                phone=", ".join(rng.sample(pool, rng.randint(0, 3))),
                email=rng.choice((False, "same@example.com", f"p{n}@example.com")),
                parent_id=rng.choice((False, firms[0].id)),
            )
            for n in range(count)
        ]
        for partner in partners:
            for value in rng.sample(pool, rng.randint(0, 2)):
                self.points._learn(partner, "viber", value, "ingest", TIME_ZERO)
        for number in range(rng.randint(3, 9)):
            owner = rng.choice(partners)
            self._make_interaction(
                f"{seed}.{number}", partner_id=owner.id,
                contact_point_id=rng.choice(owner.crm_contact_point_ids.ids or [False]),
            )  # fmt: skip
            self._make_lead(partner_id=rng.choice(partners).id)
        self._give_one_of_each(rng, partners)
        destination, *sources = partners
        before = self._belongings(partners)
        for model in ONE_OF_EACH:
            self.assertEqual(before[f"{model}.partner_id"], 1, model)
        points = {
            (point.kind, point.normalized)
            for partner in partners
            for point in partner.crm_contact_point_ids
        }
        if seed % 2:
            self._host_merge(destination, *sources)
        else:
            for source in sources:
                log = self.env["crm.partner.merge.log"]._merge(
                    source, destination, "same"
                )
                self.assertFalse(log.source_id.active)
        self.env.invalidate_all()
        after = self._belongings([destination])
        self.assertEqual(after, before)
        self.assertEqual(
            sorted((p.kind, p.normalized) for p in destination.crm_contact_point_ids),
            sorted(points),
            "each point of any of them exactly once",
        )
        rows = self.env["crm.interaction"].search([("partner_id", "=", destination.id)])
        self.assertEqual(
            rows.customer_id,
            destination.commercial_partner_id if rows else rows.customer_id,
        )
        self.assertTrue(rows.contact_point_id <= destination.crm_contact_point_ids)
        self.assertNotIn(destination.id, self.points._get_stale_partner_ids())

    def _give_one_of_each(self, rng, partners):
        kind = self.env["crm.customer.asset.type"].create({"name": "Car"})
        values = {
            "crm.promise": {"name": "Pays the rest"},
            "crm.customer.asset": {"name": "Golf", "type_id": kind.id},
            "crm.consent": {"state": "given", "at": TIME_ZERO},
            "crm.consent.link": {"company_id": self.company.id, "nonce": "n"},
        }
        for model in ONE_OF_EACH:
            owner = rng.choice(partners)
            self.env[model].create({"partner_id": owner.id, **values[model]})

    def _belongings(self, partners):
        """{our table.column: how many rows name one of the partners}

        Every model of this module that points at a partner, whoever adds it; points are
        compared as a set by the test itself.
        """
        self.env.flush_all()
        counts = {}
        ids = [partner.id for partner in partners]
        for model in self.env.registry.values():
            ours = (
                model._original_module.startswith("crm_relations")
                or model._name == "crm.lead"
            )
            if not ours or model._abstract or model._transient or not model._auto:
                continue
            if model._name in ("crm.contact.point", "crm.partner.merge.log"):
                continue
            for field in model._fields.values():
                if (
                    field.type == "many2one"
                    and field.store
                    and field.comodel_name == "res.partner"
                ):
                    records = (
                        self.env[model._name].sudo().with_context(active_test=False)
                    )
                    domain = [(field.name, "in", ids)]
                    if field.name in ("customer_id", "commercial_partner_id"):
                        continue  # follows the person, compared by the test itself
                    counts[f"{model._name}.{field.name}"] = records.search_count(domain)
        self.assertGreaterEqual(len(counts), 2)
        rows = self.env["crm.interaction"].search([("partner_id", "in", ids)])
        counts["rows with a point"] = len(rows.filtered("contact_point_id"))
        return counts
