// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.core.Buffer;
import io.millrace.core.Protocol;
import io.millrace.link.Flush;
import io.millrace.link.Layer;
import io.millrace.link.LayerContext;
import io.millrace.link.LayerProtocol;
import io.millrace.link.LinkFilter;
import java.util.function.Supplier;

/** A layer that changes no byte, over another fixture's links. */
final class LayeredFixture extends FixtureAbove {
    private final Supplier<Layer> layers;

    LayeredFixture(LinkFixture carrier, Supplier<Layer> layers) {
        super(carrier);
        this.layers = layers;
    }

    @Override
    public String whyNot() {
        return carrier.whyNot();
    }

    @Override
    public void start() throws Exception {
        carrier.start();
    }

    @Override
    public Peer open(Protocol protocol) throws Exception {
        return carrier.open(new LayerProtocol(layers.get(), protocol));
    }

    @Override
    public String toString() {
        return layers.get() + " over a " + carrier;
    }

    /** Passes everything on as it is. */
    static final class Copy implements LinkFilter {
        @Override
        public Outcome input(Buffer from, Buffer to, Flush mode) {
            return pass(from, to);
        }

        @Override
        public Outcome output(Buffer from, Buffer to, Flush mode) {
            return pass(from, to);
        }

        @Override
        public String toString() {
            return "copying layer";
        }
    }

    /** Opens the protocol only after a task on another thread has been done, then passes everything on. */
    static final class Late implements Layer {
        private LayerContext context;
        private volatile boolean isDone;
        private boolean isOpen;

        @Override
        public void opened(LayerContext place) {
            context = place;
            place.run(Thread::startVirtualThread, () -> isDone = true);
        }

        @Override
        public Outcome input(Buffer from, Buffer to, Flush mode) {
            if (!isDone) {
                throw new IllegalStateException("called while its task runs");
            }
            if (!isOpen) {
                isOpen = true;
                context.established();
                return Outcome.OK;
            }
            return pass(from, to);
        }

        @Override
        public Outcome output(Buffer from, Buffer to, Flush mode) {
            return pass(from, to);
        }

        @Override
        public String toString() {
            return "late layer";
        }
    }

    private static Layer.Outcome pass(Buffer from, Buffer to) {
        boolean empty = from.isEmpty();
        to.append(from);
        from.clear();
        return empty ? Layer.Outcome.NEED_MORE : Layer.Outcome.OK;
    }
}
