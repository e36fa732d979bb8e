// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ServerPropertiesTest {
    /** The JDK's server waits for its handlers without limit. */
    @Test
    void handlersHaveAllTheTimeTheyNeed() {
        Duration time = ServerProperties.ofProperties().limits().answerTime();
        assertTrue(time.compareTo(Duration.ofDays(30)) > 0, time.toString());
    }
}
