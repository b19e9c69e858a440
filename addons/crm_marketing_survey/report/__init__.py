from . import crm_survey_comparison
from . import crm_survey_word
