from . import contact
from . import consent
from . import portal
