// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.loop.Log;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of the heap connections may hold for what they have received and what they have to send, all of them
 * together: those of one loop, or of a server without loops. A peer that sends requests and reads no answers costs
 * little by itself; this bounds what thousands of them cost.
 *
 * <pre>
 *   0 ............... half ............... three quarters ............... most
 *     as agreed          little for each:                    those that hold most are ended,
 *                        no further request is begun for     until three quarters are left
 *                        those that have not taken the answers
 * </pre>
 *
 * <p>Counted are buffers as large as they are, and arrays that {@link io.millrace.core.Link#transfer(byte[], int, int)}
 * sends until they have left, also those that are kept elsewhere. Not counted are the connections themselves, files, a
 * {@link io.millrace.core.SharedBytes}, which is its maker's, and what handlers keep. Any thread may call.
 */
public final class HeapLimit {
    /** The output mark of all connections when memory is short: an answer that is small, and nothing behind it. */
    static final long LOW_MARK = 4 * 1024;

    /** How much is received at once when memory is short. */
    static final int LITTLE = 4 * 1024;

    /** The part of the largest heap that this JVM may have which is the limit unless another one is said. */
    private static final int SHARE = 4;

    private static final long QUIET_NANOS = 1_000_000_000L;
    private static final long MEBI = 1024 * 1024;

    private final long most;
    private final long near;
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();
    private volatile Runnable relief = () -> {};
    private long said;
    private boolean saidOnce;

    /**
     * A limit of so many bytes.
     *
     * @throws IllegalArgumentException if that is not positive
     */
    public HeapLimit(long most) {
        if (most <= 0) {
            throw new IllegalArgumentException("connections need some of the heap, not " + most + " bytes");
        }
        this.most = most;
        this.near = most / 2;
    }

    /** The usual limit in bytes: a quarter of the largest heap that this JVM may have (-Xmx). */
    public static long usual() {
        return Runtime.getRuntime().maxMemory() / SHARE;
    }

    /** Bytes that may be held. */
    public long most() {
        return most;
    }

    /** Bytes that are held. */
    public long held() {
        return held.get();
    }

    /** How many connections have been ended because too much was held. */
    public long ended() {
        return ended.get();
    }

    /**
     * Sets what is to be done when links of a server without loops hold more than they may: end those that hold most.
     * Run on the thread of a link that has just been served.
     */
    public void onExceeded(Runnable action) {
        relief = action;
    }

    /** A link has been served, and holds what it holds. */
    void relieve() {
        if (!isExceeded()) {
            return;
        }
        try {
            relief.run();
        } catch (Throwable t) {
            // The link that has just been served cannot help it, and the next one tries again.
            Log.failure("ending connections that hold much memory failed", t);
        }
    }

    /** Whether so much is held that no connection should hold more than little. */
    public boolean isShort() {
        return held.get() > near;
    }

    /** Whether more is held than may be. */
    boolean isExceeded() {
        return held.get() > most;
    }

    /** How many bytes must be given up before all is well again, once the limit has been exceeded. */
    public long excess() {
        return held.get() - (most - most / 4);
    }

    /** A connection holds so much more, or less. */
    void add(long bytes) {
        held.addAndGet(bytes);
    }

    /** So many connections have been ended: counts them, and says so at most once a second. */
    public void ended(int count) {
        long all = ended.addAndGet(count);
        if (count > 0 && isTimeToSay()) {
            say(count, all);
        }
    }

    private void say(int count, long all) {
        try {
            Log.warn("connections that do not read hold too much memory: ended " + count + ", those with most waiting ("
                    + all + " so far); the limit is " + text(most) + " of "
                    + text(Runtime.getRuntime().maxMemory()));
        } catch (Throwable t) {
            // There is no memory to say it with.
        }
    }

    private synchronized boolean isTimeToSay() {
        long now = System.nanoTime();
        if (saidOnce && now - said < QUIET_NANOS) {
            return false;
        }
        saidOnce = true;
        said = now;
        return true;
    }

    private static String text(long bytes) {
        return bytes < MEBI ? bytes + " bytes" : bytes / MEBI + " MiB";
    }

    @Override
    public String toString() {
        return "HeapLimit[" + held() + " of " + most + " bytes]";
    }
}
