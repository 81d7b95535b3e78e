"""Kernels: compiled functions of arrays, one file per layer. They check nothing; the layers do."""
