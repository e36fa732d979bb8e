// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.net.Pair;
import io.millrace.socket.Kernel;
import io.millrace.transport.Engine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One end of a pair in memory; the other end is the peer. */
final class PairFixture implements LinkFixture {
    private EventLoop loop;
    private Thread thread;

    @Override
    public void start() throws IOException {
        loop = new EventLoop(Kernel.host(), "pair", Engine.READINESS);
        thread = loop.start();
    }

    @Override
    public Peer open(Protocol protocol) {
        OtherEnd other = new OtherEnd();
        other.link = Pair.join(loop, protocol, other).b();
        return other;
    }

    @Override
    public boolean isSocket() {
        return false;
    }

    @Override
    public void close() {
        loop.stop();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "pair in memory";
    }

    /** Takes as much as the test reads, and no more. */
    private static final class OtherEnd implements Protocol, Peer {
        private static final int PATIENCE_SECONDS = 30;

        private final ByteArrayOutputStream got = new ByteArrayOutputStream();
        volatile Link link;
        private long wanted;
        private boolean ended;
        private CloseCause cause;

        @Override
        public synchronized void receive(Buffer in, Link from) {
            int count = (int) Math.min(in.readable(), wanted - got.size());
            got.write(in.array(), in.head(), count);
            in.consume(count);
            if (!in.isEmpty()) {
                from.pause(true);
            }
            notifyAll();
        }

        @Override
        public synchronized void inputClosed(Link from) {
            ended = true;
            notifyAll();
        }

        @Override
        public synchronized void closed(CloseCause why) {
            cause = why;
            notifyAll();
        }

        @Override
        public void send(byte[] bytes) {
            link.execute(() -> {
                link.out().append(bytes);
                link.flush();
            });
        }

        @Override
        public void shutdownOutput() {
            link.execute(link::shutdownOutput);
        }

        @Override
        public void reset() {
            link.execute(() -> link.close(CloseMode.ABORT));
        }

        @Override
        public byte[] read(int count) throws IOException {
            want(count);
            await(() -> got.size() >= count);
            return take(count);
        }

        @Override
        public byte[] readAll() throws IOException {
            want(Integer.MAX_VALUE);
            await(() -> false);
            return take(got.size());
        }

        @Override
        public boolean readsReset() throws IOException {
            readAll();
            return cause == CloseCause.RESET;
        }

        private void want(long count) {
            synchronized (this) {
                wanted = count;
            }
            link.execute(() -> link.pause(false));
        }

        /** Waits until something holds or the end has come. */
        private synchronized void await(BooleanSupplier condition) throws IOException {
            long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            try {
                while (!condition.getAsBoolean() && !ended && cause == null) {
                    long left = TimeUnit.NANOSECONDS.toMillis(giveUp - System.nanoTime());
                    if (left <= 0) {
                        throw new IOException("nothing came in time; " + got.size() + " bytes so far");
                    }
                    wait(left);
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        private synchronized byte[] take(int count) throws IOException {
            byte[] all = got.toByteArray();
            if (all.length < count) {
                throw new IOException("the link ended after " + all.length + " of " + count + " bytes");
            }
            got.reset();
            got.write(all, count, all.length - count);
            wanted = got.size();
            return Arrays.copyOf(all, count);
        }

        @Override
        public void close() {
            link.execute(() -> link.close(CloseMode.NOW));
        }
    }
}
