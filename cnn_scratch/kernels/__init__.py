"""Kernels: compiled functions of arrays, and what calls them. They check nothing; the layers do."""
