// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.loop.LoopCounters;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;

/** Event loops as a server: the models that differ only in what the loop waits with. */
final class LoopServer implements Server {
    private final LoopGroup loops;

    LoopServer(LoopGroup loops, ModelOptions options) {
        this.loops = loops;
        if (options.failure() != null) {
            loops.onFailure(options.failure());
        }
    }

    @Override
    public Listener listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols) throws IOException {
        return loops.listen(options, protocols);
    }

    @Override
    public String engine() {
        return loops.engine() + ", " + loops.size() + (loops.size() == 1 ? " loop" : " loops");
    }

    @Override
    public int carriers() {
        return loops.size();
    }

    @Override
    public List<EventLoop> loops() {
        List<EventLoop> all = new ArrayList<>();
        for (int i = 0; i < loops.size(); i++) {
            all.add(loops.loop(i));
        }
        return all;
    }

    @Override
    public List<LoopCounters> counters() {
        List<LoopCounters> all = new ArrayList<>();
        for (int i = 0; i < loops.size(); i++) {
            all.add(loops.loop(i).monitor().counters());
        }
        return all;
    }

    @Override
    public void timing(boolean on) {
        for (int i = 0; i < loops.size(); i++) {
            EventLoop loop = loops.loop(i);
            try {
                loop.execute(() -> loop.monitor().timing(on));
            } catch (RejectedExecutionException e) {
                // It has been closed: there is nothing left to time.
            }
        }
    }

    @Override
    public long[] lag(Duration limit) throws InterruptedException {
        if (isCarrier()) {
            throw new IllegalStateException("a loop cannot wait for itself: ask on another thread");
        }
        int count = loops.size();
        AtomicLongArray lags = new AtomicLongArray(count);
        CountDownLatch answered = new CountDownLatch(count);
        long begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
            int index = i;
            boolean taken = loops.loop(i).offer(() -> {
                lags.set(index, Math.max(1, System.nanoTime() - begun));
                answered.countDown();
            });
            if (!taken) {
                answered.countDown();
            }
        }
        answered.await(Servers.nanos(limit), TimeUnit.NANOSECONDS);
        long[] result = new long[count];
        Arrays.setAll(result, i -> lags.get(i) == 0 ? -1 : lags.get(i));
        return result;
    }

    @Override
    public boolean isCarrier() {
        for (int i = 0; i < loops.size(); i++) {
            if (loops.loop(i).inLoop()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean stop(Duration grace) throws InterruptedException {
        return loops.stop(grace);
    }

    @Override
    public void close() {
        loops.close();
    }

    @Override
    public void await() throws InterruptedException {
        loops.await();
    }
}
