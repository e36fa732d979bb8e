// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.ring.Probe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/** A ring does all that readiness does: the same tests once more. */
class RingContractTest {
    @BeforeAll
    static void begin() {
        Probe probe = Probe.host();
        Assumptions.assumeTrue(probe.available(), probe.whyNot());
        Servers.engine = Engine.RING;
    }

    @AfterAll
    static void end() {
        Servers.engine = Engine.READINESS;
    }

    @Nested
    class Connections extends ConnectionTest {}

    @Nested
    class Listens extends ListenTest {}

    @Nested
    class Watches extends WatchTest {}

    @Nested
    class Loops extends EventLoopTest {}

    @Nested
    class Connects extends ConnectTest {}

    @Nested
    class Unix extends UnixSocketTest {}

    @Nested
    class Pauses extends PauseTest {}

    /** Queues and buffers so small that they overflow and run out all the time. */
    @Nested
    class Tiny extends ConnectionTest {
        @BeforeAll
        static void begin() {
            Servers.engine = Engine.ring(
                    RingSizes.USUAL.withQueues(4, 8).withBuffers(2, 512, true).withSends(2048, 1024));
        }

        @AfterAll
        static void end() {
            Servers.engine = Engine.RING;
        }
    }

    /** Buffers as kernels before Linux 6.12 have them: one for each completion. */
    @Nested
    class Classic extends ConnectionTest {
        @BeforeAll
        static void begin() {
            Servers.engine = Engine.ring(RingSizes.USUAL.withBuffers(8, 4096, false));
        }

        @AfterAll
        static void end() {
            Servers.engine = Engine.RING;
        }
    }
}
