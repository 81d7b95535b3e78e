"""The parts of ``python -m cnn_scratch.train``; `cnn_scratch.train` puts them together."""
