package dev.quarry.cache

import kotlin.time.Duration
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * A cache with at most [capacity] entries that forgets what was not used for the longest time, and
 * whatever is older than [maxAge].
 */
class LruCache<K : Any, V : Any>(
    private val capacity: Int,
    private val maxAge: Duration = Duration.INFINITE,
    private val time: TimeSource = TimeSource.Monotonic,
) {
    private class Entry<V>(val value: V, val stored: TimeMark)

    private val entries = LinkedHashMap<K, Entry<V>>(16, 0.75f, true)

    var hits = 0L
        private set
    var misses = 0L
        private set

    init {
        require(capacity > 0) { "capacity must be positive, got $capacity" }
    }

    val size: Int get() = synchronized(entries) { entries.size }

    operator fun get(key: K): V? = synchronized(entries) {
        val entry = entries[key]
        when {
            entry == null -> null
            entry.stored.elapsedNow() > maxAge -> {
                entries.remove(key)
                null
            }
            else -> entry.value
        }.also { if (it == null) misses++ else hits++ }
    }

    operator fun set(key: K, value: V) = synchronized(entries) {
        entries[key] = Entry(value, time.markNow())
        if (entries.size > capacity) {
            val eldest = entries.keys.iterator()
            eldest.next()
            eldest.remove()
        }
    }

    /** Returns the cached value or computes it. Two callers may compute at once; the first result stays. */
    fun getOrPut(key: K, compute: (K) -> V): V {
        get(key)?.let { return it }
        val fresh = compute(key)
        return synchronized(entries) {
            entries[key]?.takeIf { it.stored.elapsedNow() <= maxAge }?.value ?: fresh.also { set(key, it) }
        }
    }

    fun evictWhere(condition: (K, V) -> Boolean): Int = synchronized(entries) {
        val before = entries.size
        entries.entries.removeAll { (key, entry) -> condition(key, entry.value) }
        before - entries.size
    }

    override fun toString() = "LruCache(size=$size/$capacity, hits=$hits, misses=$misses)"
}
