from . import test_crm_response_report
