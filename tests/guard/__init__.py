"""The guard of speed: counts of work, which are the same on an idle and on a busy machine.

``counts.md`` holds them for every model of the zoo, ``test_work.py`` fails when one rises, and
``python -m tests.guard --write`` writes them anew. ``counting`` counts (the arrays that NumPy makes with
``allocations``), ``table`` knows what each number means, how much it may rise, and reads and writes the file.
"""
