// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.core.Protocol;
import io.millrace.models.IoModel;
import io.millrace.models.ModelOptions;
import io.millrace.models.Server;
import io.millrace.socket.Kernel;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Engine;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Links over TCP on the loopback interface. */
abstract class SocketFixture implements LinkFixture {
    static final ListenOptions LOOPBACK = ListenOptions.on(new InetSocketAddress("127.0.0.1", 0));

    /** What the next connections speak. */
    final BlockingQueue<Protocol> protocols = new LinkedBlockingQueue<>();

    private Listener listening;

    abstract Listener listen() throws IOException;

    @Override
    public void start() throws IOException {
        listening = listen();
    }

    @Override
    public Peer open(Protocol protocol) throws IOException {
        protocols.add(protocol);
        return new SocketPeer(RawClient.connect(listening.address()));
    }

    /** A TCP client. */
    private record SocketPeer(RawClient client) implements Peer {
        @Override
        public void send(byte[] bytes) throws IOException {
            client.send(bytes);
        }

        @Override
        public void shutdownOutput() throws IOException {
            client.finish();
        }

        @Override
        public void reset() throws IOException {
            client.reset();
        }

        @Override
        public byte[] read(int count) throws IOException {
            return client.read(count);
        }

        @Override
        public byte[] readAll() throws IOException {
            return client.readAll();
        }

        @Override
        public boolean readsReset() throws IOException {
            try {
                client.readAll();
                return false;
            } catch (SocketException e) {
                return true;
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    /** A loop over one engine. */
    static final class OfEngine extends SocketFixture {
        private final Engine engine;
        private LoopGroup loops;

        OfEngine(Engine engine) {
            this.engine = engine;
        }

        @Override
        public String whyNot() {
            return engine.whyNot();
        }

        @Override
        Listener listen() throws IOException {
            loops = LoopGroup.open(Kernel.host(), 1, engine);
            return loops.listen(LOOPBACK, () -> protocols::remove);
        }

        @Override
        public boolean seesHangups() {
            return engine != Engine.SELECT;
        }

        @Override
        public void close() {
            loops.close();
        }

        @Override
        public String toString() {
            return "loop over " + engine;
        }
    }

    /** A model that has no loops, or one of its own. */
    static final class OfModel extends SocketFixture {
        private final IoModel model;
        private Server server;

        OfModel(IoModel model) {
            this.model = model;
        }

        @Override
        public String whyNot() {
            return model.whyNot();
        }

        @Override
        Listener listen() throws IOException {
            server = model.open(ModelOptions.DEFAULT.withCarriers(1));
            return server.listen(LOOPBACK, () -> protocols::remove);
        }

        @Override
        public boolean seesHangups() {
            return model.seesHangups();
        }

        @Override
        public boolean servesSeveral() {
            return model.clientsAtOnce() > 1;
        }

        @Override
        public void close() {
            server.close();
        }

        @Override
        public String toString() {
            return "model " + model;
        }
    }
}
