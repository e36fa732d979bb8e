// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.ProtocolFactory;
import io.millrace.socket.InheritedSocket;
import io.millrace.sys.SysException;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.Engine;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import io.millrace.workers.WorkerProcess;
import io.millrace.workers.WorkerTie;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * The other end of {@link PreforkServer}: a loop that accepts on descriptor 0, and a thread that hears what the
 * supervisor says.
 */
final class PreforkWorker implements Server {
    /** How long connections get to end by themselves when the supervisor has died without a word. */
    private static final Duration ORPHANED = Duration.ofSeconds(10);

    private final LoopGroup loops;
    private final int wanted;

    /** How long connections get to end by themselves when another worker has taken this one's place. */
    private final Duration reloadGrace;

    private int listened;
    private volatile Runnable onDrain = () -> {};

    PreforkWorker(int index, ModelOptions options) throws SysException {
        this.wanted = index;
        this.reloadGrace = options.reloadGrace();
        WorkerTie.keep();
        this.loops = LoopGroup.open(options.kernelOfWorker(), 1, Engine.READINESS, options.memory());
        if (options.failure() != null) {
            loops.onFailure(options.failure());
        }
    }

    @Override
    public synchronized Listener listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols)
            throws IOException {
        if (listened++ != wanted) {
            return new Inherited(options.address(), 0);
        }
        ListenOptions shared = ListenOptions.on(InheritedSocket.of(0))
                .withSpread(AcceptDistribution.SHARED)
                .withMaxConnections(options.maxConnections(), options.overload())
                .withErrors(options.errors());
        Listener listening = loops.listen(shared, protocols);
        WorkerTie.ready(new Supervised(listening));
        return listening;
    }

    /** This worker, as its supervisor sees it. */
    private final class Supervised implements WorkerTie.Worker {
        private final Listener listening;

        Supervised(Listener listening) {
            this.listening = listening;
        }

        @Override
        public int connections() {
            return listening.connections();
        }

        @Override
        public void announceDrain() {
            onDrain.run();
        }

        @Override
        public void leave() {
            PreforkWorker.this.leave(reloadGrace);
        }

        @Override
        public void orphaned() {
            PreforkWorker.this.leave(ORPHANED);
        }
    }

    private void leave(Duration grace) {
        try {
            loops.stop(grace);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        WorkerProcess.endSoon(0);
    }

    @Override
    public void onDrain(Runnable action) {
        onDrain = action;
    }

    @Override
    public String engine() {
        return loops.engine();
    }

    @Override
    public int carriers() {
        return loops.size();
    }

    @Override
    public boolean isCarrier() {
        return loops.loop(0).inLoop();
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
