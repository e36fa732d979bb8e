// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.testkit.ExpectedLog;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tests of the usual driver once more over every other poller, in each trigger that it has. Of the loops that share
 * a listening socket SIGIO lets one watch it; the others log that they cannot. Tests that choose their drivers by
 * themselves, as {@link FlowTest} does, are not repeated here.
 */
@ParameterizedClass
@MethodSource("pollers")
@ExpectedLog("cannot watch the listening socket of")
class ReadinessContractTest extends OverEveryDriver {
    static Stream<Engine> pollers() {
        return contenders().filter(engine -> engine != Engine.RING && engine != Engine.READINESS);
    }

    @Nested
    class Connections extends ConnectionTest {}

    @Nested
    class Listens extends ListenTest {}

    @Nested
    class Loops extends EventLoopTest {}

    @Nested
    class Connects extends ConnectTest {}

    @Nested
    class Pauses extends PauseTest {}

    @Nested
    class Unix extends UnixSocketTest {}
}
