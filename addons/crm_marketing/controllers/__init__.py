from . import touch
from . import mailing
from . import portal
