"""Settings for every test."""

from hypothesis import settings

# A deadline would measure the machine, not the code.
settings.register_profile("default", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=20)
settings.load_profile("default")
