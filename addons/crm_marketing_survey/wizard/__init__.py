from . import crm_survey_invite
from . import crm_survey_ask
