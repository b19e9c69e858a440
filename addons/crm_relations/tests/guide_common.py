from .test_crm_funnel import FunnelCommon


class GuideCommon(FunnelCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enquiry = cls._stage(cls.new_sale, "Enquiry")
        cls.proposal = cls._stage(cls.new_sale, "Proposal")
        cls.ordered = cls._stage(cls.new_sale, "Ordered")

    @classmethod
    def _make_check(cls, name, stage=None, **values):
        if values.get("field_id"):
            field = cls.env["ir.model.fields"]._get("crm.lead", values["field_id"])
            values.update(field_id=field.id, requirement="field")
        return cls.env["crm.stage.check"].create(
            {"name": name, "stage_id": (stage or cls.enquiry).id, **values}
        )

    def _go(self, deal, stage):
        deal.write({"stage_id": stage.id})
