// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.transport.Engine;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;

/**
 * For tests that run all their cases once for each engine; one that this machine does not have is skipped, and says
 * why.
 */
abstract class OverEveryEngine {
    @Parameter
    Engine engine;

    static List<Engine> engines() {
        return Engine.ofDescriptors();
    }

    @BeforeEach
    final void choose() {
        String whyNot = engine.whyNot();
        Assumptions.assumeTrue(whyNot == null, engine + ": " + whyNot);
    }
}
