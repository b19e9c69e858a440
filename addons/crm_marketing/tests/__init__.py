from . import test_crm_campaign_report
