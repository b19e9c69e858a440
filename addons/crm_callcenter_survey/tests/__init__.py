from . import test_crm_survey_ask
