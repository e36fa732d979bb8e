// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.Ready;
import io.millrace.sys.Errno;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * epoll as the kernel does it: a descriptor gets onto the ready list when something changes that is watched for, a wait
 * reports what is true of it now, and only the level-triggered ones stay on the list. The world moves while the loop
 * waits.
 */
final class SimPoller extends Poller implements SimReporter {
    private static final int ALWAYS = Interest.ERROR | Interest.HANGUP;

    /** How often level trigger may repeat itself without any call on the descriptor before it is called a spin. */
    private static final int REPEATS = 100;

    private record Watch(int interest, long token) {}

    private final SimKernel kernel;
    private final Map<Integer, Watch> watches = new HashMap<>();
    private final Set<Integer> ready = new LinkedHashSet<>();

    /** By descriptor: how often it was reported since something was last done with it. */
    private final Map<Integer, Integer> unanswered = new HashMap<>();

    private final List<Long> deadTokens = new ArrayList<>();

    SimPoller(SimKernel kernel) {
        super("simulated epoll", Interest.READ | Interest.WRITE | Interest.PEER_CLOSED | Interest.EDGE);
        this.kernel = kernel;
    }

    @Override
    public int add(int fd, int interest, long token) {
        kernel.check(kernel.isOpen(fd), "add of a descriptor that is not open: " + fd);
        kernel.check(!watches.containsKey(fd), "add of a descriptor that is watched: " + fd);
        watches.put(fd, new Watch(interest, token));
        ready.add(fd);
        answered(fd);
        return 0;
    }

    @Override
    public int modify(int fd, int interest, long token) {
        kernel.check(kernel.isOpen(fd), "modify of a descriptor that is not open: " + fd);
        kernel.check(watches.containsKey(fd), "modify of a descriptor that is not watched: " + fd);
        watches.put(fd, new Watch(interest, token));
        ready.add(fd);
        answered(fd);
        return 0;
    }

    @Override
    public int remove(int fd) {
        ready.remove(fd);
        return watches.remove(fd) == null ? -Errno.ENOENT : 0;
    }

    /** Nothing to do: see {@link #closed}. */
    @Override
    public void closing(int fd) {}

    @Override
    public int registeredInterest(int fd) {
        Watch watch = watches.get(fd);
        return watch == null ? -Errno.ENOENT : watch.interest;
    }

    /** epoll forgets it by itself. */
    @Override
    public void closed(int fd) {
        Watch watch = watches.remove(fd);
        if (watch != null) {
            deadTokens.add(watch.token);
        }
        ready.remove(fd);
        answered(fd);
    }

    @Override
    public void answered(int fd) {
        unanswered.remove(fd);
    }

    @Override
    public void changed(int fd, int edge) {
        Watch watch = watches.get(fd);
        if (watch != null && (edge & (watch.interest | ALWAYS)) != 0) {
            ready.add(fd);
        }
    }

    @Override
    public int poll(long timeoutNanos, Ready found) {
        found.clear();
        kernel.world.waits();
        kernel.world.move();
        if (kernel.faults.happens(kernel.faults.interrupted)) {
            return 0;
        }
        long end = timeoutNanos < 0 ? Long.MAX_VALUE : kernel.nanos() + timeoutNanos;
        collect(found);
        while (found.count() == 0 && kernel.nanos() < end) {
            if (!kernel.world.move()) {
                if (end == Long.MAX_VALUE && kernel.world.done()) {
                    return 0;
                }
                kernel.world.sleep(end);
            }
            collect(found);
        }
        spurious(found);
        return found.count();
    }

    private void collect(Ready found) {
        List<Integer> candidates = new ArrayList<>(ready);
        Collections.shuffle(candidates, kernel.faults.random);
        for (int fd : candidates) {
            if (found.count() == found.capacity()) {
                return;
            }
            Watch watch = watches.get(fd);
            int bits = kernel.level(fd) & (watch.interest | ALWAYS);
            if (bits == 0 || (watch.interest & Interest.EDGE) != 0) {
                ready.remove(fd);
            }
            if (bits != 0) {
                found.add(watch.token, bits);
                countRepeat(fd, watch, bits);
            }
        }
    }

    private void countRepeat(int fd, Watch watch, int bits) {
        boolean level = (watch.interest & Interest.EDGE) == 0;
        kernel.check(
                !level || unanswered.merge(fd, 1, Integer::sum) < REPEATS,
                "reported again and again, and nobody does anything: " + fd + " " + Interest.describe(bits));
    }

    /** Events for nothing, and events that were on their way for connections that have been closed. */
    private void spurious(Ready found) {
        if (found.count() + 2 > found.capacity() || !kernel.faults.happens(kernel.faults.spurious)) {
            return;
        }
        if (!deadTokens.isEmpty()) {
            long dead = deadTokens.get(kernel.faults.random.nextInt(deadTokens.size()));
            found.add(dead, Interest.READ | Interest.WRITE | Interest.ERROR | Interest.HANGUP);
        }
        List<Watch> all = new ArrayList<>(watches.values());
        if (!all.isEmpty()) {
            Watch watch = all.get(kernel.faults.random.nextInt(all.size()));
            found.add(watch.token, watch.interest & (Interest.READ | Interest.WRITE));
        }
    }

    @Override
    public void wakeup() {
        // Everything runs in one thread: no thread sleeps that could be woken.
    }

    @Override
    public void close() {
        watches.clear();
        ready.clear();
    }
}
