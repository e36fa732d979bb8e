// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.lab.Scenario.Service;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Other servers' command lines. */
final class PeersTest {

    @Test
    void quotedWordsStayTogether() {
        assertEquals(List.of("a", "b c", "d'e", "", "f"), Peers.words("a 'b c' \"d'e\"  '' f"));
        assertThrows(IllegalArgumentException.class, () -> Peers.words("a 'b"));
    }

    @Test
    void thePortGoesWhereItIsSaid() {
        Contender peer = Peers.custom("caddy=caddy file-server --listen :{port}", EnumSet.of(Service.PLAINTEXT));
        assertEquals("caddy", peer.name());
        assertEquals(
                List.of("caddy", "file-server", "--listen", ":81"),
                peer.commands().command(Service.PLAINTEXT, 81));
        assertThrows(IllegalArgumentException.class, () -> Peers.custom("caddy", EnumSet.of(Service.ECHO)));
        assertThrows(IllegalArgumentException.class, () -> Peers.custom("a=b", EnumSet.of(Service.ECHO)));
    }
}
