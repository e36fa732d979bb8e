// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.http.HttpDate;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;

/** The value of the Date field, made anew once a second on the event loop, which alone reads it. */
final class NettyDate {
    private AsciiString value;

    NettyDate(EventExecutor loop) {
        tick();
        loop.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
    }

    private void tick() {
        value = AsciiString.of(HttpDate.format(System.currentTimeMillis() / 1000));
    }

    AsciiString value() {
        return value;
    }
}
