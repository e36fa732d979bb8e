// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.Ready;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A poller that prints what it is asked and what it finds; see {@link TracedKernel}. */
final class TracedPoller extends Poller {
    private final Poller poller;
    private final Trace trace;

    /** Events carry tokens; a reader of the trace wants descriptors. */
    private final Map<Long, Integer> descriptors;

    private final Map<Integer, Long> tokens;
    private long turn;

    TracedPoller(Poller poller, Trace trace) {
        this(poller, trace, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    }

    /** Siblings share the maps: one thread adds a descriptor and another gets its event. */
    private TracedPoller(Poller poller, Trace trace, Map<Long, Integer> descriptors, Map<Integer, Long> tokens) {
        super(poller.name(), poller.supports());
        this.poller = poller;
        this.trace = trace;
        this.descriptors = descriptors;
        this.tokens = tokens;
    }

    @Override
    public @Nullable String whyNot(int fd, int interest) {
        return poller.whyNot(fd, interest);
    }

    @Override
    public int add(int fd, int interest, long token) {
        note(fd, token);
        return called("add", fd, interest, poller.add(fd, interest, token));
    }

    @Override
    public int modify(int fd, int interest, long token) {
        note(fd, token);
        return called("modify", fd, interest, poller.modify(fd, interest, token));
    }

    private int called(String call, int fd, int interest, int result) {
        return (int) trace.called(name() + " " + call + " " + fd + " " + Interest.describe(interest), result);
    }

    private void note(int fd, long token) {
        forget(fd);
        tokens.put(fd, token);
        descriptors.put(token, fd);
    }

    private void forget(int fd) {
        Long token = tokens.remove(fd);
        if (token != null) {
            descriptors.remove(token);
        }
    }

    @Override
    public int remove(int fd) {
        forget(fd);
        return (int) trace.called(name() + " remove " + fd, poller.remove(fd));
    }

    @Override
    public void closing(int fd) {
        forget(fd);
        poller.closing(fd);
    }

    @Override
    public int registeredInterest(int fd) {
        return poller.registeredInterest(fd);
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        long start = System.nanoTime();
        int n = poller.poll(timeoutNanos, ready);
        trace.turn(++turn, name(), timeoutNanos, start, n);
        for (int i = 0; i < ready.count(); i++) {
            Integer fd = descriptors.get(ready.token(i));
            String who = fd == null ? "nobody any more" : fd.toString();
            trace.line("  reported: " + who + " " + Interest.describe(ready.events(i)));
        }
        return n;
    }

    @Override
    public Poller sibling() {
        return new TracedPoller(poller.sibling(), trace, descriptors, tokens);
    }

    @Override
    public void wakeup() {
        trace.line("wake-up of another loop");
        poller.wakeup();
    }

    @Override
    public void close() {
        poller.close();
    }
}
