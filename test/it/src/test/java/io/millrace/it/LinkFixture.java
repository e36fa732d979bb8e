// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.core.Protocol;
import io.millrace.link.Layer;
import io.millrace.models.IoModel;
import io.millrace.openssl.OpenSslProvider;
import io.millrace.tls.JdkProvider;
import io.millrace.transport.Engine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One implementation of {@link io.millrace.core.Link}: opens links for the cases of {@link LinkContractTest}. */
interface LinkFixture extends AutoCloseable {

    /** What a failing case is named by. */
    @Override
    String toString();

    /** Why there is none of it on this machine, or {@code null}. */
    default String whyNot() {
        return null;
    }

    /** Prepares what its links need. Called once, before {@link #open}. */
    void start() throws Exception;

    /** Opens a link that carries {@code protocol}, and returns its peer. */
    Peer open(Protocol protocol) throws Exception;

    /** Whether {@link Peer#reset} is seen while nothing is read. */
    default boolean seesHangups() {
        return true;
    }

    /** Whether it is a socket: with addresses, and with the kernel's buffers between the ends. */
    default boolean isSocket() {
        return true;
    }

    /** Whether it speaks TLS. */
    default boolean isSecure() {
        return false;
    }

    /** Whether it serves several connections side by side. */
    default boolean servesSeveral() {
        return true;
    }

    /** Whether what a protocol throws comes out in the test, and not as the end of the connection. */
    default boolean throwsToTheTest() {
        return false;
    }

    @Override
    void close() throws IOException;

    /** A layer over each kind of carrier. */
    private static List<LinkFixture> layered(Supplier<Layer> layers) {
        return Stream.of(
                        new SocketFixture.OfEngine(Engine.EPOLL_EDGE),
                        new SocketFixture.OfEngine(Engine.RING),
                        new SocketFixture.OfModel(IoModel.NIO),
                        new SocketFixture.OfModel(IoModel.THREAD),
                        new SocketFixture.OfModel(IoModel.NONBLOCKING),
                        new PairFixture(),
                        new MemoryFixture())
                .<LinkFixture>map(carrier -> new LayeredFixture(carrier, layers))
                .toList();
    }

    /** TLS over loops and over models without, by both engines. */
    private static List<LinkFixture> secure() {
        List<LinkFixture> all = new ArrayList<>();
        for (Engine engine : List.of(Engine.EPOLL_EDGE, Engine.EPOLL_LEVEL, Engine.RING)) {
            all.add(secure(new SocketFixture.OfEngine(engine)));
        }
        for (IoModel model : List.of(
                IoModel.NIO,
                IoModel.ITERATIVE,
                IoModel.THREAD,
                IoModel.VIRTUAL,
                IoModel.NONBLOCKING,
                IoModel.EPOLL_ONE_SHOT)) {
            all.add(secure(new SocketFixture.OfModel(model)));
        }
        all.add(secure(new PairFixture()));
        for (LinkFixture carrier : List.of(
                new SocketFixture.OfEngine(Engine.EPOLL_EDGE),
                new SocketFixture.OfEngine(Engine.RING),
                new SocketFixture.OfModel(IoModel.THREAD))) {
            all.add(new TlsFixture(carrier, "OpenSSL", OpenSslProvider.whyNot(), OpenSslProvider::new));
        }
        return all;
    }

    private static LinkFixture secure(LinkFixture carrier) {
        return new TlsFixture(carrier, "the JDK", null, JdkProvider::new);
    }

    /** All there are. */
    static List<LinkFixture> all() {
        List<LinkFixture> all = new ArrayList<>();
        Engine.ofDescriptors().forEach(engine -> all.add(new SocketFixture.OfEngine(engine)));
        all.add(new SocketFixture.OfModel(IoModel.NIO));
        for (IoModel model : List.of(
                IoModel.ITERATIVE, IoModel.THREAD, IoModel.VIRTUAL, IoModel.NONBLOCKING, IoModel.EPOLL_ONE_SHOT)) {
            all.add(new SocketFixture.OfModel(model));
        }
        all.add(new PairFixture());
        all.add(new MemoryFixture());
        all.addAll(layered(() -> new LayeredFixture.Copy()));
        all.addAll(layered(() -> new LayeredFixture.Late()));
        all.addAll(secure());
        return all;
    }
}
