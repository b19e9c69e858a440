from . import test_crm_alarm_survey
