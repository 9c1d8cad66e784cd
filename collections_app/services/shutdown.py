"""Whether this worker was told to stop. Its pool's processes know it at once and hand their batches back."""

import mmap

# A byte of memory that forked processes share. A pool that is not forked never sees it: there leases run out.
_told = mmap.mmap(-1, 1)


def tell() -> None:
    """Called where the signal arrives; does nothing that a signal handler may not do."""
    _told[0] = 1


def told() -> bool:
    return _told[0] == 1
