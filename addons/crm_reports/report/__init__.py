from . import crm_response_report
