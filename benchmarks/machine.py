"""The machine that the numbers come from."""

import os
import platform
from pathlib import Path

# What /proc/cpuinfo calls it, and what people call it; the widest first.
_SIMD = {"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX", "sse2": "SSE2", "sve": "SVE", "asimd": "NEON"}


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> str:
    """Return one line: processor, cores, SIMD, memory, system and Python."""
    parts = [
        cpu_model(),
        f"{usable_cores()} cores",
        simd(),
        memory(),
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
    ]
    return ", ".join(part for part in parts if part)


def cpu_model() -> str:
    """Return the processor's name."""
    names = [line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def simd() -> str:
    """Return the widest vector instructions; an empty string if the system does not list them."""
    flags = next((line for line in _cpuinfo() if line.startswith(("flags", "Features"))), "").split()
    return next((name for flag, name in _SIMD.items() if flag in flags), "")


def memory() -> str:
    """Return how much memory there is; an empty string if the system does not say."""
    try:
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return ""
    return f"{pages / 2**30:.0f} GB of memory"


def load() -> float:
    """Return how many processes were running in the last minute; 0 if the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
