package dev.quarry.log;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Keeps the newest entries of a log in memory. Writers never wait for readers: a snapshot is taken
 * under the lock, filtering happens outside of it.
 */
public final class RingLog {

    /** How much an entry matters. The order of the constants is the order of severity. */
    public enum Level { DEBUG, INFO, WARN, ERROR }

    /** One line of the log. */
    public record Entry(long sequence, Instant time, Level level, String message) {
        public Entry {
            Objects.requireNonNull(time, "time");
            Objects.requireNonNull(level, "level");
            Objects.requireNonNull(message, "message");
        }
    }

    private final Entry[] slots;
    private final Clock clock;
    private long written;

    public RingLog(int capacity, Clock clock) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be at least 1, got " + capacity);
        }
        this.slots = new Entry[capacity];
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /** Appends an entry and forgets the oldest one when the ring is full. */
    public synchronized long append(Level level, String message) {
        long sequence = written;
        slots[(int) (sequence % slots.length)] = new Entry(sequence, clock.instant(), level, message);
        written = sequence + 1;
        return sequence;
    }

    /** How many entries have been overwritten since the beginning. */
    public synchronized long lost() {
        return Math.max(0, written - slots.length);
    }

    /** The entries that are still there, oldest first. */
    public synchronized List<Entry> snapshot() {
        int size = (int) Math.min(written, slots.length);
        List<Entry> copy = new ArrayList<>(size);
        for (long s = written - size; s < written; s++) {
            copy.add(slots[(int) (s % slots.length)]);
        }
        return copy;
    }

    /** The newest {@code limit} entries for which {@code wanted} holds, newest first. */
    public List<Entry> newest(int limit, Predicate<Entry> wanted) {
        List<Entry> all = snapshot();
        List<Entry> found = new ArrayList<>();
        for (int i = all.size() - 1; i >= 0 && found.size() < limit; i--) {
            if (wanted.test(all.get(i))) {
                found.add(all.get(i));
            }
        }
        return found;
    }

    public List<Entry> atLeast(Level level, int limit) {
        return newest(limit, entry -> entry.level().compareTo(level) >= 0);
    }
}
