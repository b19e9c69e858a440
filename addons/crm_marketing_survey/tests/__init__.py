from . import test_crm_survey
from . import test_crm_survey_people
from . import test_crm_survey_report
from . import test_crm_survey_staff
from . import test_crm_survey_tour
