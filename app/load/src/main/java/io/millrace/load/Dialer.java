// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Protocol;
import io.millrace.loop.Attempt;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Opens connections to the target, all to the one of its addresses that answered first. */
final class Dialer {
    private final InetSocketAddress address;
    private final Duration patience;

    private Dialer(InetSocketAddress address, Duration patience) {
        this.address = address;
        this.patience = patience;
    }

    /**
     * Finds an address of the target that answers. Blocks.
     *
     * @throws IOException if the name means nothing or nobody answers: says why
     */
    static Dialer to(LoadPlan plan) throws IOException {
        LoadTarget target = plan.target();
        IOException last = null;
        for (InetAddress each : InetAddress.getAllByName(target.host())) {
            InetSocketAddress address = new InetSocketAddress(each, target.port());
            try (Socket socket = new Socket()) {
                socket.connect(address, (int) Math.max(1, plan.pace().timeout().toMillis()));
                return new Dialer(address, plan.pace().timeout());
            } catch (IOException e) {
                last = new IOException("cannot connect to " + target.authority() + ": " + e.getMessage(), e);
            }
        }
        throw last;
    }

    /**
     * Opens a connection on the calling loop: {@code protocol} is told when it stands, {@code failed} is run if it does
     * not.
     */
    void dial(EventLoop loop, Protocol protocol, Runnable failed) {
        Timer[] limit = new Timer[1];
        Attempt attempt = loop.connect(address, null, ended -> {
            limit[0].cancel();
            if (ended.result() == 0) {
                ended.open(protocol);
            } else {
                failed.run();
            }
        });
        limit[0] = loop.schedule(patience, () -> {
            attempt.cancel();
            failed.run();
        });
    }
}
