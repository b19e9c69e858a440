from . import crm_lead
from . import discuss_channel
from . import im_livechat_channel
