from . import contact
from . import consent
