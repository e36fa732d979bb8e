// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.net.ConnectFailure;
import io.millrace.net.Connector;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;

/** Opens connections to the target, all to the one of its addresses that was connected first. */
final class Dialer {
    private final Connector connector;
    private final SocketAddress address;

    private Dialer(Connector connector, SocketAddress address) {
        this.connector = connector;
        this.address = address;
    }

    /**
     * Finds an address of the target that answers, by a connection that is closed at once. Any thread may call.
     *
     * @return fails with a {@link ConnectFailure} if the name means nothing or no address answers in time
     */
    static CompletableFuture<Dialer> find(LoadPlan plan, EventLoop loop) {
        Connector connector = Connector.USUAL.withTimeLimit(plan.pace().timeout());
        CompletableFuture<Dialer> found = new CompletableFuture<>();
        connector.connect(loop, plan.target().address(), new Connector.Outcome() {
            @Override
            public Protocol connected(SocketAddress peer) {
                found.complete(new Dialer(connector, peer));
                return null;
            }

            @Override
            public void failed(ConnectFailure why) {
                found.completeExceptionally(why);
            }
        });
        return found;
    }

    /**
     * Opens a connection on the calling loop: {@code protocol} is told when it stands, {@code failed} is run if it does
     * not.
     */
    void dial(EventLoop loop, Protocol protocol, Runnable failed) {
        connector.connect(loop, address, new Connector.Outcome() {
            @Override
            public Protocol connected(SocketAddress peer) {
                return protocol;
            }

            @Override
            public void failed(ConnectFailure why) {
                failed.run();
            }
        });
    }
}
