"""Token buckets: how many requests may a client send now, and when may it send the next one?"""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """A bucket that holds at most ``burst`` tokens and gains ``rate`` tokens a second."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"rate must be positive and burst at least 1, got {rate} and {burst}")
        self.rate, self.burst = rate, burst
        self._clock, self._tokens, self._seen = clock, float(burst), clock()

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self.burst, self._tokens + (now - self._seen) * self.rate)
        self._seen = now

    def take(self, n: int = 1) -> bool:
        """Take ``n`` tokens if they are there; never take some of them."""
        self._refill()
        if self._tokens < n:
            return False
        self._tokens -= n
        return True

    def wait_time(self, n: int = 1) -> float:
        """Seconds until ``n`` tokens will be there; infinite if they never will."""
        if n > self.burst:
            return float("inf")
        self._refill()
        return max(0.0, (n - self._tokens) / self.rate)


class Limiter:
    """One bucket for each client; buckets of clients that stay away are forgotten."""

    def __init__(self, rate: float, burst: int, forget_after: float = 600.0) -> None:
        self._make = lambda: TokenBucket(rate, burst)
        self._buckets: dict[str, TokenBucket] = {}
        self._last_use: dict[str, float] = {}
        self._forget_after = forget_after
        self._lock = threading.Lock()

    def allow(self, client: str) -> bool:
        now = time.monotonic()
        with self._lock:
            self._sweep(now)
            bucket = self._buckets.setdefault(client, self._make())
            self._last_use[client] = now
            return bucket.take()

    def _sweep(self, now: float) -> None:
        stale = [c for c, seen in self._last_use.items() if now - seen > self._forget_after]
        for client in stale:
            del self._buckets[client], self._last_use[client]
