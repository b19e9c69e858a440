from . import touch
