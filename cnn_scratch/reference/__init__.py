"""The textbook definition of every layer in a few lines of NumPy: slow, plain, the measure of the kernels."""
