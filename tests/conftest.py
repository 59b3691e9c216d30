"""What holds for all tests: Hypothesis tries the same examples in every run."""

from hypothesis import settings

settings.register_profile("vigil", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("vigil")
