// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResolverTest {
    @Test
    void theSystemKnowsThisMachine() throws Exception {
        List<InetAddress> found = Resolver.system().resolve("localhost");
        assertTrue(found.stream().allMatch(InetAddress::isLoopbackAddress), found.toString());
    }

    @Test
    void literalsAreTakenAsTheyAre() throws Exception {
        assertEquals(
                List.of(InetAddress.getByName("192.0.2.7")), Resolver.system().resolve("192.0.2.7"));
    }

    /** RFC 6761 section 6.4: there is no such name, and no resolver has to ask anybody. */
    @Test
    void whatDoesNotExistIsSaid() {
        assertThrows(UnknownHostException.class, () -> Resolver.system().resolve("nowhere.invalid"));
    }
}
