"""Measurements of speed and memory. This package, and the tests, may import other deep-learning libraries.

``python -m benchmarks.train_step`` times a training step beside Keras and PyTorch. Its files, to be read in
this order:

* ``train_step``: the command, its options, and the whole run in one function,
* ``cases``: what is measured, a model at a batch size,
* ``peers``: the same models in each library,
* ``worker``: a process that holds one library and makes training steps when told to,
* ``measure``: starts the workers, and lets one after the other run,
* ``results``: what was measured, medians and ratios,
* ``machine``, ``goals``, ``report``, ``chart``: where it was measured, what is wanted, tables, picture.

``scaling`` (batch sizes and threads), ``start`` (the first prediction, the first run ever, memory),
``install_size`` and ``product`` are commands of their own, ``lab`` is the kernel lab. ``document``
writes what they measure into its place in ``docs/``.
"""
