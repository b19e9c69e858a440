from . import test_crm_survey
from . import test_crm_survey_people
