"""A reader for the part of HDF5 that Keras's files consist of, in plain Python.

The C library for HDF5 follows links into other files, loads filters from shared libraries, and has
crashed on damaged metadata; a file from a stranger must be able to do none of that. This reader
knows groups, hard links, and arrays of numbers, checks every number before it is used, and cannot
do anything else. Writing is left to h5py.

References: "HDF5 File Format Specification Version 3.0", https://support.hdfgroup.org/documentation/.
"""

from cnn_scratch.models.saving.hdf5.dataset import Dataset
from cnn_scratch.models.saving.hdf5.file import Hdf5File

__all__ = ["Dataset", "Hdf5File"]
