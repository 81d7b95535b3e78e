"""Where the time of a training step goes: for every layer, forward and backward, and what is not a layer.

Its files, to be read in this order: ``operations`` counts the work, ``peak`` measures what the
machine can do at best, ``profiler`` takes the times, ``profile`` is the result and its table.
"""

from cnn_scratch.profiling.peak import Peak, measure_peak
from cnn_scratch.profiling.profile import Profile
from cnn_scratch.profiling.profiler import Profiler

__all__ = ["Peak", "Profile", "Profiler", "measure_peak"]
