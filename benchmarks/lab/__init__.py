"""The kernel lab: seven versions of one convolution, from plain loops to the library's own.

``python -m benchmarks.lab`` checks every version against the definition and then lets them race.
``README.md`` says how to read it. ``cases`` are the convolutions, ``measure`` checks and times,
``report`` and ``chart`` show.
"""
